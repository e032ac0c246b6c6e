//! Batches: many members at once, each by its own rights.

use futures_util::future::join_all;
use hanoi_ceremony::access::Role;
use serde_json::{Value, json};
use sqlx::ConnectOptions as _;

use crate::app::{Caller, Reply, TestApp, member};
use crate::delegations::lodge;

const WHY: &str = "an invented reason";

/// The delegation of a participant with this many members, who are drafts.
pub async fn delegation(app: &TestApp, code: &str, members: usize) -> Vec<String> {
    let mission = app.focal_point(code);
    mission.post("/delegations", json!({ "participant": code })).await.expect(201);
    let mut ids = Vec::new();
    for number in 0..members {
        let person = member(&format!("Sample{code}{number}"));
        let made = mission.post(&format!("/delegations/{code}/members"), person).await;
        made.expect(201);
        ids.push(made.id());
    }
    ids
}

/// The same step for several members.
pub fn each(action: &str, code: &str, members: &[String]) -> Vec<Value> {
    let operation =
        |member| json!({ "action": action, "participant": code, "member": member, "reason": WHY });
    members.iter().map(operation).collect()
}

/// Sends a batch to be done as far as it can be.
pub async fn row_by_row(who: &Caller<'_>, operations: Vec<Value>) -> Reply {
    who.post("/members:batch", json!({ "atomic": false, "operations": operations })).await
}

/// Sends a batch to be done as a whole.
async fn as_a_whole(who: &Caller<'_>, operations: Vec<Value>) -> Reply {
    who.post("/members:batch", json!({ "atomic": true, "operations": operations })).await
}

/// The statuses of the results, in the order of the operations.
pub fn results(body: &Value) -> Vec<u64> {
    let results = body["results"].as_array().unwrap();
    results.iter().map(|result| result["status"].as_u64().unwrap()).collect()
}

/// The codes of the results' problems; empty where there is none.
fn codes(body: &Value) -> Vec<&str> {
    let results = body["results"].as_array().unwrap();
    results.iter().map(|result| result["problem"]["code"].as_str().unwrap_or_default()).collect()
}

/// Everything in the database that a batch could have changed.
async fn kept(app: &TestApp) -> String {
    let everything = "select coalesce(string_agg(t, ' ' order by t), '') from (
        select member::text from member union all select delegation::text from delegation
        union all select event::text from event) as everything (t)";
    let mut owner = app.owner.connect().await.unwrap();
    sqlx::query_scalar(everything).fetch_one(&mut owner).await.unwrap()
}

#[tokio::test]
async fn r34_a_delegation_is_accepted_with_one_of_twelve_held_and_another_is_rejected_later() {
    let app = TestApp::start().await;
    let ids = delegation(&app, "FRA", 12).await;
    let (mission, officer, security) = (app.focal_point("FRA"), app.officer(), app.security());
    let leads = json!({ "function": "head", "rank": "minister" });
    mission.patch(&format!("/delegations/FRA/members/{}", ids[0]), leads).await.expect(200);
    lodge(&mission, "FRA", "note_verbale").await;
    mission.act("/delegations/FRA/submit", json!({})).await.expect(200);
    let submitted = as_a_whole(&mission, each("submit", "FRA", &ids)).await.expect(200);
    assert_eq!((&submitted["done"], &submitted["refused"]), (&json!(12), &json!(0)));
    as_a_whole(&officer, each("pre-approve", "FRA", &ids)).await.expect(200);

    let mut operations = each("approve", "FRA", &ids[..11]);
    operations.extend(each("hold", "FRA", &ids[11..]));
    let cleared = row_by_row(&security, operations).await.expect(200);
    assert_eq!(results(&cleared), [200; 12]);
    let held = &cleared["results"][11];
    assert_eq!(held["state"]["status"], "on_hold");
    assert_eq!((&held["etag"], &held["state"]["reason"]), (&json!("\"4\""), &json!(WHY)));
    officer.act("/delegations/FRA/accept", json!({})).await.expect(200);
    for (status, count) in [("approved", 11), ("on_hold", 1)] {
        let list = format!("/members?status={status}&include=count");
        assert_eq!(mission.get(&list).await.expect(200)["count"], count);
    }

    let rejected = row_by_row(&officer, each("reject", "FRA", &ids[3..4])).await.expect(200);
    let state = &rejected["results"][0]["state"];
    assert_eq!((&state["status"], &state["reason"]), (&json!("rejected"), &json!(WHY)));
    assert_eq!(state["revoked"], json!(["approval"]), "the answer says what ended");
    let read = mission.get(&format!("/delegations/FRA/members/{}", ids[3])).await;
    assert_eq!(read.header("etag"), rejected["results"][0]["etag"].as_str().unwrap());
    assert_eq!(read.expect(200)["status"], "rejected");
    let approved = mission.get("/members?status=approved&include=count").await.expect(200);
    assert_eq!(approved["count"], 10);
    let delegation = mission.get("/delegations/FRA").await.expect(200);
    assert_eq!(delegation["stage"], "accepted", "the delegation stays as it is");
    let entry = &mission.get("/delegations/FRA/history").await.expect(200)["items"][0];
    assert_eq!((&entry["kind"], &entry["reason"]), (&json!("member.rejected"), &json!(WHY)));
    assert_eq!(entry["after"], json!({ "status": "rejected", "revoked": "approval" }));
}

