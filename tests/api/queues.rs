//! Queues: what waits, the longest first, and who works on it.

use futures_util::future::join_all;
use hanoi_ceremony::access::Role;
use hanoi_ceremony::secret;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _};

use crate::app::{Caller, TestApp, member, send};
use crate::bulk::{delegation, each, row_by_row};
use crate::changes::{ask, cleared};

/// A second accreditation officer: their account, and their token.
async fn colleague(app: &TestApp) -> (String, &'static str) {
    let token = "hcs_test_colleague";
    let mut owner = app.owner.connect().await.unwrap();
    let made = "with person as (
             insert into account (account_id, email, name, role, password_hash, must_change_password, created_at, updated_at)
             values (gen_random_uuid(), 'colleague@test.example', 'Test colleague', 'accreditation', 'none', false, now(), now())
             returning account_id), login as (
         insert into token (token_id, account_id, hash, created_at, last_used_at, proved_at, expires_at)
         select gen_random_uuid(), account_id, $1, now(), now(), now(), '2999-01-01' from person)
         select account_id::text from person";
    let hash = secret::sha256(token);
    let account = sqlx::query_scalar(made).bind(hash.as_slice()).fetch_one(&mut owner).await;
    (account.unwrap(), token)
}

/// The queues as somebody sees them: name, how many wait, how many of them nobody has taken, how many are theirs.
async fn queues(who: &Caller<'_>) -> Vec<(String, [u64; 3])> {
    let list = who.get("/queues").await.expect(200);
    let items = list["items"].as_array().unwrap().iter();
    let read = |queue: &Value| {
        let numbers = ["waiting", "unassigned", "mine"].map(|name| queue[name].as_u64().unwrap());
        (queue["name"].as_str().unwrap().to_owned(), numbers)
    };
    items.map(read).collect()
}

