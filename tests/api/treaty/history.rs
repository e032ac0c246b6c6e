//! The status over years: sixty deposits, what was known when, and the same answers tomorrow (R20, R22, R28).

use chrono::NaiveDate;
use hanoi_ceremony::participants::ParticipantKind;
use hanoi_ceremony::secret::sha256;
use serde_json::{Value, json};

use crate::app::TestApp;
use crate::desk::with;

fn deposit(kind: &str, code: &str, day: NaiveDate) -> Value {
    json!({ "kind": kind, "participant": code, "place": "new_york", "done_at": format!("{day}T12:00:00-05:00") })
}

fn date(value: &Value) -> NaiveDate {
    value.as_str().unwrap().parse().unwrap()
}

/// Sixty States and a day for each, recorded in another order than that of the days. Chance that is the same in every run.
fn sixty(app: &TestApp) -> Vec<(String, NaiveDate)> {
    let all = app.app.ceremony.register.participants().iter();
    let states = all.filter(|participant| participant.kind == ParticipantKind::MemberState);
    let codes: Vec<_> = states.map(|state| state.code.to_string()).collect();
    let first: NaiveDate = "2026-02-01".parse().unwrap();
    let chance = |code: &str, of: &str| {
        let [a, b, ..] = sha256(format!("{of} {code}"));
        u64::from(a) * 256 + u64::from(b)
    };
    let mut sixty: Vec<_> = codes
        .into_iter()
        .take(60)
        .map(|code| {
            (chance(&code, "order"), first + chrono::Days::new(chance(&code, "day") % 900), code)
        })
        .collect();
    sixty.sort();
    sixty.into_iter().map(|(_, day, code)| (code, day)).collect()
}

#[tokio::test]
async fn r20_sixty_deposits_in_any_order_give_the_plain_date_and_the_unions_is_not_counted() {
    let app = TestApp::start_at("2030-01-01T12:00:00Z").await;
    let deposits = sixty(&app);
    for (code, day) in &deposits {
        app.record(deposit("accession", code, *day)).await.expect(201);
    }
    let mut days: Vec<_> = deposits.iter().map(|(_, day)| *day).collect();
    days.sort();
    assert!(days != deposits.iter().map(|(_, day)| *day).collect::<Vec<_>>(), "not in order");

    // The Union's instrument comes between the thirty-ninth and the fortieth, or on the day of one of them.
    let competence =
        json!([{ "kind": "declaration_of_competence", "language": "en", "text": "Of this." }]);
    let union = with(deposit("accession", "EUE", days[38]), &json!({ "declarations": competence }));
    app.record(union).await.expect(201);

    // The plain calculation: sort, take the fortieth, add ninety; who comes later waits thirty.
    let general = days[39] + chrono::Days::new(90);
    let force = app.anybody().get("/treaty/entry-into-force").await.expect(200);
    assert_eq!((&force["needed"], &force["counted"]), (&json!(40), &json!(60)));
    assert_eq!((date(&force["completed_on"]), date(&force["enters_on"])), (days[39], general));
    let parties = force["parties"].as_array().unwrap();
    assert_eq!(parties.len(), 61);
    for party in parties {
        let code = party["participant"].as_str().unwrap();
        let own = deposits.iter().find(|(of, _)| of == code).map_or(days[38], |(_, day)| *day);
        let from = if own > days[39] { general.max(own + chrono::Days::new(30)) } else { general };
        assert_eq!((date(&party["deposited_on"]), date(&party["from"])), (own, from), "{code}");
        assert_eq!(party["is_counted"], code != "EUE");
    }
    let eve = days[39].pred_opt().unwrap();
    let before =
        app.anybody().get(&format!("/treaty/entry-into-force?as_of={eve}")).await.expect(200);
    let counted = days.iter().filter(|day| **day <= eve).count();
    assert_eq!((&before["counted"], &before["enters_on"]), (&json!(counted), &Value::Null));
    assert!(counted < 40);
    let status = app.status("").await;
    assert_eq!((&status["signatories"], &status["parties"]), (&json!(0), &json!(61)));
}

