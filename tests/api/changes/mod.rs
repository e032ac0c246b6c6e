//! Changes of those whom others have passed on: asked for, decided, and who made up a delegation before and after.

mod composition;
mod papers;
mod sight;

use futures_util::future::join_all;
use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, Executor as _};

use crate::app::{Caller, Reply, TestApp, member, statuses};

/// Enters a person into France's delegation, and takes them to clearance. Gives their path.
pub async fn cleared(app: &TestApp, person: Value) -> String {
    let (mission, officer, security) = (app.focal_point("FRA"), app.officer(), app.security());
    mission.post("/delegations", json!({ "participant": "FRA" })).await;
    let path = format!(
        "/delegations/FRA/members/{}",
        mission.post("/delegations/FRA/members", person).await.id()
    );
    mission.act(&format!("{path}/submit"), json!({})).await.expect(200);
    officer.act(&format!("{path}/pre-approve"), json!({})).await.expect(200);
    security.act(&format!("{path}/approve"), json!({})).await.expect(200);
    path
}

/// Asks for changes of a person. Gives the answer, and the path of the request.
pub async fn ask(mission: &Caller<'_>, member: &str, changes: Value) -> (Value, String) {
    let reply =
        mission.post(&format!("{member}/change-requests"), json!({ "changes": changes })).await;
    let body = reply.expect(201);
    let path = format!("/change-requests/{}", reply.id());
    assert_eq!(reply.header("location"), format!("/api/v1{path}"));
    (body, path)
}

fn head(name: &str) -> Value {
    let mut head = member(name);
    head["function"] = json!("head");
    head["rank"] = json!("minister");
    head
}

fn why() -> Value {
    json!({ "reason": "an invented reason" })
}

#[tokio::test]
async fn r37_a_harmless_change_is_accepted_and_the_approval_holds_all_the_while() {
    let app = TestApp::start().await;
    let path = cleared(&app, head("Sample")).await;
    let (mission, officer) = (app.focal_point("FRA"), app.officer());
    assert_eq!(
        mission.patch(&path, json!({ "affiliation": null })).await.problem(409),
        "illegal_transition"
    );
    let changes = json!({ "affiliation": "Ministry of Others", "email": "new@delegate.example", "rank": "minister" });
    let (request, request_path) = ask(&mission, &path, changes).await;
    assert_eq!(
        request["difference"],
        json!([
            { "field": "affiliation", "is_material": false, "before": "Ministry of Examples", "after": "Ministry of Others" },
            { "field": "email", "is_material": false, "before": "sample@delegate.example", "after": "new@delegate.example" },
        ]),
        "what is as it was is no change"
    );
    assert_eq!((&request["state"], &request["is_material"]), (&json!("open"), &json!(false)));
    let before = mission.get(&path).await.expect(200);
    assert_eq!(
        (&before["status"], &before["affiliation"]),
        (&json!("approved"), &json!("Ministry of Examples"))
    );

    let accept = format!("{request_path}/accept");
    assert_eq!(mission.act(&accept, json!({})).await.problem(403), "forbidden");
    assert_eq!(app.security().act(&accept, json!({})).await.problem(403), "forbidden");
    assert_eq!(officer.post(&accept, json!({})).await.problem(428), "precondition_required");
    let accepted = officer.act(&accept, json!({})).await;
    assert_eq!(accepted.header("etag"), "\"2\"");
    let body = accepted.expect(200);
    assert_eq!((&body["state"], &body["member_status"]), (&json!("accepted"), &json!("approved")));
    assert!(body.get("revoked").is_none());
    let after = mission.get(&path).await.expect(200);
    assert_eq!(
        (&after["status"], &after["affiliation"], &after["email"]),
        (&json!("approved"), &json!("Ministry of Others"), &json!("new@delegate.example"))
    );
    let again = officer.act(&accept, json!({})).await;
    assert_eq!(
        (again.problem(409), &again.json()["current"]),
        ("illegal_transition".into(), &json!("accepted"))
    );

    let history = mission.get("/delegations/FRA/history").await.expect(200);
    let entry = &history["items"][0];
    assert_eq!(
        (&entry["kind"], &entry["before"]["affiliation"]),
        (&json!("member.change_accepted"), &json!("Ministry of Examples"))
    );
    assert_eq!(entry["after"]["email"], "changed", "R51");
    assert_eq!(history["items"][1]["kind"], "member.change_requested");
    // Of one person alone: what happened to them, and nothing of the delegation or of others.
    mission.post("/delegations/FRA/members", member("Other")).await.expect(201);
    let id = path.rsplit('/').next().unwrap();
    let theirs = mission.get(&format!("/delegations/FRA/history?member={id}")).await.expect(200);
    let theirs = theirs["items"].as_array().unwrap();
    assert!(theirs.iter().all(|entry| entry["subject"] == *id));
    assert_eq!(
        (&theirs[0], theirs.last().unwrap()["kind"].as_str()),
        (entry, Some("member.created"))
    );
}

