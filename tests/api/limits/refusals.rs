//! Refusals in the audit trail: each once in an hour and then counted, whoever tries to flood it.

use hanoi_ceremony::access::Role;
use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, PgConnection};

use super::{log_in, somebody, wrong};
use crate::app::TestApp;

/// The entries of one kind, once there are as many: they are written beside the answers. What they say, and whom of.
async fn told(
    connection: &mut PgConnection,
    kind: &str,
    count: usize,
) -> Vec<(Option<String>, Value)> {
    let entries = "select subject::text, after from event where kind = $1 order by event_id";
    loop {
        let found: Vec<(Option<String>, Value)> =
            sqlx::query_as(entries).bind(kind).fetch_all(&mut *connection).await.unwrap();
        if found.len() >= count {
            return found;
        }
    }
}

#[tokio::test]
async fn r51_failed_logins_are_told_once_an_hour_and_then_counted() {
    let mut app = TestApp::start_at("2025-10-20T10:00:00Z").await;
    let mut connection = app.owner.connect().await.unwrap();
    let (id, credentials) = somebody(&app, "somebody").await;
    for _ in 0..5 {
        assert_eq!(log_in(&app, "", &wrong(&credentials)).await.status, 401);
        let unknown = json!({ "email": "nobody@test.example", "password": "x" });
        assert_eq!(log_in(&app, "", &unknown).await.status, 401);
    }
    assert_eq!(log_in(&app, "", &wrong(&credentials)).await.status, 429);
    let mut refused = told(&mut connection, "login.refused", 2).await;
    refused.sort_by_key(|(subject, _)| subject.is_none());
    let what = json!({ "what": "password" });
    assert_eq!(refused, [(Some(id.clone()), what.clone()), (None, what)]);
    let throttled = told(&mut connection, "request.throttled", 1).await;
    assert_eq!(throttled, [(None, json!({ "what": "POST /api/v1/auth/login" }))]);

    app.app.refusals.tell_counts(&app.app.db, false).await;
    app.app.refusals.tell_counts(&app.app.db, true).await;
    let mut counted = told(&mut connection, "refusals.counted", 2).await;
    counted.sort_by_key(|(subject, _)| subject.is_none());
    let times = json!({ "of": "login.refused", "what": "password", "times": 5 });
    assert_eq!(counted, [(Some(id), times.clone()), (None, times)]);
    app.go_to("2025-10-20T13:00:00Z").await;
    log_in(&app, "", &wrong(&credentials)).await;
    assert_eq!(told(&mut connection, "login.refused", 3).await.len(), 3, "the next hour");
    let trail: String = sqlx::query_scalar("select string_agg(e::text, '') from event e")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert!(!trail.contains("nobody@test.example") && !trail.contains("127.0.0"), "{trail}");
}

#[tokio::test]
async fn r51_what_somebody_logged_in_guesses_of_their_own_account_is_told() {
    let app = TestApp::start().await;
    let mut connection = app.owner.connect().await.unwrap();
    let gate = app.role(Role::Gate);
    let id = gate.get("/auth/me").await.id();
    let guess = json!({ "current": "not this one", "new": "a sentence of my own" });
    assert_eq!(gate.post("/auth/password", guess).await.status, 422);
    let told_of = |what: &str| vec![(Some(id.clone()), json!({ "what": what }))];
    assert_eq!(told(&mut connection, "password.refused", 1).await, told_of("password"));
    for (shown, count) in [("password", 1), ("recovery_code", 2)] {
        assert_eq!(gate.post("/auth/step-up", json!({ shown: "not this one" })).await.status, 422);
        let failed = told(&mut connection, "step_up.failed", count).await;
        let what = if count == 1 { "password" } else { "second factor" };
        assert_eq!(failed[count - 1..], told_of(what));
    }
}

#[tokio::test]
async fn r51_what_an_office_may_not_do_is_told_with_who_tried_and_what() {
    let app = TestApp::start().await;
    let mut connection = app.owner.connect().await.unwrap();
    let gate = app.role(Role::Gate);
    let id = gate.get("/auth/me").await.id();
    for _ in 0..3 {
        assert_eq!(gate.get("/accounts").await.problem(403), "forbidden");
    }
    assert_eq!(app.officer().get("/accounts").await.problem(403), "forbidden");
    let forbidden = told(&mut connection, "request.forbidden", 2).await;
    let what = json!({ "what": "GET /api/v1/accounts" });
    assert_eq!(forbidden.len(), 2);
    assert!(forbidden.contains(&(Some(id), what)), "{forbidden:?}");
    assert_eq!(app.anybody().get("/accounts").await.problem(401), "unauthenticated");
}
