//! Connections to the database: whatever clients do, and whatever happens to the server, the next request finds one.

use std::io::Write as _;
use std::net::TcpStream;

use futures_util::future::join_all;
use hanoi_ceremony::db::Scope;
use reqwest::Method;
use serde_json::json;
use sqlx::{ConnectOptions as _, PgConnection};

use crate::app::{TestApp, statuses};

/// How many sessions of the service are in this state.
async fn sessions(connection: &mut PgConnection, state: &str) -> i64 {
    sqlx::query_scalar(
        "select count(*) from pg_stat_activity
         where datname = current_database() and application_name = 'hanoi-ceremony' and state like $1",
    )
    .bind(state)
    .fetch_one(connection)
    .await
    .unwrap()
}

/// Waits until none of the service's sessions is in a transaction; a transaction that nobody ends lasts ten seconds.
async fn no_transaction_is_open(app: &TestApp) {
    let mut connection = app.owner.connect().await.unwrap();
    let ended = async { while sessions(&mut connection, "idle in transaction%").await > 0 {} };
    let ended = tokio::time::timeout(std::time::Duration::from_secs(5), ended).await;
    assert!(ended.is_ok(), "a session of the service stays in a transaction");
}

#[tokio::test]
async fn a_path_that_cannot_be_read_leaves_no_transaction_open() {
    let app = TestApp::start().await;
    let strange = app.bearer("hcs_nobody");
    let paths = ["/delegations/fra", "/accounts/1", "/treaty/acts/x", "/documents/%00"];
    for _ in 0..10 {
        let replies = join_all(paths.map(|path| strange.get(path))).await;
        assert!(replies.iter().all(|reply| [401, 404].contains(&reply.status)), "{replies:?}");
    }
    no_transaction_is_open(&app).await;
    let officer = app.officer();
    let replies = join_all((0..40).map(|_| officer.get("/auth/me"))).await;
    assert_eq!(statuses(&replies), [200; 40]);
}

#[tokio::test]
async fn clients_that_hang_up_leave_no_transaction_open() {
    let app = TestApp::start().await;
    let url = app.anybody().request(Method::GET, "//").build().unwrap().url().clone();
    let address = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
    let logout = "POST /api/v1/auth/logout HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n";
    for round in 0..60 {
        let ask =
            if round % 2 == 0 { "GET /api/v1/auth/me HTTP/1.1\r\nHost: x\r\n" } else { logout };
        let mut stream = TcpStream::connect(&address).unwrap();
        let request = format!("{ask}Authorization: Bearer hcs_test_accreditation\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        drop(stream);
    }
    no_transaction_is_open(&app).await;
    let treaty = app.treaty();
    let replies = join_all((0..40).map(|_| treaty.get("/auth/me"))).await;
    assert_eq!(statuses(&replies), [200; 40]);
}

#[tokio::test]
async fn the_first_requests_after_the_database_was_killed_are_answered() {
    let app = TestApp::start().await;
    let administrator = app.administrator();
    let make = |round: usize, n: usize| {
        let email = format!("officer-{round}-{n}@test.example");
        administrator.post("/accounts", json!({ "email": email, "name": "N", "role": "gate" }))
    };
    let warm = join_all((0..10).map(|n| make(0, n))).await;
    assert_eq!(statuses(&warm), [201; 10]);
    let mut connection = app.owner.connect().await.unwrap();
    assert!(sessions(&mut connection, "idle").await > 2, "there are connections to be lost");
    for round in 1..3 {
        let killed = "select pg_terminate_backend(pid, 5000) from pg_stat_activity
                      where datname = current_database() and application_name = 'hanoi-ceremony'";
        sqlx::query(killed).execute(&mut connection).await.unwrap();
        let after = join_all((0..10).map(|n| make(round, n))).await;
        assert_eq!(statuses(&after), [201; 10]);
    }
    assert_eq!(app.anybody().get("//health/ready").await.text, "ready\n");
}

#[tokio::test]
async fn a_reader_sees_one_moment_however_often_it_asks() {
    let app = TestApp::start().await;
    let count = "select count(*) from account";
    let mut tx = app.app.db.read(&Scope::all()).await.unwrap();
    let before: i64 = sqlx::query_scalar(count).fetch_one(&mut *tx).await.unwrap();
    let wanted = json!({ "email": "new@test.example", "name": "New", "role": "gate" });
    app.administrator().post("/accounts", wanted).await.expect(201);
    let after: i64 = sqlx::query_scalar(count).fetch_one(&mut *tx).await.unwrap();
    assert_eq!(after, before);
    assert!(
        sqlx::query("delete from token").execute(&mut *tx).await.is_err(),
        "and writes nothing"
    );
    drop(tx);
    let mut tx = app.app.db.read(&Scope::all()).await.unwrap();
    let now: i64 = sqlx::query_scalar(count).fetch_one(&mut *tx).await.unwrap();
    assert_eq!(now, before + 1);
}