#[tokio::test]
async fn r37_a_material_change_sends_the_person_back_to_vetting_and_says_so() {
    let app = TestApp::start().await;
    let path = cleared(&app, member("Sample")).await;
    let (mission, officer) = (app.focal_point("FRA"), app.officer());
    for changes in [
        json!({ "family_name": "EXAMPLE" }),
        json!({ "nationality": "DEU" }),
        json!({ "passport": { "number": "X9999456" } }),
        json!({ "date_of_birth": "1981-01-01", "form_of_address": null }),
    ] {
        let (request, request_path) = ask(&mission, &path, changes.clone()).await;
        assert_eq!(request["is_material"], true, "{changes}");
        assert_eq!(mission.get(&path).await.json()["status"], "approved", "it holds until then");
        let accepted = officer.act(&format!("{request_path}/accept"), json!({})).await.expect(200);
        assert_eq!(
            (&accepted["member_status"], &accepted["revoked"]),
            (&json!("pre_approved"), &json!(["approval"]))
        );
        assert_eq!(mission.get(&path).await.json()["status"], "pre_approved");
        app.security().act(&format!("{path}/approve"), json!({})).await.expect(200);
    }
    let changed = mission.get(&path).await.expect(200);
    assert_eq!(
        (&changed["family_name"], &changed["nationality"], &changed["passport"]["number"]),
        (&json!("EXAMPLE"), &json!("DEU"), &json!("•••456"))
    );
    assert_eq!(
        (&changed["date_of_birth"], &changed["form_of_address"]),
        (&json!("1981-01-01"), &Value::Null)
    );
    // Where nothing was cleared yet, nothing is lost.
    app.security().act(&format!("{path}/suspend"), why()).await.expect(200);
    let (_, first) = ask(&mission, &path, json!({ "family_name": "SAMPLE" })).await;
    let accepted = officer.act(&format!("{first}/accept"), json!({})).await.expect(200);
    assert_eq!(accepted["revoked"], json!(["approval"]));
    let (_, second) = ask(&mission, &path, json!({ "family_name": "THIRD" })).await;
    let accepted = officer.act(&format!("{second}/accept"), json!({})).await.expect(200);
    assert!(accepted["member_status"] == "pre_approved" && accepted.get("revoked").is_none());
}

