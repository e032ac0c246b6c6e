//! Those whom others have passed on are changed by request, also when a list says so (R37).

use serde_json::{Value, json};

use super::{TITLES, begin, file, row, take_in, upload};
use crate::app::{Caller, TestApp};

/// A mission with one person in clearance for each of these rows, and their paths.
async fn cleared<'a>(app: &'a TestApp, rows: &[Vec<String>]) -> (Caller<'a>, Vec<String>) {
    let mission = begin(app, "FRA").await;
    take_in(&mission, &file(rows)).await;
    let list = mission.get("/delegations/FRA/members?sort=name").await.expect(200);
    let mut paths = Vec::new();
    for member in list["items"].as_array().unwrap() {
        let path = format!("/delegations/FRA/members/{}", member["id"].as_str().unwrap());
        mission.act(&format!("{path}/submit"), json!({})).await.expect(200);
        app.officer().act(&format!("{path}/pre-approve"), json!({})).await.expect(200);
        app.security().act(&format!("{path}/approve"), json!({})).await.expect(200);
        paths.push(path);
    }
    (mission, paths)
}

fn codes(seen: &Value) -> Vec<(u64, &str, &str)> {
    let faults = seen["preview"]["faults"].as_array().unwrap();
    faults
        .iter()
        .map(|f| {
            let text = |name: &str| f[name].as_str().unwrap();
            (f["row"].as_u64().unwrap(), text("column"), text("code"))
        })
        .collect()
}