/// The questions of somebody who asks again.
const QUESTIONS: [&str; 7] = [
    "/treaty/status",
    "/treaty/status.csv",
    "/treaty/status.xml",
    "/treaty/status.pdf",
    "/treaty/entry-into-force",
    "/treaty/status?group=weog",
    "/treaty/status?kind=member_state",
];

async fn answers(app: &TestApp, axes: &str) -> Vec<String> {
    let mut answers = Vec::new();
    for path in QUESTIONS {
        let joined = format!("{path}{}{axes}", if path.contains('?') { '&' } else { '?' });
        let answer = app.anybody().get(&joined).await;
        assert_eq!(answer.status, 200, "{joined}");
        answers.push(answer.text);
    }
    answers
}

#[tokio::test]
async fn r28_tomorrow_the_same_questions_have_the_same_answers_byte_for_byte() {
    let mut app = TestApp::start().await;
    let act = app.signed("FRA").await;
    app.second_treaty().act(&format!("/treaty/acts/{act}/certify"), json!({})).await.expect(200);
    let recorded = app.treaty().get(&format!("/treaty/acts/{act}")).await.expect(200);
    let before =
        format!("as_of=2025-10-26&known_at={}", recorded["certified"]["at"].as_str().unwrap());
    let uncorrected = answers(&app, &before).await;
    assert!(uncorrected[1].contains("25 Oct 2025"));

    let moved = json!({ "changes": { "done_at": "2025-10-26T09:00:00+07:00" }, "reason": "The page of the 26th." });
    let correction = app.treaty().act(&format!("/treaty/acts/{act}/correct"), moved).await.id();
    let certify = format!("/treaty/acts/{correction}/certify");
    let certified = app.second_treaty().act(&certify, json!({})).await.expect(200);
    let after =
        format!("as_of=2025-10-26&known_at={}", certified["certified"]["at"].as_str().unwrap());
    assert_eq!(answers(&app, &before).await, uncorrected, "what was known before is what it was");
    let corrected = answers(&app, &after).await;
    assert!(corrected[1].contains("26 Oct 2025"));
    let now = answers(&app, "as_of=2025-10-26").await;

    app.go_to("2025-10-28T15:00:00Z").await;
    let signer = app.entitle("BEL").await;
    let late = crate::desk::signature("BEL", &signer.full_powers, "2025-10-26T11:00:00+07:00");
    app.record(late).await.expect(201);
    assert_eq!(answers(&app, &before).await, uncorrected);
    assert_eq!(answers(&app, &after).await, corrected);
    // The negative control: who does not say what was known then is told what is known now.
    assert_ne!(answers(&app, "as_of=2025-10-26").await, now);
}

#[tokio::test]
async fn r27_the_xml_has_the_depositarys_table_with_declarations_and_notes() {
    let app = TestApp::start_at("2027-06-03T12:00:00Z").await;
    let signer = app.entitle("FRA").await;
    let mut act = crate::desk::signature("FRA", &signer.full_powers, "2025-10-25T11:02:00+07:00");
    act["ad_referendum"] = json!(true);
    act["declarations"] = json!([{ "kind": "reservation", "language": "fr", "text": "Sous réserve de <l’article> 63 & suivants.",
        "translation": { "language": "en", "text": "Subject to article 63." } }]);
    app.record(act).await.expect(201);
    let day = |text: &str| text.parse().unwrap();
    app.record(deposit("accession", "VAT", day("2026-03-02"))).await.expect(201);
    app.record(deposit("denunciation", "VAT", day("2026-06-02"))).await.expect(201);
    let xml = app.anybody().get("/treaty/status.xml?as_of=2027-06-02").await;
    assert_eq!(xml.header("content-type"), "application/xml; charset=utf-8");
    insta::assert_snapshot!(xml.text);
    let early = app.anybody().get("/treaty/status.xml?as_of=2027-06-01").await;
    assert!(
        early.text.contains(">Holy See<") && !early.text.contains("[Holy See]"),
        "it is bound to the eve"
    );
}

