//! API keys: a part of what their account may do, and never a way to more.

use futures_util::future::join_all;
use hanoi_ceremony::access::Role;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _};

use crate::app::{Caller, NOW, Reply, SETTINGS, TestApp, statuses};

/// A key of somebody's, which may do what the scopes say.
async fn key<'a>(app: &'a TestApp, owner: &Caller<'a>, scopes: &[&str]) -> (String, Caller<'a>) {
    let made = owner.post("/api-keys", json!({ "name": "A system", "scopes": scopes })).await;
    let text = made.expect(201)["key"].as_str().unwrap().to_owned();
    assert!(text.starts_with("hck_") && text.len() == 47, "256 bits in base64");
    (made.id(), app.bearer(&text))
}

async fn as_owner(app: &TestApp, statement: &str) {
    let mut owner = app.owner.connect().await.unwrap();
    owner.execute(AssertSqlSafe(statement.to_owned())).await.unwrap();
}

/// A key that lacks a scope is told which.
#[track_caller]
fn lacks(reply: &Reply, scope: &str) {
    assert_eq!(reply.problem(403), "insufficient_scope");
    assert_eq!(reply.json()["missing_scope"], scope);
    let challenge = format!("error=\"insufficient_scope\", scope=\"{scope}\"");
    assert!(reply.header("www-authenticate").ends_with(&challenge));
}

#[tokio::test]
async fn a_key_does_what_its_scopes_say_and_names_the_one_that_is_missing() {
    let app = TestApp::start().await;
    let france = app.focal_point("FRA");
    let (_, reader) = key(&app, &france, &["delegations:read"]).await;
    assert_eq!(reader.get("/delegations").await.expect(200)["items"], json!([]));
    let begin = json!({ "participant": "FRA" });
    lacks(&reader.post("/delegations", begin.clone()).await, "delegations:write");
    // Never an empty list, which would say that there is nobody.
    lacks(&reader.get("/members").await, "members:read");

    let (_, writer) = key(&app, &france, &["delegations:write", "members:read"]).await;
    writer.post("/delegations", begin).await.expect(201);
    writer.get("/members").await.expect(200);
    lacks(&writer.get("/delegations").await, "delegations:read");
    assert_eq!(writer.get("/delegations/DEU/members").await.problem(404), "not_found");
}

#[tokio::test]
async fn a_key_is_shown_once_and_says_what_it_is() {
    let app = TestApp::start().await;
    let france = app.focal_point("FRA");
    let wanted = json!({
        "name": "Reporting", "scopes": ["members:read", "delegations:read", "members:read"], "participant": "FRA",
        "expires_at": "2025-12-01T00:00:00Z",
    });
    let made = france.post("/api-keys", wanted).await;
    let text = made.expect(201)["key"].as_str().unwrap().to_owned();
    let path = format!("/api-keys/{}", made.id());
    assert_eq!(made.header("location"), format!("/api/v1{path}"));

    let shown = france.get(&path).await.expect(200);
    assert_eq!(shown["scopes"], json!(["delegations:read", "members:read"]));
    assert_eq!((&shown["participant"], &shown["last_used_on"]), (&json!("FRA"), &Value::Null));
    assert!(shown.get("key").is_none());
    let me = app.bearer(&text).get("/auth/me").await.expect(200);
    assert_eq!(me["token"]["kind"], "api_key");
    assert_eq!(me["token"]["scopes"], shown["scopes"]);
    assert_eq!(me["participants"], json!(["FRA"]));
    assert_eq!(france.get("/auth/me").await.expect(200)["token"], json!({ "kind": "login" }));
    let list = france.get("/api-keys").await;
    assert_eq!(list.expect(200)["items"][0]["last_used_on"], "2025-10-26");
    assert!(!list.text.contains(&text));
}

#[tokio::test]
async fn who_loses_a_right_loses_it_for_their_keys_too() {
    let app = TestApp::start().await;
    app.focal_point("FRA").post("/delegations", json!({ "participant": "FRA" })).await.expect(201);
    let (_, system) = key(&app, &app.officer(), &["delegations:read", "reports:read"]).await;
    assert_eq!(system.get("/delegations").await.expect(200)["items"][0]["participant"], "FRA");
    system.get("/reports/delegations.csv").await;

    as_owner(&app, "update account set role = 'gate' where role = 'accreditation'").await;
    assert_eq!(system.get("/delegations").await.problem(404), "not_found");
    assert_eq!(system.get("/reports/delegations.csv").await.problem(403), "forbidden");

    let (_, system) = key(&app, &app.focal_point("FRA"), &["delegations:read"]).await;
    system.get("/delegations/FRA").await.expect(200);
    as_owner(&app, "update focal_point set ended_at = '2025-10-26' where participant = 'FRA'")
        .await;
    assert_eq!(system.get("/delegations/FRA").await.problem(404), "not_found");
}