#[tokio::test]
async fn r38_a_batch_tells_nothing_of_another_missions_member_and_does_nothing_to_them() {
    let app = TestApp::start().await;
    let (own, theirs) = (delegation(&app, "FRA", 2).await, delegation(&app, "DEU", 1).await);
    let mission = app.focal_point("FRA");
    let nobody = vec!["01980000-0000-7000-8000-000000000000".to_owned()];
    let mut operations = each("submit", "FRA", &own[..1]);
    operations.extend(each("withdraw", "DEU", &theirs)); // by its own code
    operations.extend(each("withdraw", "FRA", &theirs)); // slipped in under one's own
    operations.extend(each("withdraw", "FRA", &nobody)); // what there is not
    operations.extend(each("withdraw", "ITA", &own[1..])); // one's own under another's
    operations.extend(each("approve", "FRA", &own[1..])); // one's own, by whom it is not for
    let before = kept(&app).await;

    let refused = as_a_whole(&mission, operations.clone()).await;
    assert_eq!(refused.problem(409), "batch_refused");
    assert_eq!(results(&refused.json()), [409, 404, 404, 404, 404, 403]);
    assert_eq!(codes(&refused.json())[0], "batch_refused");
    assert_eq!(kept(&app).await, before, "nothing of a refused batch is kept");

    let done = row_by_row(&mission, operations).await.expect(200);
    assert_eq!(results(&done), [200, 404, 404, 404, 404, 403]);
    assert_eq!((&done["done"], &done["refused"]), (&json!(1), &json!(5)));
    // What is another's is told apart from what there is not by nothing.
    for place in [1, 2, 4] {
        assert_eq!(done["results"][place]["problem"], done["results"][3]["problem"]);
    }
    let seen = app.focal_point("DEU").get(&format!("/delegations/DEU/members/{}", theirs[0])).await;
    assert_eq!((seen.header("etag"), &seen.expect(200)["status"]), ("\"1\"", &json!("draft")));
    let history = app.officer().get("/delegations/DEU/history").await.expect(200);
    assert_eq!(history["items"].as_array().unwrap().len(), 2);

    // Who may do none of it gets an answer for each all the same, and those for whom there are no members get none.
    let done = row_by_row(&app.treaty(), each("withdraw", "FRA", &own)).await.expect(200);
    assert_eq!(results(&done), [403, 403]);
    for role in [Role::Administrator, Role::Programme, Role::Gate] {
        let reply = row_by_row(&app.role(role), each("withdraw", "FRA", &own)).await;
        assert_eq!(reply.problem(404), "not_found");
    }
}

