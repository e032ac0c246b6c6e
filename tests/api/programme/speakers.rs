//! Speakers' lists (R49): seventy-one speakers, late upgrades, exchanges, and the clock.

use hanoi_ceremony::access::Role;
use serde_json::{Value, json};

use crate::app::{Reply, TestApp};

/// How many spoke in Ha Noi.
const SPEAKERS: usize = 71;

/// The levels of the list, in the order of its classes, and one behind all of them.
const RANKS: [&str; 5] =
    ["head_of_state", "head_of_government", "minister", "vice_minister", "director"];

impl TestApp {
    /// The first plenary, released.
    async fn plenary(&self) -> String {
        self.release().await.expect(201);
        let all = self.programme_officer().get("/sessions?kind=plenary").await.expect(200);
        all["items"][0]["id"].as_str().unwrap().to_owned()
    }

    /// A mission inscribes a speaker of a level.
    async fn inscribe(&self, code: &str, session: &str, rank: &str) -> Reply {
        let path = format!("/sessions/{session}/speakers");
        self.focal_point(code).post(&path, speech(code, rank)).await
    }
}

fn speech(code: &str, rank: &str) -> Value {
    json!({ "participant": code, "speaker": format!("Speaker of {code}"), "rank": rank, "language": "en" })
}

async fn list(app: &TestApp, session: &str) -> Vec<Value> {
    let list =
        app.programme_officer().get(&format!("/sessions/{session}/speakers")).await.expect(200);
    list["items"].as_array().unwrap().clone()
}

fn codes(list: &[Value]) -> Vec<&str> {
    list.iter().map(|item| item["participant"].as_str().unwrap()).collect()
}

/// The hour at which each begins to speak.
fn starts(list: &[Value]) -> Vec<String> {
    let start = |item: &Value| item["times"]["starts_at"].as_str().unwrap()[11..16].to_owned();
    list.iter().map(start).collect()
}

#[tokio::test]
async fn r49_seventy_one_speakers_are_ordered_by_class_then_time_and_a_late_upgrade_moves_by_the_rule()
 {
    let mut app = TestApp::start().await;
    let all = app.delegations(SPEAKERS).await;
    let session = app.plenary().await;
    // In some order of time that is none of the alphabet, and with some level each.
    let order: Vec<usize> = (0..SPEAKERS).map(|number| number * 29 % SPEAKERS).collect();
    let rank = |place: usize| RANKS[place * 7 % RANKS.len()];
    let mut expected = Vec::new();
    let mut paths = vec![String::new(); SPEAKERS];
    for (minute, place) in order.iter().enumerate() {
        if minute % 10 == 0 {
            app.go_to(&format!("2025-10-20T{:02}:00:00Z", minute / 10)).await;
        }
        let mut wanted = speech(&all[*place], rank(*place));
        if place % 9 == 0 {
            wanted["on_behalf_of"] = json!("Group of Sample States");
        }
        let list = format!("/sessions/{session}/speakers");
        let made = app.focal_point(&all[*place]).post(&list, wanted).await;
        made.expect(201);
        paths[*place] = format!("/sessions/{session}/speakers/{}", made.id());
        let class = RANKS.iter().position(|other| *other == rank(*place)).unwrap();
        expected.push((class, minute / 10, made.id(), all[*place].clone()));
    }
    expected.sort();
    let shown = list(&app, &session).await;
    let wanted: Vec<_> = expected.iter().map(|(_, _, _, code)| code.as_str()).collect();
    assert_eq!(codes(&shown), wanted);
    assert!(
        shown.iter().all(|item| item["why"] == "inscription" && item["explanation"].is_string())
    );
    assert_eq!(shown[70]["place"], 71);
    let groups = shown.iter().filter(|item| item["on_behalf_of"] == "Group of Sample States");
    assert_eq!(groups.count(), 8, "a group is told, and moves nobody");

    // The last but one of all becomes a head of State: nobody else moves.
    let late = wanted[69].to_owned();
    let place = all.iter().position(|code| *code == late).unwrap();
    app.focal_point(&late)
        .patch(&paths[place], json!({ "rank": "head_of_state" }))
        .await
        .expect(200);
    let after = list(&app, &session).await;
    let (mut before, mut now) = (wanted.clone(), codes(&after));
    before.retain(|code| *code != late);
    now.retain(|code| *code != late);
    assert_eq!(before, now, "only the one whose level has changed");
    let own = after.iter().find(|item| item["participant"] == late).unwrap();
    let inscribed = |item: &Value| item["inscribed_at"].as_str().unwrap().to_owned();
    let class: Vec<_> = after.iter().filter(|item| item["class"] == 1).map(inscribed).collect();
    assert!(class.is_sorted() && own["class"] == 1, "by the time of its inscription");
    // A mission sees its own place, and nothing of the others.
    let seen =
        app.focal_point(&late).get(&format!("/sessions/{session}/speakers")).await.expect(200);
    assert_eq!(
        (seen["items"].as_array().unwrap().len(), &seen["items"][0]["place"]),
        (1, &own["place"])
    );
    let other = app.focal_point(&late).get(&paths[(place + 1) % SPEAKERS]).await;
    assert_eq!(other.problem(404), "not_found");
}