/// The ids that a list holds.
async fn listed(who: &Caller<'_>, list: &str) -> Vec<String> {
    let page = who.get(list).await.expect(200);
    let items = page["items"].as_array().unwrap().iter();
    items.map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn r41_each_office_sees_its_own_queues() {
    let app = TestApp::start().await;
    let ids = delegation(&app, "FRA", 4).await;
    let (mission, officer, security) = (app.focal_point("FRA"), app.officer(), app.security());
    mission.act("/delegations/FRA/submit", json!({})).await.expect(200);
    row_by_row(&mission, each("submit", "FRA", &ids)).await.expect(200);
    row_by_row(&officer, each("pre-approve", "FRA", &ids[1..])).await.expect(200);
    row_by_row(&security, each("hold", "FRA", &ids[3..])).await.expect(200);

    let named = |name: &str, numbers| (name.to_owned(), numbers);
    let change = json!({ "changes": { "affiliation": "Others" } });
    let asked = format!("/delegations/FRA/members/{}/change-requests", ids[1]);
    mission.post(&asked, change).await.expect(201);
    let of_officer = [
        named("delegations", [1, 1, 0]),
        named("pre-approval", [1, 1, 0]),
        named("changes", [1, 1, 0]),
    ];
    assert_eq!(queues(&officer).await, of_officer);
    let of_security = [named("clearance", [2, 2, 0]), named("on-hold", [1, 1, 0])];
    assert_eq!(queues(&security).await, of_security);
    for role in [Role::FocalPoint, Role::Treaty, Role::Auditor] {
        assert_eq!(app.role(role).get("/queues").await.problem(403), "forbidden");
        let filtered = app.role(role).get("/members?assigned_to=none").await;
        assert_eq!(filtered.problem(403), "forbidden", "who works on what is for those who do");
    }
    assert_eq!(app.role(Role::Gate).get("/queues").await.problem(404), "not_found");

    // Each queue says where it is listed.
    for (who, waiting) in [(&officer, &[1, 1, 1][..]), (&security, &[2, 1])] {
        let list = who.get("/queues").await.expect(200);
        for (queue, waiting) in list["items"].as_array().unwrap().iter().zip(waiting) {
            assert_eq!(queue["oldest_since"], crate::app::NOW);
            let items = queue["items"].as_str().unwrap().strip_prefix("/api/v1").unwrap();
            assert_eq!(listed(who, items).await.len(), *waiting);
        }
    }
    for (caller, path, status) in [
        (&officer, "/queues/clearance/take", 403),
        (&security, "/queues/pre-approval/take", 403),
        (&security, "/queues/changes/take", 403),
        (&mission, "/queues/pre-approval/take", 403),
        (&officer, "/queues/unknown/take", 404),
    ] {
        assert_eq!(caller.post(path, json!({})).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn r41_what_waits_is_taken_handed_on_and_given_back() {
    let app = TestApp::start().await;
    let ids = delegation(&app, "FRA", 2).await;
    let (mission, officer) = (app.focal_point("FRA"), app.officer());
    let (account, token) = colleague(&app).await;
    let second = app.bearer(token);
    let me = officer.get("/auth/me").await.id();
    let path = format!("/delegations/FRA/members/{}", ids[0]);
    let assign = format!("{path}/assign");
    let refused = officer.act(&assign, json!({ "to": "me" })).await;
    assert_eq!(refused.problem(409), "illegal_transition", "a draft waits for nobody");
    row_by_row(&mission, each("submit", "FRA", &ids)).await.expect(200);

    let assigned = officer.act(&assign, json!({ "to": "me" })).await;
    assert_eq!(assigned.header("etag"), "\"3\"");
    assert_eq!(assigned.expect(200)["assigned_to"], json!(me));
    assert_eq!(listed(&officer, "/members?assigned_to=me").await, ids[..1]);
    assert_eq!(listed(&officer, "/members?assigned_to=none&sort=status_since").await, ids[1..]);
    assert_eq!(queues(&officer).await[1].1, [2, 1, 1]);
    assert_eq!(queues(&second).await[1].1, [2, 1, 0]);
    officer.act(&assign, json!({ "to": account })).await.expect(200);
    let theirs = format!("/members?assigned_to={account}&status=submitted&include=count");
    assert_eq!(officer.get(&theirs).await.expect(200)["count"], 1);
    assert_eq!(listed(&second, "/members?assigned_to=me").await, ids[..1]);
    // The mission does not learn who works on it.
    assert!(!mission.get(&path).await.text.contains("assigned"));
    assert!(!mission.get("/delegations/FRA/history").await.text.contains("assigned"));
    let entry = &officer.get("/delegations/FRA/history").await.expect(200)["items"][0];
    assert_eq!(
        (&entry["kind"], &entry["after"]["assigned_to"]),
        (&json!("member.assigned"), &json!(account))
    );

    let back = officer.act(&assign, json!({ "to": null })).await.expect(200);
    assert_eq!(back["assigned_to"], Value::Null);
    let security = app.security().get("/auth/me").await.id();
    for to in [json!(security), json!(me.replace(&me[..4], "0000")), json!("somebody"), json!(7)] {
        assert_eq!(officer.act(&assign, json!({ "to": to })).await.pointers(), ["/to"], "{to}");
    }
    assert_eq!(officer.act(&assign, json!({})).await.pointers(), ["/to"]);
    let unsaid = officer.request(Method::POST, &assign).json(&json!({ "to": "me" }));
    assert_eq!(send(unsaid).await.problem(428), "precondition_required");
    let stale = officer.request(Method::POST, &assign).header("if-match", "\"2\"");
    assert_eq!(send(stale.json(&json!({ "to": "me" }))).await.problem(412), "version_mismatch");
    for (who, status) in [(&app.security(), 403), (&mission, 403), (&app.focal_point("DEU"), 404)] {
        assert_eq!(who.act(&assign, json!({ "to": "me" })).await.status, status);
    }

    // The next stage is another office's: nobody there has it yet.
    officer.act(&assign, json!({ "to": "me" })).await.expect(200);
    officer.act(&format!("{path}/pre-approve"), json!({})).await.expect(200);
    assert_eq!(queues(&app.security()).await[0].1, [1, 1, 0]);
    let next = app.security().post("/queues/clearance/take", json!({})).await;
    assert_eq!(next.expect(200)["id"], ids[0]);
    assert_eq!(next.header("location"), format!("/api/v1{path}"));
    assert!(next.json().get("rank").is_none(), "security sees no politics here either");
}

#[tokio::test]
async fn r41_a_delegation_is_taken_handed_on_and_given_back() {
    let app = TestApp::start().await;
    let officer = app.officer();
    for (code, now) in [("FRA", "2025-10-24"), ("DEU", "2025-10-23"), ("ITA", "2025-10-25")] {
        delegation(&app, code, 0).await;
        app.focal_point(code)
            .act(&format!("/delegations/{code}/submit"), json!({}))
            .await
            .expect(200);
        let mut owner = app.owner.connect().await.unwrap();
        let back =
            "update delegation set stage_changed_at = $1::timestamptz where participant = $2";
        sqlx::query(back).bind(now).bind(code).execute(&mut owner).await.unwrap();
    }
    let codes = async |list: &str| -> Vec<String> {
        let page = officer.get(list).await.expect(200);
        let items = page["items"].as_array().unwrap().iter();
        items.map(|item| item["participant"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(codes("/delegations?stage=submitted&sort=stage_since").await, ["DEU", "FRA", "ITA"]);
    let first = officer.get("/delegations?sort=stage_since&limit=1").await.expect(200);
    let rest = format!("/delegations?sort=stage_since&cursor={}", first["next"].as_str().unwrap());
    assert_eq!(codes(&rest).await, ["FRA", "ITA"]);
    for expected in ["DEU", "FRA"] {
        let taken = officer.post("/queues/delegations/take", json!({})).await;
        assert_eq!(taken.expect(200)["participant"], expected, "the oldest first");
    }
    assert_eq!(codes("/delegations?assigned_to=none").await, ["ITA"]);
    let back = officer.act("/delegations/DEU/assign", json!({ "to": null })).await.expect(200);
    assert_eq!(back["assigned_to"], Value::Null);
    assert_eq!(codes("/delegations?assigned_to=me").await, ["FRA"]);
    let why = json!({ "reason": "an invented reason" });
    officer.act("/delegations/FRA/return", why).await.expect(200);
    let refused = officer.act("/delegations/FRA/assign", json!({ "to": "me" })).await;
    assert_eq!(
        (refused.problem(409), &refused.json()["current"]),
        ("illegal_transition".into(), &json!("returned"))
    );
    assert_eq!(codes("/delegations?assigned_to=me").await, [""; 0]);
    assert_eq!(
        app.focal_point("ITA").act("/delegations/ITA/assign", json!({ "to": "me" })).await.status,
        403
    );
    assert_eq!(
        app.focal_point("DEU").act("/delegations/ITA/assign", json!({ "to": "me" })).await.status,
        404
    );
}

#[tokio::test]
async fn r37_a_change_that_is_asked_for_is_taken_handed_on_and_given_back() {
    let app = TestApp::start().await;
    let (mission, officer, security) = (app.focal_point("FRA"), app.officer(), app.security());
    let (account, token) = colleague(&app).await;
    let (mut requests, mut members) = (Vec::new(), Vec::new());
    for name in ["Sample", "Example", "Specimen"] {
        members.push(cleared(&app, member(name)).await);
        let changes = json!({ "affiliation": "Ministry of Others" });
        requests.push(ask(&mission, members.last().unwrap(), changes).await.1);
    }
    let ids: Vec<&str> = requests.iter().map(|path| path.rsplit('/').next().unwrap()).collect();
    let mut owner = app.owner.connect().await.unwrap();
    let back =
        "update change_request set requested_at = '2025-10-20' where change_request_id = $1::uuid";
    sqlx::query(back).bind(ids[1]).execute(&mut owner).await.unwrap();

    let first = officer.post("/queues/changes/take", json!({})).await;
    assert_eq!((first.id().as_str(), first.header("etag")), (ids[1], "\"2\""), "the oldest first");
    assert_eq!(first.header("location"), format!("/api/v1{}", requests[1]));
    assert_eq!(listed(&officer, "/change-requests?assigned_to=me").await, [ids[1]]);
    let unassigned = listed(&officer, "/change-requests?state=open&assigned_to=none").await;
    assert_eq!(unassigned, [ids[0], ids[2]]);
    let assign = format!("{}/assign", requests[0]);
    officer.act(&assign, json!({ "to": account })).await.expect(200);
    let theirs = format!("/change-requests?assigned_to={account}&include=count");
    assert_eq!(officer.get(&theirs).await.expect(200)["count"], 1);
    assert_eq!(queues(&officer).await[2].1, [3, 1, 1]);
    assert_eq!(queues(&app.bearer(token)).await[2].1, [3, 1, 1]);
    let gave = officer.act(&format!("{}/assign", requests[1]), json!({ "to": null })).await;
    assert_eq!(gave.expect(200)["assigned_to"], Value::Null);
    let unsuitable = json!({ "to": security.get("/auth/me").await.id() });
    assert_eq!(officer.act(&assign, unsuitable).await.pointers(), ["/to"]);

    // Who works on it is for those who do; the mission sees its request all the same.
    for path in [requests[0].as_str(), "/delegations/FRA/history", "/change-requests"] {
        assert!(!mission.get(path).await.text.contains("assigned"), "{path}");
    }
    assert_eq!(mission.get("/change-requests?assigned_to=none").await.problem(403), "forbidden");
    for (who, status) in [(&security, 403), (&mission, 403), (&app.focal_point("DEU"), 404)] {
        assert_eq!(who.act(&assign, json!({ "to": "me" })).await.status, status);
    }

    // What is decided, or has lapsed, waits for nobody.
    let accepted = officer.act(&format!("{}/accept", requests[0]), json!({})).await.expect(200);
    assert_eq!(accepted["assigned_to"], Value::Null);
    let refused = officer.act(&assign, json!({ "to": "me" })).await;
    assert_eq!(refused.problem(409), "illegal_transition");
    officer.act(&format!("{}/assign", requests[2]), json!({ "to": "me" })).await.expect(200);
    let member = members[2].rsplit('/').next().unwrap().to_owned();
    let withdrawn = row_by_row(&mission, each("withdraw", "FRA", &[member])).await.expect(200);
    assert_eq!(withdrawn["done"], 1);
    let lapsed = officer.get(&requests[2]).await.expect(200);
    assert_eq!(lapsed["state"], "lapsed", "as when its own address withdraws the member");
    assert_eq!(lapsed["assigned_to"], Value::Null);
    assert_eq!(queues(&officer).await[2].1, [1, 1, 0]);
}

#[tokio::test]
async fn r37_who_is_vetted_anew_is_nobodys_yet() {
    let app = TestApp::start().await;
    let (mission, officer, security) = (app.focal_point("FRA"), app.officer(), app.security());
    let path = cleared(&app, member("Sample")).await;
    // A hold is lifted by security alone, who may have it on a desk while the secretariat accepts a change.
    let other = delegation_of_one_held(&app).await;
    security.act(&format!("{other}/assign"), json!({ "to": "me" })).await.expect(200);
    for path in [&path, &other] {
        let (_, request) = ask(&mission, path, json!({ "family_name": "CHANGED" })).await;
        officer.act(&format!("{request}/accept"), json!({})).await.expect(200);
    }
    assert_eq!(queues(&security).await[0].1, [2, 2, 0]);
}

/// A member of France's delegation who is on hold: their path.
async fn delegation_of_one_held(app: &TestApp) -> String {
    let (mission, why) = (app.focal_point("FRA"), json!({ "reason": "an invented reason" }));
    let made = mission.post("/delegations/FRA/members", member("Held")).await;
    let path = format!("/delegations/FRA/members/{}", made.id());
    mission.act(&format!("{path}/submit"), json!({})).await.expect(200);
    app.officer().act(&format!("{path}/pre-approve"), json!({})).await.expect(200);
    app.security().act(&format!("{path}/hold"), why).await.expect(200);
    path
}

#[tokio::test]
async fn r41_no_two_officers_take_the_same() {
    let app = TestApp::start().await;
    let ids = delegation(&app, "FRA", 12).await;
    row_by_row(&app.focal_point("FRA"), each("submit", "FRA", &ids)).await.expect(200);
    let (_, token) = colleague(&app).await;
    let (first, second) = (app.officer(), app.bearer(token));
    let takes = (0..16).map(|turn| {
        if turn % 2 == 0 {
            first.post("/queues/pre-approval/take", json!({}))
        } else {
            second.post("/queues/pre-approval/take", json!({}))
        }
    });
    let replies = join_all(takes).await;
    let mut found: Vec<String> =
        replies.iter().filter(|r| r.status == 200).map(|r| r.id()).collect();
    assert_eq!(
        replies.iter().filter(|r| r.status == 204).count(),
        4,
        "who comes too late finds nothing"
    );
    found.sort();
    let mut all = ids.clone();
    all.sort();
    assert_eq!(found, all, "each is somebody's, and none is two's");

    // The control: who looks first and takes later takes what another has taken.
    let (mut one, mut other) =
        (app.owner.connect().await.unwrap(), app.owner.connect().await.unwrap());
    one.execute("update member set assigned_to = null").await.unwrap();
    let look = "select member_id::text from member where assigned_to is null order by status_changed_at, member_id limit 1";
    let (mut early, mut late) = (one.begin().await.unwrap(), other.begin().await.unwrap());
    let seen: String = sqlx::query_scalar(look).fetch_one(&mut *early).await.unwrap();
    let also: String = sqlx::query_scalar(look).fetch_one(&mut *late).await.unwrap();
    assert_eq!(seen, also);
    // With the lock that passes over what is being taken, they are two.
    let skipping = format!("{look} for update skip locked");
    let seen: String =
        sqlx::query_scalar(AssertSqlSafe(skipping.clone())).fetch_one(&mut *early).await.unwrap();
    let also: String =
        sqlx::query_scalar(AssertSqlSafe(skipping)).fetch_one(&mut *late).await.unwrap();
    assert_ne!(seen, also);
}