#[tokio::test]
async fn r40_each_operation_finds_what_those_before_it_have_left() {
    let app = TestApp::start().await;
    let ids = delegation(&app, "FRA", 3).await;
    let mission = app.focal_point("FRA");
    let mut twice = each("submit", "FRA", &[ids[0].clone(), ids[0].clone(), ids[1].clone()]);
    twice.extend(each("withdraw", "FRA", &ids[1..2]));
    let mut stale = each("submit", "FRA", &[ids[2].clone(), ids[2].clone()]);
    stale[0]["if_match"] = json!("\"1\"");
    stale[1]["if_match"] = json!("\"1\"");
    twice.extend(stale);
    let done = row_by_row(&mission, twice).await.expect(200);
    assert_eq!(results(&done), [200, 409, 200, 200, 200, 412]);
    assert_eq!(codes(&done), ["", "illegal_transition", "", "", "", "version_mismatch"]);
    let refused = &done["results"][1]["problem"];
    assert_eq!(
        (&refused["current"], &refused["allowed"][0]),
        (&json!("submitted"), &json!("pre-approve"))
    );
    assert_eq!(done["results"][5]["problem"]["current"], "\"2\"");

    let read = mission.get(&format!("/delegations/FRA/members/{}", ids[1])).await;
    assert_eq!((read.header("etag"), &read.expect(200)["status"]), ("\"3\"", &json!("withdrawn")));
    let history = mission.get("/delegations/FRA/history?limit=4").await.expect(200);
    let kinds: Vec<_> = history["items"].as_array().unwrap().iter().map(|e| &e["kind"]).collect();
    assert_eq!(
        kinds,
        ["member.submitted", "member.withdrawn", "member.submitted", "member.submitted"]
    );
}

#[tokio::test]
async fn r40_a_row_is_refused_for_what_its_own_address_would_refuse() {
    let app = TestApp::start().await;
    let ids = delegation(&app, "FRA", 2).await;
    let mission = app.focal_point("FRA");
    let path = format!("/delegations/FRA/members/{}", ids[0]);
    mission.patch(&path, json!({ "email": null, "passport": null })).await.expect(200);
    let done = row_by_row(&mission, each("submit", "FRA", &ids)).await.expect(200);
    assert_eq!(results(&done), [422, 200]);
    let alone = mission.act(&format!("{path}/submit"), json!({})).await;
    let (alone, row) = (alone.json(), &done["results"][0]["problem"]);
    assert_eq!((&row["errors"], &row["detail"]), (&alone["errors"], &alone["detail"]));
    assert_eq!(row["errors"][0]["pointer"], "/email");

    // A spouse of the highest rank needs no passport, while that person stands (R36).
    let mut head = member("President");
    head["function"] = json!("head");
    head["rank"] = json!("head_of_state");
    let head = mission.post("/delegations/FRA/members", head).await.id();
    let mut spouse = member("Spouse");
    spouse["function"] = json!("spouse");
    spouse["passport"] = json!(null);
    let spouse = mission.post("/delegations/FRA/members", spouse).await.id();
    let mut both = each("withdraw", "FRA", &[head]);
    both.extend(each("submit", "FRA", &[spouse]));
    assert_eq!(results(&row_by_row(&mission, both.clone()).await.json()), [200, 422]);
    both.reverse();

    // Nobody of a delegation that does not take part comes nearer; back is always possible.
    let why = json!({ "reason": WHY });
    mission.act("/delegations/FRA/withdraw", why).await.expect(200);
    let mut late = each("pre-approve", "FRA", &ids[1..]);
    late.extend(each("reject", "FRA", &ids[1..]));
    let done = row_by_row(&app.officer(), late).await.expect(200);
    assert_eq!(results(&done), [409, 200]);
    assert_eq!(done["results"][0]["problem"]["current"], "withdrawn");
}