#[tokio::test]
async fn a_key_ends_with_its_day_its_account_and_a_password_that_was_reset() {
    let mut app = TestApp::start().await;
    for end in ["disable", "reset-password"] {
        let owner = app.role(if end == "disable" { Role::Gate } else { Role::Programme });
        let (_, system) = key(&app, &owner, &["participants:read"]).await;
        system.get("/participants").await.expect(200);
        let id = owner.get("/auth/me").await.id();
        app.administrator().act(&format!("/accounts/{id}/{end}"), json!({})).await.expect(200);
        assert_eq!(system.get("/participants").await.problem(401), "unauthenticated", "{end}");
    }
    // What was taken away with the account does not come back with it.
    let left = "select count(*) from api_key join account using (account_id) where role in ('gate', 'programme')";
    let mut owner = app.owner.connect().await.unwrap();
    assert_eq!(sqlx::query_scalar::<_, i64>(left).fetch_one(&mut owner).await.unwrap(), 0);

    let wanted = json!({ "name": "Short", "scopes": ["participants:read"], "expires_at": "2025-10-27T00:00:00Z" });
    let made = app.focal_point("FRA").post("/api-keys", wanted).await.expect(201);
    let text = made["key"].as_str().unwrap().to_owned();
    app.bearer(&text).get("/participants").await.expect(200);
    app.go_to("2025-10-27T00:00:00Z").await;
    assert_eq!(app.bearer(&text).get("/participants").await.problem(401), "unauthenticated");
}

#[tokio::test]
async fn a_key_is_taken_away_by_its_owner_and_by_an_administrator_and_by_nobody_else() {
    let app = TestApp::start().await;
    let france = app.focal_point("FRA");
    for by in [&france, &app.administrator()] {
        let (id, system) = key(&app, &france, &["participants:read"]).await;
        let path = format!("/api-keys/{id}");
        for other in [app.focal_point("DEU"), app.officer()] {
            assert_eq!(other.get(&path).await.problem(404), "not_found");
            assert_eq!(other.delete(&path).await.problem(404), "not_found");
        }
        assert_eq!(by.request(reqwest::Method::DELETE, &path).send().await.unwrap().status(), 428);
        by.get(&path).await.expect(200);
        by.delete(&path).await.expect(204);
        assert_eq!(system.get("/participants").await.problem(401), "unauthenticated");
        assert_eq!(by.delete(&path).await.problem(404), "not_found");
    }
    let account = france.get("/auth/me").await.id();
    let of_another = format!("/api-keys?account={account}");
    assert_eq!(app.administrator().get(&of_another).await.expect(200)["items"], json!([]));
    assert_eq!(app.officer().get(&of_another).await.problem(403), "forbidden");
}

#[tokio::test]
async fn r38_a_key_of_one_participant_sees_that_one_alone() {
    let app = TestApp::start().await;
    for code in ["FRA", "DEU"] {
        app.focal_point(code)
            .post("/delegations", json!({ "participant": code }))
            .await
            .expect(201);
    }
    let scopes = [
        "delegations:read",
        "delegations:write",
        "treaty:read",
        "retention:read",
        "reports:read",
        "queues:read",
    ];
    let wanted = json!({ "name": "France's", "scopes": scopes, "participant": "FRA" });
    for owner in [app.officer(), app.role(Role::Auditor)] {
        let made = owner.post("/api-keys", wanted.clone()).await.expect(201);
        let system = app.bearer(made["key"].as_str().unwrap());
        let list = system.get("/delegations?include=count").await.expect(200);
        assert_eq!((&list["count"], &list["items"][0]["participant"]), (&json!(1), &json!("FRA")));
        assert_eq!(system.get("/delegations/DEU").await.problem(404), "not_found");
        assert_eq!(
            owner.get("/delegations?include=count").await.expect(200)["count"],
            2,
            "the negative control"
        );
        // What is of all participants at once is not a part of one.
        for of_all in ["/treaty/acts", "/retention", "/reports/delegations.csv", "/queues"] {
            assert_eq!(system.get(of_all).await.problem(403), "forbidden", "{of_all}");
        }
    }
    let made = app.officer().post("/api-keys", wanted).await.expect(201);
    let system = app.bearer(made["key"].as_str().unwrap());
    let reason = json!({ "reason": "An example." });
    system.act("/delegations/FRA/withdraw", reason.clone()).await.expect(200);
    assert_eq!(system.act("/delegations/DEU/withdraw", reason).await.problem(404), "not_found");
}

#[tokio::test]
async fn a_key_for_one_report_fetches_that_report_alone() {
    let app = TestApp::start().await;
    let (_, one) = key(&app, &app.officer(), &["reports:participants"]).await;
    assert_eq!(one.get("/reports/participants.csv").await.status, 200);
    lacks(&one.get("/reports/delegations.csv").await, "reports:delegations");
    lacks(&one.get("/reports").await, "reports:read");
    let (_, all) = key(&app, &app.officer(), &["reports:read"]).await;
    for report in ["/reports", "/reports/participants.csv", "/reports/delegations.csv"] {
        assert_eq!(all.get(report).await.status, 200, "{report}");
    }
}

