//! What is grave asks for a factor that was shown just now.

use std::collections::BTreeSet;

use hanoi_ceremony::access::Role;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, Executor as _};

use super::Person;
use crate::app::{Caller, NOW, Reply, TestApp, routes};
use crate::matrix::ask;
use crate::matrix::samples::Seeds;

/// As old as a login can be, and one second less.
const FIVE_MINUTES_LATER: &str = "2025-10-26T10:05:00Z";
const JUST_BEFORE: &str = "2025-10-26T10:04:59Z";

/// Something grave that everybody may do.
async fn enrol(caller: &Caller<'_>) -> Reply {
    caller.post("/auth/totp", json!({})).await
}

async fn step_up(caller: &Caller<'_>, proof: Value) -> Reply {
    caller.post("/auth/step-up", proof).await
}

#[tokio::test]
async fn exactly_what_is_grave_asks_for_a_factor_shown_just_now() {
    let app = TestApp::start().await;
    let seeds = Seeds::plant(&app).await;
    let old = "update token set proved_at = '2025-10-26T09:55:00Z'";
    app.owner.connect().await.unwrap().execute(old).await.unwrap();
    let mut asked = BTreeSet::new();
    for (method, pattern) in routes() {
        let sample = seeds.sample(&method, pattern).unwrap();
        for role in Role::ALL {
            let reply = ask(&app.role(*role), &method, &sample).await;
            if reply.text.contains(r#""code":"step_up_required""#) {
                assert_eq!(reply.problem(401), "step_up_required");
                let challenge = reply.header("www-authenticate");
                assert!(challenge.contains("error=\"insufficient_user_authentication\""));
                asked.insert(format!("{method} {}", pattern.trim_start_matches("/api/v1")));
            }
        }
    }
    let asked: Vec<_> = asked.iter().map(String::as_str).collect();
    assert_eq!(
        asked,
        [
            "DELETE /accounts/{id}/identities/{identity}",
            "DELETE /auth/identities/{id}",
            "DELETE /auth/passkeys/{id}",
            "DELETE /auth/totp",
            "GET /auth/oidc/{provider}/start",
            "GET /delegations/{code}/composition.csv",
            "GET /delegations/{code}/members.csv",
            "GET /delegations/{code}/members/{id}/passport",
            "GET /jobs/{id}/result",
            "GET /reports/accounts.csv",
            "GET /reports/delegations.csv",
            "GET /reports/missing-documents.csv",
            "GET /reports/participants.csv",
            "GET /reports/vetting.csv",
            "POST /accounts/{id}/reset-factors",
            "POST /api-keys",
            "POST /auth/passkeys",
            "POST /auth/passkeys/enrol",
            "POST /auth/recovery-codes",
            "POST /auth/totp",
            "POST /auth/totp/confirm",
            "POST /export-schedules/{id}/resume",
            "POST /full-powers/{id}/confirm",
            "POST /ledger/orders",
            "POST /ledger/orders/{id}/confirm",
            "POST /mailings/{id}/approve",
            "POST /overrides/{id}/approve",
            "POST /treaty/acts",
            "POST /treaty/acts/{id}/certify",
            "POST /treaty/acts/{id}/correct",
            "POST /treaty/acts/{id}/notifications",
            "POST /treaty/acts/{id}/withdraw",
        ]
    );
    assert!(routes().any(|(method, _)| method == Method::POST), "the walk walked");
}

#[tokio::test]
async fn a_login_is_fresh_for_five_minutes_and_the_password_renews_it_where_there_is_nothing_stronger()
 {
    let mut app = TestApp::start_at(NOW).await;
    let person = Person::hired(&app, "gate").await;
    let other = person.log_in(&app, json!({})).await.expect(200)["token"].clone();
    app.go_to(JUST_BEFORE).await;
    enrol(&app.bearer(&person.token)).await.expect(201);
    app.go_to(FIVE_MINUTES_LATER).await;
    let own = app.bearer(&person.token);
    assert_eq!(enrol(&own).await.problem(401), "step_up_required");

    let wrong = step_up(&own, json!({ "password": "a wrong and long password" })).await;
    assert_eq!(
        (wrong.problem(422), wrong.pointers()),
        ("validation_failed".into(), vec!["/password".into()])
    );
    for none in [json!({}), json!({ "password": "x", "totp": "000000" })] {
        assert_eq!(step_up(&own, none).await.problem(422), "validation_failed");
    }
    let code = step_up(&own, json!({ "totp": "000000" })).await;
    assert_eq!(code.pointers(), ["/totp"], "there is no app yet that is asked");
    assert_eq!(
        enrol(&own).await.problem(401),
        "step_up_required",
        "nothing of it renewed anything"
    );

    let password = json!({ "password": person.credentials["password"] });
    let dry = own.post("/auth/step-up?dry_run=true", password.clone()).await;
    assert_eq!((dry.status, enrol(&own).await.status), (200, 401));
    let renewed = step_up(&own, password).await.expect(200);
    assert_eq!(renewed["fresh_until"], "2025-10-26T10:10:00Z");
    enrol(&own).await.expect(201);
    // It is this login that was renewed, and no other of theirs.
    let other = app.bearer(other.as_str().unwrap());
    assert_eq!(enrol(&other).await.problem(401), "step_up_required");
}