#[tokio::test]
async fn r37_a_list_asks_for_the_change_of_who_was_approved_and_the_approval_holds() {
    let app = TestApp::start().await;
    let rows = vec![row(1), row(2)];
    let (mission, paths) = cleared(&app, &rows).await;
    let mut wanted = rows.clone();
    wanted[0][0] = "OTHER".to_owned();
    wanted[0][8] = "X0999999".to_owned();
    wanted.push(row(3));
    let seen = upload(&mission, &file(&wanted)).await;
    let body = seen.expect(201);
    let counts = json!({ "new": 1, "changed": 1, "unchanged": 1, "faulty": 0 });
    assert_eq!(body["counts"], counts, "{}", seen.text);
    let asked: Vec<_> =
        body["preview"]["rows"].as_array().unwrap().iter().map(|r| &r["is_asked"]).collect();
    assert_eq!(asked, [&json!(true), &json!(false), &json!(false)]);
    assert!(!seen.text.contains("X0999999"));
    mission.act(&format!("/imports/{}/commit", seen.id()), json!({})).await.expect(200);

    let stands = mission.get(&paths[0]).await.expect(200);
    assert_eq!(
        (&stands["family_name"], &stands["status"]),
        (&json!("SAMPLE 1"), &json!("approved"))
    );
    let queue = app.officer().get("/change-requests?state=open").await.expect(200);
    let request = &queue["items"][0];
    assert_eq!(
        (queue["items"].as_array().unwrap().len(), &request["is_material"]),
        (1, &json!(true))
    );
    // The same list once more asks for nothing new.
    let again = upload(&mission, &file(&wanted)).await.expect(201);
    assert_eq!(again["counts"], json!({ "new": 0, "changed": 0, "unchanged": 3, "faulty": 0 }));
    // Another wish about the same person waits for the decision about the first.
    let mut other = wanted.clone();
    other[0][5] = "Minister of Samples".to_owned();
    let refused = upload(&mission, &file(&other)).await.expect(201);
    let code = "change_requested";
    assert_eq!(
        codes(&refused),
        [
            (2, "family_name", code),
            (2, "badge_name", code),
            (2, "functional_title", code),
            (2, "passport_number", code)
        ]
    );

    let path = format!("/change-requests/{}/accept", request["id"].as_str().unwrap());
    app.officer().act(&path, json!({})).await.expect(200);
    let changed = mission.get(&paths[0]).await.expect(200);
    assert_eq!(
        (&changed["family_name"], &changed["status"]),
        (&json!("OTHER"), &json!("pre_approved"))
    );
    assert_eq!(changed["passport"]["number"], "•••999");
    let refused = mission.act(&format!("/imports/{}/rollback", seen.id()), json!({})).await;
    assert_eq!(
        (refused.problem(409), &refused.json()["why"]),
        ("import_blocked".into(), &json!("built_on"))
    );
    assert_eq!(refused.json()["members"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn r37_taking_a_list_back_withdraws_what_it_asked_for() {
    let app = TestApp::start().await;
    let rows = vec![row(1), row(2)];
    let (mission, paths) = cleared(&app, &rows).await;
    let mut wanted = rows.clone();
    wanted[0][5] = "Minister of Samples".to_owned();
    wanted[1][7] = "BEL".to_owned();
    let (import, done) = take_in(&mission, &file(&wanted)).await;
    assert_eq!(done["counts"]["changed"], 2);
    let open = async || {
        let queue = app.officer().get("/change-requests?state=open&include=count").await;
        queue.expect(200)["count"].as_u64().unwrap()
    };
    assert_eq!(open().await, 2);
    // Also from the officer who has taken it.
    let queue = app.officer().get("/change-requests?state=open").await.expect(200);
    let path = format!("/change-requests/{}/assign", queue["items"][0]["id"].as_str().unwrap());
    app.officer().act(&path, json!({ "to": "me" })).await.expect(200);
    mission.act(&format!("{import}/rollback"), json!({})).await.expect(200);
    assert_eq!(open().await, 0);
    let queue = mission.get("/change-requests?state=withdrawn").await.expect(200);
    assert_eq!(queue["items"].as_array().unwrap().len(), 2);
    for path in &paths {
        assert_eq!(mission.get(path).await.expect(200)["status"], "approved");
    }
    // Both can be asked for again.
    let (_, done) = take_in(&mission, &file(&wanted)).await;
    assert_eq!((&done["counts"]["changed"], open().await), (&json!(2), 2));
}

#[tokio::test]
async fn r36_r37_who_was_handed_in_stays_complete_and_what_there_is_one_of_stays_theirs_until_a_decision()
 {
    let app = TestApp::start().await;
    let mut rows = vec![row(1), row(2)];
    rows[0][3] = "head".to_owned();
    let (mission, paths) = cleared(&app, &rows).await;
    let mut wanted = rows.clone();
    // The approved head is to hand over the lead to somebody new: both cannot be true before the decision.
    wanted[0][3] = "adviser".to_owned();
    wanted[1][6] = String::new();
    wanted.push(row(3));
    wanted[2][3] = "head".to_owned();
    let seen = upload(&mission, &file(&wanted)).await.expect(201);
    assert_eq!(codes(&seen), [(3, "date_of_birth", "required"), (4, "function", "taken")]);

    // Who waits for the secretariat is changed as by hand, and taken back as by hand.
    let (_, _) = take_in(&mission, &file(&[row(4)])).await;
    let list = mission.get("/delegations/FRA/members?q=sample%204").await.expect(200);
    let path = format!("/delegations/FRA/members/{}", list["items"][0]["id"].as_str().unwrap());
    mission.act(&format!("{path}/submit"), json!({})).await.expect(200);
    let mut fourth = row(4);
    fourth[11] = String::new();
    let seen = upload(&mission, &file(&[fourth.clone()])).await.expect(201);
    assert_eq!(codes(&seen), [(2, "language", "required")]);
    fourth[11] = "fr".to_owned();
    let (import, done) = take_in(&mission, &file(&[fourth])).await;
    assert_eq!(done["counts"]["changed"], 1);
    let changed = mission.get(&path).await.expect(200);
    assert_eq!((&changed["language"], &changed["status"]), (&json!("fr"), &json!("submitted")));
    mission.act(&format!("{import}/rollback"), json!({})).await.expect(200);
    assert_eq!(mission.get(&path).await.expect(200)["language"], "en");

    // An entry that ended is entered anew.
    let reason = json!({ "reason": "an invented reason" });
    mission.act(&format!("{}/withdraw", paths[1]), reason).await.expect(200);
    let id = paths[1].rsplit('/').next().unwrap();
    let text = format!("id,{TITLES}\n{id},{}\n", row(7).join(","));
    let seen = upload(&mission, text.as_bytes()).await.expect(201);
    assert!(codes(&seen).iter().all(|(row, _, code)| (*row, *code) == (2, "ended")));
}