#[tokio::test]
async fn r49_places_are_exchanged_with_both_consents_and_replies_are_two_at_most() {
    let app = TestApp::start().await;
    let all = app.delegations(3).await;
    let session = app.plenary().await;
    let mut paths = Vec::new();
    for (code, rank) in all.iter().zip(RANKS) {
        paths.push(format!(
            "/sessions/{session}/speakers/{}",
            app.inscribe(code, &session, rank).await.id()
        ));
    }
    assert_eq!(app.inscribe(&all[0], &session, "minister").await.problem(409), "duplicate");
    let swap = async |place: usize, with: &str| {
        app.focal_point(&all[place])
            .act(&format!("{}/swap", paths[place]), json!({ "with": with }))
            .await
            .expect(200)
    };
    let nobody = app.focal_point(&all[0]);
    let nobody = nobody.act(&format!("{}/swap", paths[0]), json!({ "with": "ZZZ" })).await;
    assert_eq!(nobody.pointers(), ["/with"]);
    swap(0, &all[2]).await;
    assert_eq!(
        codes(&list(&app, &session).await),
        [&all[0], &all[1], &all[2]],
        "one consent is none"
    );
    swap(2, &all[0]).await;
    let swapped = list(&app, &session).await;
    assert_eq!(codes(&swapped), [&all[2], &all[1], &all[0]]);
    assert_eq!((&swapped[0]["why"], &swapped[0]["swap_with"]), (&json!("swap"), &Value::Null));
    let ask = async || {
        let (who, path) = (app.focal_point(&all[1]), format!("/sessions/{session}/replies"));
        who.post(&path, speech(&all[1], "minister")).await
    };
    for number in 1..=2 {
        let asked = ask().await;
        assert_eq!(asked.expect(201)["reply_number"], number);
    }
    assert_eq!(ask().await.problem(409), "quota_exceeded");
    let asked = list(&app, &session).await;
    let first = asked.iter().find(|item| item["reply_number"] == 1).unwrap();
    let first = format!("/sessions/{session}/speakers/{}", first["id"].as_str().unwrap());
    app.focal_point(&all[1]).act(&format!("{first}/withdraw"), json!({})).await.expect(200);
    assert_eq!(ask().await.expect(201)["reply_number"], 1, "what was not used is not lost");
    let last = list(&app, &session).await;
    assert_eq!(
        (last.len(), &last[4]["why"], &last[3]["kind"]),
        (5, &json!("reply"), &json!("reply"))
    );
}

#[tokio::test]
async fn r49_a_list_begins_when_its_session_does_as_it_was_released() {
    let app = TestApp::start_at("2025-10-25T04:00:00Z").await;
    let all = app.delegations(1).await;
    let session = app.plenary().await;
    app.inscribe(&all[0], &session, "minister").await.expect(201);
    let later = json!({ "starts_at": "2025-10-25T11:35:00+07:00" });
    app.programme_officer().patch(&format!("/sessions/{session}"), later).await.expect(200);
    assert_eq!(starts(&list(&app, &session).await), ["04:30"], "nobody learns of it before");
    app.release().await.expect(201);
    assert_eq!(starts(&list(&app, &session).await), ["04:35"]);
}