#[tokio::test]
async fn r37_there_is_one_open_request_for_a_person_however_many_ask_at_once() {
    let app = TestApp::start().await;
    let path = cleared(&app, member("Sample")).await;
    let mission = app.focal_point("FRA");
    let requests = format!("{path}/change-requests");
    let asked = |i: usize| {
        let changes = json!({ "changes": { "affiliation": format!("Ministry {i}") } });
        mission.post(&requests, changes)
    };
    let replies: Vec<Reply> = join_all((0..10).map(asked)).await;
    assert_eq!(statuses(&replies), [201, 409, 409, 409, 409, 409, 409, 409, 409, 409]);
    let first = replies.iter().find(|reply| reply.status == 201).unwrap().id();
    for refused in replies.iter().filter(|reply| reply.status == 409) {
        assert_eq!(refused.problem(409), "duplicate");
        assert_eq!(refused.json()["first"], *first);
    }
    // Refused or taken back, it makes room.
    let refuse = format!("/change-requests/{first}/refuse");
    assert_eq!(app.officer().act(&refuse, json!({})).await.pointers(), ["/reason"]);
    let refused = app.officer().act(&refuse, why()).await.expect(200);
    assert_eq!((&refused["state"], &refused["reason"]), (&json!("refused"), &why()["reason"]));
    let second = asked(11).await.id();
    let withdraw = format!("/change-requests/{second}/withdraw");
    assert_eq!(mission.act(&withdraw, json!({})).await.expect(200)["state"], "withdrawn");
    asked(12).await.expect(201);
    assert_eq!(mission.get(&path).await.json()["affiliation"], "Ministry of Examples");

    // The control: without the claim of the database, two are open.
    let mut owner = app.owner.connect().await.unwrap();
    owner.execute("drop index change_request_one_open").await.unwrap();
    let twice = "insert into change_request select gen_random_uuid(), participant, member_id, state, difference, sealed_fields,
        sealed_difference, is_material, note, reason, requested_by, requested_at, decided_by, decided_at, updated_at, version
        from change_request where state = 'open'";
    assert_eq!(owner.execute(twice).await.unwrap().rows_affected(), 1);
}

#[tokio::test]
async fn r37_of_two_officers_who_decide_at_once_one_does() {
    let app = TestApp::start().await;
    let path = cleared(&app, member("Sample")).await;
    let (mission, officer) = (app.focal_point("FRA"), app.officer());
    for round in 0..5 {
        let changes = json!({ "affiliation": format!("Ministry {round}") });
        let (_, request) = ask(&mission, &path, changes).await;
        let version = mission.get(&path).await.header("etag").to_owned();
        let (accept, refuse) = (format!("{request}/accept"), format!("{request}/refuse"));
        let replies =
            join_all([&accept, &refuse, &accept, &accept].map(|path| officer.act(path, why())))
                .await;
        assert_eq!(statuses(&replies), [200, 409, 409, 409]);
        let decided = officer.get(&request).await.expect(200);
        let is_accepted = decided["state"] == "accepted";
        let after = mission.get(&path).await;
        assert_eq!(after.json()["affiliation"] == format!("Ministry {round}"), is_accepted);
        assert_eq!(after.header("etag") != version, is_accepted);
    }
}

#[tokio::test]
async fn r37_a_request_that_was_overtaken_is_not_accepted() {
    let app = TestApp::start().await;
    let path = cleared(&app, member("Sample")).await;
    let (mission, officer) = (app.focal_point("FRA"), app.officer());
    let changes =
        json!({ "affiliation": "Ministry of Others", "functional_title": "Director of Others" });
    let (_, request) = ask(&mission, &path, changes).await;
    let mut owner = app.owner.connect().await.unwrap();
    let elsewhere = "update member set language = 'fr', version = version + 1";
    owner.execute(elsewhere).await.unwrap();
    let overtaking =
        "update member set affiliation = 'Ministry of Yet Others', version = version + 1";
    owner.execute(overtaking).await.unwrap();
    let refused = officer.act(&format!("{request}/accept"), json!({})).await;
    assert_eq!(refused.problem(409), "overtaken");
    assert_eq!(refused.json()["fields"], json!(["affiliation"]), "what else changed is no matter");
    assert_eq!(officer.get(&request).await.json()["state"], "open");
    owner
        .execute("update member set affiliation = 'Ministry of Examples', version = version + 1")
        .await
        .unwrap();
    officer.act(&format!("{request}/accept"), json!({})).await.expect(200);
    let after = mission.get(&path).await.expect(200);
    assert_eq!(
        (&after["language"], &after["affiliation"]),
        (&json!("fr"), &json!("Ministry of Others"))
    );
}

