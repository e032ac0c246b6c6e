//! Who is asking: logins, accounts, passwords.

use futures_util::future::join_all;
use serde_json::json;

use crate::app::{TestApp, send, statuses};

#[tokio::test]
async fn an_account_is_made_logged_into_and_made_ones_own() {
    let app = TestApp::start().await;
    let wanted =
        json!({ "email": "New.Officer@test.example", "name": "New Officer", "role": "treaty" });
    let made = app.administrator().post("/accounts", wanted.clone()).await.expect(201);
    let first = made["initial_password"].as_str().unwrap().to_owned();
    assert_eq!(made["must_change_password"], true);
    assert_eq!(app.administrator().post("/accounts", wanted).await.problem(409), "duplicate");

    let credentials = json!({ "email": "new.officer@test.example", "password": first });
    let login = app.anybody().post("/auth/login", credentials.clone()).await.expect(200);
    assert_eq!(login["must_change_password"], true);
    let officer = app.bearer(login["token"].as_str().unwrap());
    let second = app.anybody().post("/auth/login", credentials).await.expect(200);
    let elsewhere = app.bearer(second["token"].as_str().unwrap());

    // With a password that somebody else knows, nothing can be done but to change it.
    assert_eq!(officer.get("/accounts").await.problem(403), "forbidden");
    let weak = officer.post("/auth/password", json!({ "current": first, "new": "short" })).await;
    assert_eq!(
        (weak.problem(422), weak.pointers()),
        ("validation_failed".into(), vec!["/new".into()])
    );
    let wrong = json!({ "current": "not the password", "new": "a sentence of my own choice" });
    assert_eq!(officer.post("/auth/password", wrong).await.pointers(), ["/current"]);
    let change = json!({ "current": first, "new": "a sentence of my own choice" });
    officer.post("/auth/password", change).await.expect(204);

    assert_eq!(officer.get("/auth/me").await.expect(200)["must_change_password"], false);
    assert_eq!(
        elsewhere.get("/auth/me").await.problem(401),
        "unauthenticated",
        "other logins have ended"
    );
    officer.post("/auth/logout", json!({})).await.expect(204);
    assert_eq!(officer.get("/auth/me").await.problem(401), "unauthenticated");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_account_get_the_same_answer() {
    let app = TestApp::start().await;
    let made = app
        .administrator()
        .post("/accounts", json!({ "email": "a@test.example", "name": "A", "role": "gate" }))
        .await;
    let etag = made.header("etag").to_owned();
    let password = made.expect(201)["initial_password"].clone();
    let mut answers = Vec::new();
    for (email, password) in
        [("a@test.example", json!("wrong")), ("nobody@test.example", json!("wrong"))]
    {
        let reply = app
            .anybody()
            .post("/auth/login", json!({ "email": email, "password": password }))
            .await;
        assert!(reply.header("www-authenticate").is_empty() || reply.status == 401);
        answers.push((
            reply.problem(401),
            reply.json()["detail"].clone(),
            reply.json()["title"].clone(),
        ));
    }
    let path = format!("/accounts/{}/disable", made.id());
    let disable =
        app.administrator().request(reqwest::Method::POST, &path).header("if-match", etag);
    send(disable).await.expect(200);
    let reply = app
        .anybody()
        .post("/auth/login", json!({ "email": "a@test.example", "password": password }))
        .await;
    answers.push((
        reply.problem(401),
        reply.json()["detail"].clone(),
        reply.json()["title"].clone(),
    ));
    assert!(answers.iter().all(|a| *a == answers[0]), "{answers:?}");
}

#[tokio::test]
async fn a_closed_account_is_refused_at_the_next_request() {
    let app = TestApp::start().await;
    let gate = app.role(hanoi_ceremony::access::Role::Gate);
    let id = gate.get("/auth/me").await.id();
    app.administrator().act(&format!("/accounts/{id}/disable"), json!({})).await.expect(200);
    assert_eq!(gate.get("/auth/me").await.problem(401), "unauthenticated");
    let again = app.administrator().act(&format!("/accounts/{id}/disable"), json!({})).await;
    assert_eq!(again.problem(409), "illegal_transition");
}

#[tokio::test]
async fn an_address_has_one_account_however_many_ask_at_once() {
    let app = TestApp::start().await;
    let wanted = json!({ "email": "one@test.example", "name": "One", "role": "gate" });
    let replies = join_all(
        (0..10).map(|_| async { app.administrator().post("/accounts", wanted.clone()).await }),
    )
    .await;
    assert_eq!(statuses(&replies), [201, 409, 409, 409, 409, 409, 409, 409, 409, 409]);
}

#[tokio::test]
async fn a_focal_point_has_a_participant_and_nobody_else_has() {
    let app = TestApp::start().await;
    for (role, participant) in
        [("focal_point", json!(null)), ("gate", json!("FRA")), ("focal_point", json!("ZZZ"))]
    {
        let wanted = json!({ "email": "x@test.example", "name": "X", "role": role, "participant": participant });
        let reply = app.administrator().post("/accounts", wanted).await;
        assert_eq!(
            (reply.problem(422), reply.pointers()),
            ("validation_failed".into(), vec!["/participant".into()])
        );
    }
    let wanted = json!({ "email": "x@test.example", "name": "X", "role": "focal_point", "participant": "FRA" });
    assert_eq!(
        app.administrator().post("/accounts", wanted).await.expect(201)["participants"],
        json!(["FRA"])
    );
}