#[tokio::test]
async fn r40_a_batch_can_be_tried_and_repeated() {
    let app = TestApp::start().await;
    let ids = delegation(&app, "FRA", 3).await;
    let mission = app.focal_point("FRA");
    let before = kept(&app).await;
    for atomic in [true, false] {
        let body = json!({ "atomic": atomic, "operations": each("submit", "FRA", &ids) });
        let tried = mission.post("/members:batch?dry_run=true", body).await;
        assert_eq!((results(&tried.expect(200)), tried.header("dry-run")), (vec![200; 3], "true"));
        let body = json!({ "atomic": atomic, "operations": each("reject", "FRA", &ids) });
        let tried = mission.post("/members:batch?dry_run=true", body).await;
        assert_eq!(tried.status, if atomic { 409 } else { 200 });
        assert_eq!(results(&tried.json()), [403; 3]);
    }
    assert_eq!(kept(&app).await, before);

    let body = json!({ "atomic": false, "operations": each("submit", "FRA", &ids) });
    let first = mission.post_once("/members:batch", "once", body.clone()).await;
    assert_eq!(results(&first.expect(200)), [200; 3]);
    let again = mission.post_once("/members:batch", "once", body.clone()).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.json(), first.json());
    // A new request finds what the first has left.
    assert_eq!(results(&row_by_row(&mission, each("submit", "FRA", &ids)).await.json()), [409; 3]);

    let in_french = mission.request(reqwest::Method::POST, "/members:batch").json(&body);
    let told = crate::app::send(in_french.header("accept-language", "fr")).await.json();
    assert_eq!(told["results"][0]["problem"]["title"], "Ce changement d’état n’est pas permis");
}

#[tokio::test]
async fn r54_a_batch_names_all_its_faults_and_has_a_limit() {
    let app = TestApp::start().await;
    let mission = app.focal_point("FRA");
    let id = "01980000-0000-7000-8000-000000000000";
    let operations = json!([
        { "action": "reject", "participant": "FRA", "member": id },
        { "action": "submit", "participant": "FRA", "member": id },
        { "action": "withdraw", "participant": "FRA", "member": id, "reason": null },
    ]);
    let refused =
        mission.post("/members:batch", json!({ "atomic": true, "operations": operations })).await;
    assert_eq!(refused.problem(422), "validation_failed");
    assert_eq!(refused.pointers(), ["/operations/0/reason", "/operations/2/reason"]);
    let operations =
        json!([{ "action": "crown", "participant": "fra", "member": 7, "status": "approved" }]);
    let refused = mission.post("/members:batch", json!({ "operations": operations })).await;
    assert_eq!(
        refused.pointers(),
        [
            "/atomic",
            "/operations/0/action",
            "/operations/0/member",
            "/operations/0/participant",
            "/operations/0/status"
        ]
    );
    let ids = vec![id.to_owned(); 501];
    for operations in [vec![], each("submit", "FRA", &ids)] {
        let refused = row_by_row(&mission, operations).await;
        assert_eq!(refused.pointers(), ["/operations"]);
    }
    assert_eq!(
        results(&row_by_row(&mission, each("submit", "FRA", &ids[..500])).await.json()),
        [404; 500]
    );
}

#[tokio::test]
async fn r40_two_batches_over_the_same_members_do_each_step_once() {
    let app = TestApp::start().await;
    let (france, italy) = (delegation(&app, "FRA", 6).await, delegation(&app, "ITA", 6).await);
    row_by_row(&app.focal_point("FRA"), each("submit", "FRA", &france)).await.expect(200);
    row_by_row(&app.focal_point("ITA"), each("submit", "ITA", &italy)).await.expect(200);
    let officer = app.officer();
    let mut operations = each("pre-approve", "FRA", &france);
    operations.extend(each("pre-approve", "ITA", &italy));
    // Each in another order: whoever locks in the order of the request waits for whoever waits for them.
    let batches = (0..12).map(|turn| {
        let mut turned = operations.clone();
        turned.rotate_left(turn);
        if turn % 2 == 0 {
            turned.reverse();
        }
        row_by_row(&officer, turned)
    });
    let replies = join_all(batches).await;
    let all: Vec<u64> = replies.iter().flat_map(|reply| results(&reply.expect(200))).collect();
    assert_eq!(all.iter().filter(|status| **status == 200).count(), 12);
    assert!(all.iter().all(|status| [200, 409].contains(status)));
    let mut owner = app.owner.connect().await.unwrap();
    let events = "select count(*) from event where kind = 'member.pre_approved'";
    let events: i64 = sqlx::query_scalar(events).fetch_one(&mut owner).await.unwrap();
    assert_eq!(events, 12, "one entry for each step");
}
