//! Passkeys: in place of a password, beside it, and before what is grave.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::ConnectOptions as _;

use super::device::{Device, ORIGIN, challenge};
use super::{Person, factors};
use crate::app::{Caller, NOW, Reply, SETTINGS, TestApp, send, statuses};

async fn start() -> TestApp {
    let named = format!("[server]\nbase_url = \"{ORIGIN}\"");
    TestApp::start_with(NOW, &SETTINGS.replacen("[server]", &named, 1)).await
}

async fn log_in(app: &TestApp, answer: Value) -> Reply {
    app.anybody().post("/auth/login/passkey", answer).await
}

async fn delete(caller: &Caller<'_>, path: &str) -> Reply {
    send(caller.request(Method::DELETE, path)).await
}

#[tokio::test]
async fn a_passkey_is_added_lets_in_alone_is_listed_and_taken_away() {
    let app = start().await;
    let person = Person::hired(&app, "gate").await;
    let (own, mut device) = (app.bearer(&person.token), Device::new());
    let other = person.log_in(&app, json!({})).await.expect(200);
    let added = device.enrol(&own).await;
    let made = added.expect(201);
    assert_eq!(made["recovery_codes"].as_array().unwrap().len(), 10, "with the first factor");
    assert_eq!(app.bearer(other["token"].as_str().unwrap()).get("/auth/me").await.status, 401);
    assert_eq!(factors(&own).await["passkeys"], 1);

    let login = log_in(&app, device.answer(&app).await).await.expect(200);
    assert_eq!(login["account"]["id"], json!(person.id));
    let inside = app.bearer(login["token"].as_str().unwrap());
    let listed = inside.get("/auth/passkeys").await.expect(200);
    assert_eq!(
        (&listed["items"][0]["name"], &listed["items"][0]["last_used_at"]),
        (&json!("Telephone"), &json!(NOW))
    );
    // A fresh one: what is grave is permitted.
    inside.post("/auth/totp?dry_run=true", json!({})).await.expect(201);

    let path = format!("/auth/passkeys/{}", added.id());
    assert_eq!(delete(&app.officer(), &path).await.problem(404), "not_found");
    delete(&inside, &path).await.expect(204);
    assert_eq!(
        factors(&inside).await,
        json!({ "totp_since": null, "passkeys": 0, "recovery_codes_left": 0 })
    );
    assert_eq!(log_in(&app, device.answer(&app).await).await.problem(401), "unauthenticated");
    person.log_in(&app, json!({})).await.expect(200);
}

#[tokio::test]
async fn a_passkey_is_asked_for_beside_the_password_and_before_what_is_grave() {
    let mut app = start().await;
    let person = Person::hired(&app, "gate").await;
    let mut device = Device::new();
    device.enrol(&app.bearer(&person.token)).await.expect(201);
    let alone = person.log_in(&app, json!({})).await;
    assert_eq!(alone.problem(401), "second_factor_required");
    assert_eq!(alone.json()["factors"], json!(["passkey", "recovery_code"]));
    let answer = device.answer(&app).await;
    person.log_in(&app, json!({ "passkey": answer })).await.expect(200);
    // Somebody else's passkey opens no account but theirs.
    let mut stranger = Device::new();
    stranger.enrol(&app.officer()).await.expect(201);
    let strange = person.log_in(&app, json!({ "passkey": stranger.answer(&app).await })).await;
    assert_eq!(strange.problem(401), "second_factor_required");

    app.go_to("2025-10-26T10:05:00Z").await;
    let own = app.bearer(&person.token);
    assert_eq!(own.post("/auth/totp", json!({})).await.problem(401), "step_up_required");
    let strange = json!({ "passkey": stranger.answer(&app).await });
    assert_eq!(own.post("/auth/step-up", strange).await.pointers(), ["/passkey"]);
    let answer = json!({ "passkey": device.answer(&app).await });
    own.post("/auth/step-up", answer).await.expect(200);
    own.post("/auth/totp", json!({})).await.expect(201);
}

#[tokio::test]
async fn an_answer_is_good_once_soon_and_on_any_replica() {
    let mut app = start().await;
    let person = Person::hired(&app, "gate").await;
    let mut device = Device::new();
    device.enrol(&app.bearer(&person.token)).await.expect(201);
    let answer = device.answer(&app).await;
    let replica = app.replica().await;
    let services = [&app, &replica].into_iter().cycle().take(10);
    let replies = join_all(services.map(|service| log_in(service, answer.clone()))).await;
    assert_eq!(statuses(&replies), [200, 401, 401, 401, 401, 401, 401, 401, 401, 401]);
    drop(replica);
    let (soon, late) = (challenge(&app).await, challenge(&app).await);
    app.go_to("2025-10-26T10:04:59Z").await;
    log_in(&app, device.sign(&soon).await).await.expect(200);
    app.go_to("2025-10-26T10:05:00Z").await;
    assert_eq!(log_in(&app, device.sign(&late).await).await.problem(401), "unauthenticated");
}