#[tokio::test]
async fn what_is_done_by_a_key_is_written_down_with_the_key() {
    let app = TestApp::start().await;
    let (id, system) = key(&app, &app.focal_point("FRA"), &["delegations:write"]).await;
    system.post("/delegations", json!({ "participant": "FRA" })).await.expect(201);
    app.focal_point("DEU").post("/delegations", json!({ "participant": "DEU" })).await.expect(201);
    let told = "select participant, api_key_id::text, account_id is not null from event
                where kind = 'delegation.created' order by participant";
    let mut owner = app.owner.connect().await.unwrap();
    let told: Vec<(String, Option<String>, bool)> =
        sqlx::query_as(told).fetch_all(&mut owner).await.unwrap();
    assert_eq!(told, [("DEU".to_owned(), None, true), ("FRA".to_owned(), Some(id), true)]);
}

#[tokio::test]
async fn what_a_key_is_to_be_is_checked_with_all_its_faults() {
    let app = TestApp::start().await;
    let france = app.focal_point("FRA");
    for (body, pointers) in [
        (json!({}), vec!["/name", "/scopes"]),
        (
            json!({ "name": " ", "scopes": ["all", "members:admin"], "owner": "me" }),
            vec!["/name", "/owner", "/scopes/0", "/scopes/1"],
        ),
        (json!({ "name": "A", "scopes": [] }), vec!["/scopes"]),
        (
            json!({ "name": "A", "scopes": ["members:read"], "expires_at": NOW }),
            vec!["/expires_at"],
        ),
        (
            json!({ "name": "A", "scopes": ["members:read"], "expires_at": "2027-01-01T00:00:00Z" }),
            vec!["/expires_at"],
        ),
        // Neither another's participant nor one that nobody has.
        (
            json!({ "name": "A", "scopes": ["members:read"], "participant": "DEU" }),
            vec!["/participant"],
        ),
        (
            json!({ "name": "A", "scopes": ["members:read"], "participant": "ZZZ" }),
            vec!["/participant"],
        ),
    ] {
        let reply = france.post("/api-keys", body).await;
        assert_eq!(
            (reply.problem(422), reply.pointers()),
            ("validation_failed".into(), pointers.iter().map(ToString::to_string).collect())
        );
    }
    assert_eq!(france.get("/api-keys").await.expect(200)["items"], json!([]));
}

#[tokio::test]
async fn an_account_has_so_many_keys_however_many_it_asks_for_at_once() {
    let settings =
        SETTINGS.replace("[access.argon2]", "[access]\napi_keys_per_account = 3\n[access.argon2]");
    let app = TestApp::start_with(NOW, &settings).await;
    let gate = app.role(Role::Gate);
    let wanted = json!({ "name": "One of many", "scopes": ["participants:read"] });
    let replies = join_all((0..8).map(|_| gate.post("/api-keys", wanted.clone()))).await;
    assert_eq!(statuses(&replies), [201, 201, 201, 409, 409, 409, 409, 409]);
    let refused = replies.iter().find(|reply| reply.status == 409).unwrap();
    assert_eq!(
        (refused.problem(409), &refused.json()["limit"]),
        ("quota_exceeded".into(), &json!(3))
    );
}

#[tokio::test]
async fn no_key_keeps_an_account_or_makes_another_key() {
    let app = TestApp::start().await;
    let all = [
        "delegations:read",
        "delegations:write",
        "members:write",
        "participants:write",
        "treaty:read",
    ];
    let (_, system) = key(&app, &app.administrator(), &all).await;
    let id = system.get("/auth/me").await.id();
    for (path, body) in [
        (
            "/auth/password".to_owned(),
            json!({ "current": "x", "new": "a sentence of my own choice" }),
        ),
        ("/auth/logout".to_owned(), json!({})),
        ("/api-keys".to_owned(), json!({ "name": "More", "scopes": ["members:read"] })),
        ("/devices".to_owned(), json!({ "name": "A scanner", "profile": "gate" })),
        (
            "/accounts".to_owned(),
            json!({ "email": "x@test.example", "name": "X", "role": "administrator" }),
        ),
        (
            "/invitations".to_owned(),
            json!({ "email": "x@test.example", "name": "X", "role": "administrator" }),
        ),
        (format!("/accounts/{id}/reset-password"), json!({})),
    ] {
        assert_eq!(system.act(&path, body).await.problem(403), "forbidden", "{path}");
    }
    for path in ["/accounts", "/api-keys", "/devices", "/invitations"] {
        assert_eq!(system.get(path).await.problem(403), "forbidden", "{path}");
    }
    system.get("/participants").await.problem(403);
}