#[tokio::test]
async fn r49_one_speaks_at_a_time_and_what_is_projected_follows_what_was_actual() {
    let mut app = TestApp::start_at("2025-10-25T04:00:00Z").await;
    let all = app.delegations(3).await;
    let session = app.plenary().await;
    let mut paths = Vec::new();
    for code in &all {
        paths.push(format!(
            "/sessions/{session}/speakers/{}",
            app.inscribe(code, &session, "minister").await.id()
        ));
    }
    assert_eq!(starts(&list(&app, &session).await), ["04:30", "04:35", "04:40"]);
    app.go_to("2025-10-25T04:45:00Z").await;
    let order: Vec<usize> = codes(&list(&app, &session).await)
        .iter()
        .map(|code| all.iter().position(|other| other == code).unwrap())
        .collect();
    let go = async |app: &TestApp, place: usize, step: &str| {
        app.programme_officer().act(&format!("{}/{step}", paths[order[place]]), json!({})).await
    };
    let early = go(&app, 0, "start").await;
    assert_eq!(
        (early.problem(409).as_str(), &early.json()["allowed"]),
        ("illegal_transition", &json!(["call", "withdraw"]))
    );
    go(&app, 0, "call").await.expect(200);
    assert_eq!(
        go(&app, 1, "call").await.problem(409),
        "illegal_transition",
        "one is called at a time"
    );
    go(&app, 0, "start").await.expect(200);
    assert_eq!(starts(&list(&app, &session).await), ["04:45", "04:50", "04:55"]);
    app.go_to("2025-10-25T04:53:00Z").await;
    let late = list(&app, &session).await;
    assert_eq!(starts(&late), ["04:45", "04:53", "04:58"]);
    assert_eq!(late[0]["times"]["is_over_time"], true);
    go(&app, 0, "end").await.expect(200);
    go(&app, 1, "call").await.expect(200);
    go(&app, 1, "start").await.expect(200);
    let last = list(&app, &session).await;
    assert_eq!(
        (&last[0]["state"], &last[0]["times"]["is_projected"]),
        (&json!("spoken"), &json!(false))
    );
    assert_eq!(starts(&last), ["04:45", "04:53", "04:58"]);
    let mission = app.focal_point(&all[order[2]]);
    let mission = mission.act(&format!("{}/call", paths[order[2]]), json!({})).await;
    assert_eq!(mission.problem(403), "forbidden");
    app.focal_point(&all[order[2]])
        .act(&format!("{}/withdraw", paths[order[2]]), json!({}))
        .await
        .expect(200);
    assert_eq!(list(&app, &session).await.len(), 2);
}

#[tokio::test]
async fn r49_a_text_is_under_embargo_until_it_was_said() {
    let app = TestApp::start_at("2025-10-25T04:00:00Z").await;
    let all = app.delegations(2).await;
    let (one, two, officer) =
        (app.focal_point(&all[0]), app.focal_point(&all[1]), app.programme_officer());
    let session = app.plenary().await;
    let statement = app.inscribe(&all[0], &session, "minister").await.id();
    let statement = format!("/sessions/{session}/speakers/{statement}");
    let text = format!("{statement}/text");
    let paper = async |code: &str, kind: &str| {
        let path = format!("/documents?participant={code}&kind={kind}");
        app.focal_point(code).upload(&path, "application/pdf", b"%PDF-1.7 All is well.").await.id()
    };
    for wrong in [paper(&all[0], "letter").await, paper(&all[1], "statement").await] {
        assert_eq!(one.act(&text, json!({ "document": wrong })).await.pointers(), ["/document"]);
    }
    let words = paper(&all[0], "statement").await;
    assert_eq!(two.act(&text, json!({ "document": words })).await.problem(404), "not_found");
    assert_eq!(officer.get(&text).await.problem(404), "not_found");
    let handed_in = one.act(&text, json!({ "document": words })).await;
    assert_eq!(handed_in.expect(200)["text"], json!(words));

    let read = async |expected: [u16; 3]| {
        for role in Role::ALL {
            let status = app.role(*role).get(&text).await.status;
            let wanted = if *role == Role::Programme { 200 } else { expected[0] };
            assert_eq!(status, wanted, "{role}");
        }
        assert_eq!(one.get(&text).await.status, 200);
        assert_eq!(two.get(&text).await.status, expected[1]);
        assert_eq!(app.anybody().get(&text).await.status, expected[2]);
    };
    let go =
        async |step: &str| officer.act(&format!("{statement}/{step}"), json!({})).await.expect(200);
    read([404, 404, 404]).await;
    // Nor by the way of papers, whoever reads those of missions.
    for caller in [app.officer(), app.treaty(), app.role(Role::Auditor), two] {
        let content = caller.get(&format!("/documents/{words}/content")).await;
        assert!([403, 404].contains(&content.status), "{}", content.text);
    }
    let two = app.focal_point(&all[1]);
    go("call").await;
    go("start").await;
    assert_eq!(two.get(&text).await.status, 404, "until it was said to its end");
    go("end").await;
    let said = app.anybody().get(&text).await;
    assert_eq!((said.status, said.text.as_str()), (200, "%PDF-1.7 All is well."));
    assert!(said.header("content-disposition").starts_with("attachment"));
    assert_eq!(
        one.act(&text, json!({ "document": words })).await.problem(409),
        "illegal_transition"
    );
    // Of a session that is not public, strangers read nothing.
    let inside = json!({ "access": "accredited" });
    officer.patch(&format!("/sessions/{session}"), inside).await.expect(200);
    app.release().await.expect(201);
    assert_eq!(app.anybody().get(&text).await.problem(404), "not_found");
    assert_eq!(two.get(&text).await.status, 200);
    assert_eq!(
        app.count("event where kind = 'statement.text_read'").await,
        2,
        "before it was said"
    );
}