#[tokio::test]
async fn who_imitates_the_page_or_copies_the_device_is_not_let_in() {
    let app = start().await;
    let person = Person::hired(&app, "gate").await;
    let mut device = Device::new();
    device.enrol(&app.bearer(&person.token)).await.expect(201);
    // The browser would not even ask the device for another name; on a page below the name it asks.
    let mut imitated = challenge(&app).await;
    device.origin = "https://evil.ceremony.example".parse().unwrap();
    assert_eq!(log_in(&app, device.sign(&imitated).await).await.status, 401);
    device.origin = ORIGIN.parse().unwrap();
    // A signature for another challenge than the one that it names.
    imitated = challenge(&app).await;
    let mut swapped = device.answer(&app).await;
    swapped["challenge"] = imitated["challenge"].clone();
    assert_eq!(log_in(&app, swapped).await.status, 401);
    // Whom it names is part of what is compared.
    let mut renamed = device.answer(&app).await;
    renamed["credential"]["response"]["userHandle"] = json!("AAAAAAAAAAAAAAAAAAAAAA");
    assert_eq!(log_in(&app, renamed).await.status, 401);
    log_in(&app, device.answer(&app).await).await.expect(200);
    // A copy of the device has counted less.
    device.memory.as_mut().unwrap().counter = Some(0);
    assert_eq!(log_in(&app, device.answer(&app).await).await.problem(401), "unauthenticated");
    device.memory.as_mut().unwrap().counter = Some(1000);
    log_in(&app, device.answer(&app).await).await.expect(200);
    // Nonsense is refused like everything else.
    for credential in [json!({}), json!(null), json!([]), json!({ "rawId": 1 }), json!("x")] {
        let id = challenge(&app).await["challenge"].clone();
        let nonsense = json!({ "challenge": id, "credential": credential });
        assert_eq!(log_in(&app, nonsense).await.problem(401), "unauthenticated");
    }
}

#[tokio::test]
async fn a_passkey_that_was_made_for_another_challenge_or_account_is_not_added() {
    let app = start().await;
    let (gate, officer) = (app.role(hanoi_ceremony::access::Role::Gate), app.officer());
    let mut device = Device::new();
    let asked = gate.post("/auth/passkeys/enrol", json!({})).await.expect(200);
    let credential = device.make(&asked).await;
    let body =
        json!({ "name": "Stolen", "challenge": asked["challenge"], "credential": credential });
    assert_eq!(officer.post("/auth/passkeys", body.clone()).await.pointers(), ["/credential"]);
    gate.post("/auth/passkeys", body.clone()).await.expect(201);
    assert_eq!(gate.post("/auth/passkeys", body).await.pointers(), ["/credential"], "once");
    // A challenge to come in by is none to add one by.
    let asked = challenge(&app).await;
    let body = json!({ "name": "Odd", "challenge": asked["challenge"], "credential": credential });
    assert_eq!(gate.post("/auth/passkeys", body).await.pointers(), ["/credential"]);
}

#[tokio::test]
async fn a_closed_account_is_not_opened_by_its_passkey_and_a_reset_takes_it_away() {
    let app = start().await;
    let person = Person::hired(&app, "gate").await;
    let mut device = Device::new();
    device.enrol(&app.bearer(&person.token)).await.expect(201);
    let account = format!("/accounts/{}", person.id);
    let administrator = app.administrator();
    administrator.act(&format!("{account}/disable"), json!({})).await.expect(200);
    assert_eq!(log_in(&app, device.answer(&app).await).await.problem(401), "unauthenticated");
    administrator.act(&format!("{account}/enable"), json!({})).await.expect(200);
    log_in(&app, device.answer(&app).await).await.expect(200);
    let reason = json!({ "reason": "An example." });
    administrator.act(&format!("{account}/reset-factors"), reason).await.expect(200);
    assert_eq!(log_in(&app, device.answer(&app).await).await.problem(401), "unauthenticated");
}

#[tokio::test]
async fn who_guesses_the_password_does_not_keep_the_owner_of_a_passkey_out() {
    let app = start().await;
    let person = Person::hired(&app, "treaty").await;
    let mut device = Device::new();
    device.enrol(&app.bearer(&person.token)).await.expect(201);
    let guess =
        json!({ "email": person.credentials["email"], "password": "a wrong and long password" });
    let anybody = app.anybody();
    let guesses = (0..100).map(|_| anybody.post("/auth/login", guess.clone()));
    for reply in join_all(guesses).await {
        assert!([401, 429, 503].contains(&reply.status), "{}", reply.text);
    }
    log_in(&app, device.answer(&app).await).await.expect(200);
}

#[tokio::test]
async fn a_service_whose_address_is_a_number_has_no_passkeys() {
    let settings = SETTINGS.replacen("[server]", "[server]\nbase_url = \"https://127.0.0.1\"", 1);
    let app = TestApp::start_with(NOW, &settings).await;
    let none = app.anybody().post("/auth/passkeys/challenge", json!({})).await;
    assert_eq!(none.problem(404), "not_found");
    assert_eq!(
        app.officer().post("/auth/passkeys/enrol", json!({})).await.problem(404),
        "not_found"
    );
}

#[tokio::test]
async fn challenges_that_nobody_answers_are_forgotten() {
    let mut app = start().await;
    for _ in 0..3 {
        challenge(&app).await;
    }
    let kept = async |app: &TestApp| -> i64 {
        let mut owner = app.owner.connect().await.unwrap();
        sqlx::query_scalar("select count(*) from passkey_challenge")
            .fetch_one(&mut owner)
            .await
            .unwrap()
    };
    app.app.db.tidy().await.unwrap();
    assert_eq!(kept(&app).await, 3);
    app.go_to("2025-10-26T10:05:00Z").await;
    app.app.db.tidy().await.unwrap();
    assert_eq!(kept(&app).await, 0);
}
