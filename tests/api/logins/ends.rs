//! What ends a login: its owner, the administrator, a change of the account, time.

use serde_json::{Value, json};

use super::somebody;
use crate::app::{Caller, SETTINGS, TestApp};

const OTHER: &str = "a sentence of my own choice";

async fn log_in<'a>(app: &'a TestApp, credentials: &Value) -> Caller<'a> {
    let login = app.anybody().post("/auth/login", credentials.clone()).await.expect(200);
    app.bearer(login["token"].as_str().unwrap())
}

async fn logins(caller: &Caller<'_>) -> Vec<Value> {
    let list = caller.get("/auth/sessions").await.expect(200);
    list["items"].as_array().unwrap().clone()
}

async fn current(caller: &Caller<'_>) -> Value {
    logins(caller).await.into_iter().find(|login| login["is_current"] == true).unwrap()
}

#[tokio::test]
async fn what_ends_a_login_ends_it_on_every_replica_at_the_next_request() {
    for way in [
        "nothing",
        "disabled",
        "another office",
        "password changed",
        "password reset",
        "ended",
        "others ended",
        "ended by the administrator",
        "logged out",
    ] {
        let app = TestApp::start().await;
        let replica = app.replica().await;
        let (id, credentials) = somebody(&app, "gate").await;
        let (old, other) = (log_in(&app, &credentials).await, log_in(&replica, &credentials).await);
        let elsewhere = replica.bearer(old.token());
        elsewhere.get("/auth/me").await.expect(200);
        let (account, administrator) = (format!("/accounts/{id}"), app.administrator());
        match way {
            "disabled" => {
                administrator.act(&format!("{account}/disable"), json!({})).await.expect(200)
            }
            "another office" => {
                administrator.patch(&account, json!({ "role": "programme" })).await.expect(200)
            }
            "password changed" => {
                let change = json!({ "current": credentials["password"], "new": OTHER });
                other.post("/auth/password", change).await.expect(204)
            }
            "password reset" => {
                administrator.act(&format!("{account}/reset-password"), json!({})).await.expect(200)
            }
            "ended" => {
                let id = current(&old).await["id"].as_str().unwrap().to_owned();
                other.delete(&format!("/auth/sessions/{id}")).await.expect(204)
            }
            "others ended" => other.delete("/auth/sessions").await.expect(204),
            "ended by the administrator" => {
                administrator.delete(&format!("{account}/sessions")).await.expect(204)
            }
            "logged out" => old.post("/auth/logout", json!({})).await.expect(204),
            // The negative control: what changes neither office nor password ends no login.
            _ => administrator.patch(&account, json!({ "name": "Another Name" })).await.expect(200),
        };
        for old in [&elsewhere, &old] {
            let reply = old.get("/auth/me").await;
            if way == "nothing" {
                assert_eq!(reply.expect(200)["name"], "Another Name");
            } else {
                assert_eq!(reply.problem(401), "unauthenticated", "{way}");
            }
        }
        let keeps_the_other =
            ["nothing", "password changed", "ended", "others ended", "logged out"].contains(&way);
        assert_eq!(other.get("/auth/me").await.status == 200, keeps_the_other, "{way}");
    }
}

#[tokio::test]
async fn everybody_sees_and_ends_their_own_logins_alone() {
    let app = TestApp::start().await;
    let (_, credentials) = somebody(&app, "gate").await;
    let (first, second) = (log_in(&app, &credentials).await, log_in(&app, &credentials).await);
    let seen = logins(&second).await;
    let is_current: Vec<_> = seen.iter().map(|login| &login["is_current"]).collect();
    assert_eq!(is_current, [true, false], "the newest first");
    assert_eq!(seen[0]["expires_at"], "2025-10-26T22:00:00Z");
    assert_eq!(seen[0]["idle_until"], "2025-10-26T12:00:00Z");

    let page = second.get("/auth/sessions?limit=1").await.expect(200);
    let next = page["next"].as_str().unwrap();
    let rest = second.get(&format!("/auth/sessions?limit=1&cursor={next}")).await.expect(200);
    assert_eq!((&rest["items"][0]["id"], &rest["next"]), (&seen[1]["id"], &Value::Null));

    let path = format!("/auth/sessions/{}", seen[1]["id"].as_str().unwrap());
    second.get(&path).await.expect(200);
    let stranger = app.officer();
    assert_eq!(stranger.get(&path).await.problem(404), "not_found");
    assert_eq!(stranger.delete(&path).await.problem(404), "not_found");
    first.get("/auth/me").await.expect(200);
    second.delete(&path).await.expect(204);
    assert_eq!(second.delete(&path).await.problem(404), "not_found");
    assert_eq!(first.get("/auth/me").await.problem(401), "unauthenticated");
}

