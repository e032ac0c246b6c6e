//! Order, exchange, levels and times.

use super::*;

fn classes() -> Classes {
    Classes {
        classes: vec![vec![Rank::HeadOfState], vec![Rank::HeadOfGovernment], vec![Rank::Minister]],
        minutes: 5,
        reply_minutes: 2,
    }
}

fn at(hour: &str) -> DateTime<Utc> {
    format!("2025-10-25T{hour}:00Z").parse().unwrap()
}

fn speech(rank: Rank) -> Speech {
    Speech {
        speaker: PersonName::parse("Ann Sample").unwrap(),
        title: None,
        rank,
        language: Language::parse("en").unwrap(),
        on_behalf_of: None,
        preferred: None,
    }
}

fn inscribed(code: &str, rank: Rank, hour: &str) -> Statement {
    let code = ParticipantCode::parse(code).unwrap();
    Statement::inscribed(SessionId::fresh(), code, speech(rank), &classes(), at(hour))
}

fn order(statements: &[Statement]) -> Vec<&str> {
    let placed = arrange(statements, &classes(), at("09:00"), at("08:00"));
    placed.iter().map(|placed| placed.statement.participant.as_str()).collect()
}

#[test]
fn r49_classes_come_by_rank_and_inside_a_class_by_time_and_each_place_says_why() {
    let list = [
        inscribed("AAA", Rank::Minister, "06:00"),
        inscribed("BBB", Rank::Director, "05:00"),
        inscribed("CCC", Rank::HeadOfState, "07:00"),
        inscribed("DDD", Rank::Minister, "05:30"),
    ];
    assert_eq!(order(&list), ["CCC", "DDD", "AAA", "BBB"]);
    let placed = arrange(&list, &classes(), at("09:00"), at("08:00"));
    let why: Vec<_> = placed.iter().map(|placed| placed.why).collect();
    assert_eq!(why, [Why::Class, Why::Inscription, Why::Inscription, Why::Class]);
}

#[test]
fn r49_a_late_upgrade_moves_by_the_rule_and_nothing_else_moves() {
    let mut list = [
        inscribed("AAA", Rank::HeadOfGovernment, "05:00"),
        inscribed("BBB", Rank::HeadOfGovernment, "07:00"),
        inscribed("CCC", Rank::Minister, "06:00"),
        inscribed("DDD", Rank::Minister, "06:30"),
    ];
    list[2] = list[2].clone().changed(speech(Rank::HeadOfGovernment), &classes()).unwrap();
    assert_eq!(order(&list), ["AAA", "CCC", "BBB", "DDD"], "by the time of its inscription");
    let before = list[3].clone();
    let another =
        Speech { speaker: PersonName::parse("Bob Sample").unwrap(), ..speech(Rank::Minister) };
    list[3] = list[3].clone().changed(another, &classes()).unwrap();
    assert_eq!(list[3].place, before.place, "another speaker of the same level");
}

#[test]
fn r49_places_are_exchanged_when_both_agree_and_not_before() {
    let mut list =
        [inscribed("AAA", Rank::HeadOfState, "05:00"), inscribed("BBB", Rank::Minister, "07:00")];
    let code = |code| Some(ParticipantCode::parse(code).unwrap());
    list[0] = list[0].clone().would_swap(code("BBB")).unwrap();
    assert!(!list[0].agrees_with(&list[1]));
    list[1] = list[1].clone().would_swap(code("AAA")).unwrap();
    assert!(list[0].agrees_with(&list[1]));
    let (one, other) = (list[0].clone(), list[1].clone());
    list = [one.clone().at_place_of(&other, at("08:00")), other.at_place_of(&one, at("08:00"))];
    assert_eq!(order(&list), ["BBB", "AAA"]);
    assert_eq!(arrange(&list, &classes(), at("09:00"), at("08:00"))[0].why, Why::Swap);
    // A new level is a new place by the rule; the other keeps what it was given.
    list[0] = list[0].clone().changed(speech(Rank::HeadOfGovernment), &classes()).unwrap();
    assert_eq!(order(&list), ["BBB", "AAA"]);
}

#[test]
fn r49_what_is_projected_follows_what_was_actual() {
    let mut list = [
        inscribed("AAA", Rank::HeadOfState, "05:00"),
        inscribed("BBB", Rank::Minister, "06:00"),
        inscribed("CCC", Rank::Minister, "07:00"),
    ];
    let projected = |list: &[Statement], now: &str| -> Vec<_> {
        let placed = arrange(list, &classes(), at("09:00"), at(now));
        placed.iter().map(|p| p.times.starts_at.format("%H:%M").to_string()).collect()
    };
    assert_eq!(projected(&list, "08:00"), ["09:00", "09:05", "09:10"]);
    let step = |statement: &Statement, step, hour| statement.clone().step(step, at(hour)).unwrap();
    list[0] = step(&list[0], Step::Call, "09:10");
    list[0] = step(&list[0], Step::Start, "09:12");
    assert_eq!(projected(&list, "09:13"), ["09:12", "09:17", "09:22"]);
    assert_eq!(projected(&list, "09:20"), ["09:12", "09:20", "09:25"], "who speaks too long");
    let placed = arrange(&list, &classes(), at("09:00"), at("09:20"));
    assert!(placed[0].times.is_over_time && !placed[1].times.is_over_time);
    list[0] = step(&list[0], Step::End, "09:21");
    assert_eq!(projected(&list, "09:21"), ["09:12", "09:21", "09:26"]);
    // Whoever is called comes next, whatever the place.
    list[2] = step(&list[2], Step::Call, "09:22");
    assert_eq!(order(&list), ["AAA", "CCC", "BBB"]);
    assert_eq!(
        list[1].clone().step(Step::End, at("09:30")),
        Err(WrongTurn(StatementState::Listed))
    );
}

#[test]
fn r49_replies_come_behind_all_statements_in_the_order_in_which_they_were_asked_for() {
    let list = [
        inscribed("AAA", Rank::HeadOfState, "05:00").into_reply(1),
        inscribed("BBB", Rank::Official, "06:00"),
        inscribed("CCC", Rank::Minister, "04:00").into_reply(1),
    ];
    assert_eq!(order(&list), ["BBB", "CCC", "AAA"]);
    let placed = arrange(&list, &classes(), at("09:00"), at("08:00"));
    assert_eq!((placed[1].why, placed[2].times.starts_at), (Why::Reply, at("09:07")));
}
