//! The measures of a service: told to whoever stands near, of nobody.

use reqwest::Method;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};

use crate::app::{Reply, SETTINGS, TestApp, member, send};
use crate::limits::BEHIND_A_PROXY;

/// The value of a measure, by its name and labels as they stand.
#[track_caller]
fn measure(reply: &Reply, name: &str) -> f64 {
    let line = reply.text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{name} in {}", reply.text)).parse().unwrap()
}

#[tokio::test]
async fn what_was_answered_is_counted_by_route_and_nothing_of_anybody_is_told() {
    let app = TestApp::start().await;
    let mission = app.focal_point("FRA");
    mission.post("/delegations", serde_json::json!({ "participant": "FRA" })).await.expect(201);
    mission.post("/delegations/FRA/members", member("exemple")).await.expect(201);
    mission.get("/delegations/VNM?secret=1").await.problem(400);
    app.anybody().get("//unheard/of/this").await.problem(404);
    let unheard = Method::from_bytes(b"UNHEARD").unwrap();
    send(app.anybody().request(unheard, "/treaty/status")).await.problem(405);

    let reply = app.anybody().get("//metrics").await;
    assert_eq!(reply.status, 200);
    assert!(reply.header("content-type").starts_with("application/openmetrics-text"));
    let made = r#"{method="POST",route="/api/v1/delegations/{code}/members",status="201"}"#;
    assert!((measure(&reply, &format!("http_requests_total{made}")) - 1.0).abs() < 0.1);
    let unknown = r#"http_requests_total{method="GET",route="none",status="404"}"#;
    assert!((measure(&reply, unknown) - 1.0).abs() < 0.1);
    let word = r#"http_requests_total{method="other",route="/api/v1/treaty/status",status="405"}"#;
    assert!((measure(&reply, word) - 1.0).abs() < 0.1);
    assert!(measure(&reply, r#"http_request_seconds_count{class="writes"}"#) > 1.0);
    assert!((measure(&reply, "database_up") - 1.0).abs() < 0.1);
    assert!(measure(&reply, r#"database_connections{pool="write"}"#) > 0.0);
    assert!(measure(&reply, r#"log_entries{log="treaty"}"#) > 0.0);
    assert!(measure(&reply, r#"log_hindered{log="treaty"}"#) < 1.0);
    assert!(measure(&reply, "letters_waiting_seconds") >= 0.0);
    assert!(reply.text.ends_with("# EOF\n"));
    for known in ["FRA", "VNM", "exemple", "secret", "unheard", "UNHEARD", "test.example"] {
        assert!(!reply.text.contains(known), "{known} in {}", reply.text);
    }
}

#[tokio::test]
async fn from_elsewhere_there_are_no_measures() {
    let app = TestApp::start().await;
    let by = |app: &TestApp, header: &'static str, value: &'static str| {
        send(app.anybody().request(Method::GET, "//metrics").header(header, value))
    };
    // A proxy that nobody named may ask for anybody, whatever it says.
    for (header, value) in [
        ("x-forwarded-for", "203.0.113.9"),
        ("x-forwarded-for", "127.0.0.1"),
        ("forwarded", "for=127.0.0.1"),
    ] {
        assert_eq!(by(&app, header, value).await.problem(404), "not_found");
    }
    let settings = SETTINGS
        .replace("[server]\nworkers = 1\n", BEHIND_A_PROXY)
        .replace("[server]\n", "[server]\nmetrics_from = \"198.51.100.0/24\"\n");
    let app = TestApp::start_with("2025-10-01T08:00:00Z", &settings).await;
    assert_eq!(by(&app, "x-forwarded-for", "198.51.100.7").await.status, 200);
    assert_eq!(by(&app, "x-forwarded-for", "198.51.101.7").await.problem(404), "not_found");
    assert_eq!(by(&app, "forwarded", "for=198.51.100.7").await.status, 200);
    assert_eq!(app.anybody().get("//metrics").await.problem(404), "not_found");
    // An office makes no difference: it is where one stands.
    assert_eq!(app.administrator().get("//metrics").await.problem(404), "not_found");
}

#[tokio::test]
async fn measures_are_told_while_the_database_is_away() {
    let app = TestApp::start().await;
    assert!((measure(&app.anybody().get("//metrics").await, "database_up") - 1.0).abs() < 0.1);
    // From elsewhere: nobody shuts the database that they are in.
    let (options, name) = (app.owner.clone(), app.owner.get_database().unwrap().to_owned());
    let mut owner = options.database("postgres").connect().await.unwrap();
    let shut = format!("alter database {name} allow_connections false");
    sqlx::query(AssertSqlSafe(shut)).execute(&mut owner).await.unwrap();
    let lost = "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = $1";
    sqlx::query(lost).bind(&name).execute(&mut owner).await.unwrap();
    let reply = app.anybody().get("//metrics").await;
    assert_eq!(reply.status, 200);
    assert!(measure(&reply, "database_up") < 0.1);
    assert!(
        measure(&reply, r#"http_requests_total{method="GET",route="/metrics",status="200"}"#) > 0.0
    );
    assert!(!reply.text.contains("log_entries"), "what is not known is not told");
    owner.close().await.unwrap();
}