#[tokio::test]
async fn who_has_a_second_factor_steps_up_by_it_and_not_by_the_password() {
    let mut app = TestApp::start_at(NOW).await;
    let person = Person::with_an_app(&app, "gate").await;
    app.go_to(FIVE_MINUTES_LATER).await;
    let own = app.bearer(&person.token);
    let grave = async || own.post("/auth/recovery-codes?dry_run=true", json!({})).await.status;
    assert_eq!(grave().await, 401);
    let weak = step_up(&own, json!({ "password": person.credentials["password"] })).await;
    assert_eq!(weak.problem(401), "second_factor_required");
    assert_eq!(weak.json()["factors"], json!(["totp", "recovery_code"]));
    assert_eq!(grave().await, 401);
    let code = json!({ "totp": person.code(&app) });
    step_up(&own, code.clone()).await.expect(200);
    assert_eq!(grave().await, 200);
    assert_eq!(step_up(&own, code.clone()).await.pointers(), ["/totp"], "a code is good once");
    assert_eq!(person.log_in(&app, code).await.problem(401), "second_factor_required");
    step_up(&own, json!({ "recovery_code": person.paper[0] })).await.expect(200);
    let again = step_up(&own, json!({ "recovery_code": person.paper[0] })).await;
    assert_eq!(again.pointers(), ["/recovery_code"]);
}

#[tokio::test]
async fn what_is_right_is_no_failed_try_when_it_is_tried_out_or_asked_for_again() {
    let app = TestApp::start().await;
    let person = Person::with_an_app(&app, "gate").await;
    let own = app.bearer(&person.token);
    let right = json!({ "recovery_code": person.paper[0] });
    // More often than failures are free.
    for _ in 0..6 {
        own.post("/auth/step-up?dry_run=true", right.clone()).await.expect(200);
    }
    let first = own.post_once("/auth/step-up", "once", right.clone()).await.expect(200);
    for _ in 0..6 {
        let again = own.post_once("/auth/step-up", "once", right.clone()).await;
        assert_eq!(
            (again.expect(200), again.header("idempotency-replayed")),
            (first.clone(), "true")
        );
    }
    // The negative control: what is wrong is one, tried out or not.
    for _ in 0..5 {
        assert_eq!(own.post("/auth/step-up?dry_run=true", right.clone()).await.status, 422);
    }
    assert_eq!(step_up(&own, right).await.problem(429), "rate_limited");
}

#[tokio::test]
async fn r55_who_steps_up_and_repeats_a_signature_gets_the_first_answer() {
    let app = TestApp::start().await;
    let signer = app.entitle("FRA").await;
    let act = crate::desk::signature("FRA", &signer.full_powers, "2025-10-25T11:02:00+07:00");
    let first = app.treaty().post_once("/treaty/acts", "once", act.clone()).await.expect(201);
    let old = "update token set proved_at = '2025-10-26T09:00:00Z';
               update account set password_hash = (select password_hash from account where email = 'person@test.example')
               where email = 'treaty@test.example'";
    let person = Person::hired(&app, "gate").await;
    app.owner.connect().await.unwrap().execute(old).await.unwrap();
    let late = app.treaty().post_once("/treaty/acts", "once", act.clone()).await;
    assert_eq!(late.problem(401), "step_up_required", "not even the answer, to who may be anybody");
    let proof = json!({ "password": person.credentials["password"] });
    step_up(&app.treaty(), proof).await.expect(200);
    let again = app.treaty().post_once("/treaty/acts", "once", act).await;
    assert_eq!((again.expect(201), again.header("idempotency-replayed")), (first, "true"));
}