#[tokio::test]
async fn r37_a_request_is_made_where_others_have_passed_the_person_on_and_ends_with_the_entry() {
    let app = TestApp::start().await;
    let path = cleared(&app, member("Sample")).await;
    let (mission, officer) = (app.focal_point("FRA"), app.officer());
    let draft = mission.post("/delegations/FRA/members", member("Draft")).await.id();
    let changes = json!({ "changes": { "affiliation": null } });
    let early = mission
        .post(&format!("/delegations/FRA/members/{draft}/change-requests"), changes.clone())
        .await;
    assert_eq!(
        (early.problem(409), &early.json()["current"]),
        ("illegal_transition".into(), &json!("draft"))
    );

    let requests = format!("{path}/change-requests");
    for (changes, pointer) in [
        (json!({ "affiliation": "Ministry of Examples" }), "/changes"),
        (json!({ "family_name": null }), "/changes/family_name"),
        (json!({ "email": null }), "/changes/email"),
        (json!({ "passport": { "expires_on": "2025-10-25" } }), "/changes/passport/expires_on"),
        (json!({ "status": "approved" }), "/changes/status"),
    ] {
        let refused = mission.post(&requests, json!({ "changes": changes })).await;
        assert_eq!(
            (refused.problem(422), refused.pointers()),
            ("validation_failed".into(), vec![pointer.to_owned()])
        );
    }
    let rehearsed = mission.post(&format!("{requests}?dry_run=true"), changes.clone()).await;
    rehearsed.expect(201);
    assert_eq!(mission.get(&requests).await.expect(200)["items"], json!([]));

    let request = mission.post(&requests, changes.clone()).await.id();
    officer.act(&format!("{path}/reject"), why()).await.expect(200);
    let lapsed = mission.get(&format!("/change-requests/{request}")).await.expect(200);
    assert_eq!(lapsed["state"], "lapsed");
    let late = officer.act(&format!("/change-requests/{request}/accept"), json!({})).await;
    assert_eq!(late.problem(409), "illegal_transition");
    assert_eq!(mission.post(&requests, changes).await.problem(409), "illegal_transition");
}

#[tokio::test]
async fn requests_wait_in_the_order_in_which_they_came() {
    let app = TestApp::start().await;
    let (mission, officer) = (app.focal_point("FRA"), app.officer());
    let mut asked = Vec::new();
    for (name, changes) in [
        ("Alpha", json!({ "affiliation": null })),
        ("Beta", json!({ "nationality": "DEU" })),
        ("Gamma", json!({ "affiliation": "Examples" })),
    ] {
        let path = cleared(&app, member(name)).await;
        asked.push(ask(&mission, &path, changes).await.1);
    }
    let ids = |list: Value| -> Vec<String> {
        let items = list["items"].as_array().unwrap().clone();
        items.iter().map(|r| format!("/change-requests/{}", r["id"].as_str().unwrap())).collect()
    };
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page =
            officer.get(&format!("/change-requests?state=open&limit=1{cursor}")).await.expect(200);
        let next = page["next"].as_str().map(ToOwned::to_owned);
        seen.extend(ids(page));
        match next {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, asked);
    let of = async |query: &str| {
        ids(officer.get(&format!("/change-requests?{query}")).await.expect(200))
    };
    assert_eq!(of("material=true").await, asked[1..2]);
    assert_eq!(
        of("material=false&participant=FRA,DEU").await,
        [asked[0].clone(), asked[2].clone()]
    );
    assert_eq!(of("participant=DEU").await, [""; 0]);
    officer.act(&format!("{}/accept", asked[0]), json!({})).await.expect(200);
    assert_eq!(of("state=accepted,refused").await, asked[..1]);
    let counted =
        officer.get("/change-requests?state=open&limit=1&include=count").await.expect(200);
    assert_eq!(counted["count"], 2);
    assert_eq!(officer.get("/change-requests?state=done").await.problem(422), "validation_failed");
    assert_eq!(officer.get("/change-requests?member=x").await.problem(400), "unknown_parameter");
}