#[tokio::test]
async fn r13_a_signature_ad_referendum_is_confirmed_once_and_the_status_says_both() {
    let app = TestApp::start_at("2026-06-01T12:00:00Z").await;
    let signer = app.entitle("FRA").await;
    let confirm = || deposit("ad_referendum_confirmation", "FRA", "2026-01-15".parse().unwrap());
    assert_eq!(app.record(confirm()).await.problem(409), "not_eligible");
    let mut act = crate::desk::signature("FRA", &signer.full_powers, "2025-10-25T11:02:00+07:00");
    act["ad_referendum"] = json!(true);
    app.record(act).await.expect(201);
    let before = app.status("").await["rows"][0]["signature"].clone();
    assert_eq!((&before["ad_referendum"], &before["confirmed_on"]), (&json!(true), &Value::Null));
    let ratify = || deposit("ratification", "FRA", "2026-03-02".parse().unwrap());
    let refused = app.record(ratify()).await;
    assert_eq!(refused.problem(409), "not_eligible");
    assert!(refused.text.contains("has not confirmed it"), "{}", refused.text);
    let confirmed = app.record(confirm()).await;
    confirmed.expect(201);
    assert_eq!(app.status("").await["rows"][0]["signature"]["confirmed_on"], "2026-01-15");
    let again = app.record(confirm()).await;
    assert_eq!(
        (again.problem(409).as_str(), &again.json()["first"]),
        ("duplicate", &json!(confirmed.id()))
    );
    app.record(ratify()).await.expect(201);
    // What a ratification rests on is not taken away under it.
    let taken = json!({ "reason": "Wrong page." });
    let withdraw = format!("/treaty/acts/{}/withdraw", confirmed.id());
    assert_eq!(app.treaty().act(&withdraw, taken).await.problem(409), "illegal_transition");
    // What was not ad referendum needs no confirmation.
    app.signed("BEL").await;
    let other = deposit("ad_referendum_confirmation", "BEL", "2026-01-15".parse().unwrap());
    assert_eq!(app.record(other).await.problem(409), "not_eligible");
}

#[tokio::test]
async fn r29_the_signatures_of_ha_noi_are_69_by_the_first_day_and_72_by_the_third() {
    let app = TestApp::start_at("2025-10-27T12:00:00Z").await;
    let ceremony = app.app.ceremony.clone();
    let nothing_yet = app.app.db.clock.now();
    for signatory in &ceremony.signatories {
        let code = signatory.code.as_str();
        let signer = app.entitle(code).await;
        let at = format!("{}T11:02:00+07:00", signatory.day);
        app.record(crate::desk::signature(code, &signer.full_powers, &at)).await.expect(201);
    }
    let count = async |query: &str| app.status(query).await["signatories"].as_i64().unwrap();
    assert_eq!(count("?as_of=2025-10-24").await, 0);
    assert_eq!(count("?as_of=2025-10-25").await, 69);
    assert_eq!(count("?as_of=2025-10-26").await, 72);
    assert_eq!(count("?as_of=2025-10-27").await, 72);
    let before = nothing_yet - chrono::TimeDelta::microseconds(1);
    assert_eq!(
        count(&format!("?known_at={}", before.to_rfc3339().replace("+00:00", "Z"))).await,
        0
    );
    let kinds = app.status("").await["by_kind"].clone();
    let kinds: Vec<_> =
        kinds.as_array().unwrap().iter().map(|of| of["signatories"].clone()).collect();
    assert_eq!(kinds, [70, 1, 1]);
}