#[tokio::test]
async fn a_login_ends_when_it_is_not_used_and_at_its_time_however_much_it_is_used() {
    let settings = format!("{SETTINGS}\n[access]\nlogin_hours = 4\nlogin_idle_minutes = 120");
    let mut app = TestApp::start_with("2025-10-26T10:00:00Z", &settings).await;
    let (_, credentials) = somebody(&app, "gate").await;
    let token = |caller: &Caller<'_>| caller.token().to_owned();
    let used = token(&log_in(&app, &credentials).await);
    let idle = token(&log_in(&app, &credentials).await);
    for (now, status) in [
        ("2025-10-26T11:59:00Z", 200),
        ("2025-10-26T13:58:00Z", 200),
        ("2025-10-26T13:59:59Z", 200),
        ("2025-10-26T14:00:00Z", 401),
    ] {
        app.go_to(now).await;
        assert_eq!(app.bearer(&used).get("/auth/me").await.status, status, "{now}");
        if now == "2025-10-26T13:58:00Z" {
            assert_eq!(app.bearer(&idle).get("/auth/me").await.status, 401);
            assert_eq!(logins(&app.bearer(&used)).await.len(), 1, "what ended is not listed");
        }
    }
}

#[tokio::test]
async fn a_use_is_noted_to_the_minute_and_not_at_each_request() {
    let mut app = TestApp::start_at("2025-10-26T10:00:00Z").await;
    let (_, credentials) = somebody(&app, "gate").await;
    let token = log_in(&app, &credentials).await.token().to_owned();
    for (now, noted) in [
        ("2025-10-26T10:01:00Z", "2025-10-26T10:00:00Z"),
        ("2025-10-26T10:01:01Z", "2025-10-26T10:01:01Z"),
        ("2025-10-26T10:02:01Z", "2025-10-26T10:01:01Z"),
    ] {
        app.go_to(now).await;
        let gate = app.bearer(&token);
        gate.get("/auth/me").await.expect(200);
        assert_eq!(current(&gate).await["last_used_at"], noted, "{now}");
    }
}

#[tokio::test]
async fn who_speaks_for_a_participant_is_not_moved_to_an_office_nor_the_last_administrator() {
    let app = TestApp::start().await;
    let administrator = app.administrator();
    let france = app.focal_point("FRA").get("/auth/me").await.id();
    let gate = app.role(hanoi_ceremony::access::Role::Gate).get("/auth/me").await.id();
    for (id, role) in [(&france, "gate"), (&gate, "focal_point")] {
        let moved = administrator.patch(&format!("/accounts/{id}"), json!({ "role": role })).await;
        assert_eq!(moved.problem(422), "validation_failed");
        assert_eq!(moved.pointers(), ["/role"]);
    }
    let own = format!("/accounts/{}", administrator.get("/auth/me").await.id());
    let moved = administrator.patch(&own, json!({ "role": "auditor" })).await;
    assert_eq!(moved.problem(409), "illegal_transition");
    let emptied = administrator.patch(&own, json!({ "role": null, "name": null })).await;
    assert_eq!(emptied.pointers(), ["/name", "/role"]);
    // What is not moved stays where it is, and keeps its logins.
    let kept = administrator.patch(&own, json!({ "role": "administrator", "name": "Chief" })).await;
    assert_eq!(kept.expect(200)["role"], "administrator");
    assert_eq!(administrator.get("/auth/me").await.expect(200)["name"], "Chief");
}
