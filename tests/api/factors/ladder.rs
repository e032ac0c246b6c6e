//! Wrong second factors: counted for the account and the network, at a login and at a step up alike, by the database.

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::ConnectOptions as _;

use super::device::{Device, ORIGIN};
use super::{Person, other_than};
use crate::app::{NOW, Reply, SETTINGS, TestApp, send};
use crate::limits::{behind_a_proxy, log_in as log_in_from};

/// So many failures are free by default.
const FREE: usize = 5;

/// A code that is on nobody's paper.
fn wrong() -> Value {
    json!({ "recovery_code": "not-on-any-paper" })
}

fn named(settings: &str) -> String {
    settings.replacen("[server]", &format!("[server]\nbase_url = \"{ORIGIN}\""), 1)
}

/// Waits for so many seconds, as the answer says.
#[track_caller]
fn waits(reply: &Reply, seconds: &str) {
    assert_eq!(
        (reply.problem(429).as_str(), reply.header("retry-after")),
        ("rate_limited", seconds)
    );
}

async fn by_passkey(app: &TestApp, from: &str, answer: Value) -> Reply {
    let request = app.anybody().request(Method::POST, "/auth/login/passkey");
    send(request.header("x-forwarded-for", from).json(&answer)).await
}

#[tokio::test]
async fn wrong_codes_wait_longer_each_time_on_every_service_and_never_for_good() {
    let mut app = TestApp::start_at(NOW).await;
    let person = Person::with_an_app(&app, "gate").await;
    let replica = app.replica().await;
    for service in [&app, &replica].into_iter().cycle().take(FREE) {
        let reply = person.log_in(service, wrong()).await;
        assert_eq!(reply.problem(401), "second_factor_required");
    }
    let right = json!({ "recovery_code": person.paper[0] });
    waits(&person.log_in(&app, right.clone()).await, "30");
    waits(&person.log_in(&replica, right.clone()).await, "30");
    drop(replica);
    for (moment, wait) in [("10:00:30", "60"), ("10:01:30", "120"), ("10:03:30", "300")] {
        app.go_to(&format!("2025-10-26T{moment}Z")).await;
        assert_eq!(person.log_in(&app, wrong()).await.status, 401, "one try at {moment}");
        waits(&person.log_in(&app, right.clone()).await, wait);
    }
    app.go_to("2025-10-26T10:08:30Z").await;
    person.log_in(&app, right).await.expect(200);
    // All is forgotten: so many are free again.
    for _ in 0..FREE {
        assert_eq!(person.log_in(&app, wrong()).await.status, 401);
    }
    waits(&person.log_in(&app, wrong()).await, "30");
}

#[tokio::test]
async fn a_login_and_a_step_up_and_both_kinds_of_codes_climb_one_ladder() {
    let app = TestApp::start().await;
    let person = Person::with_an_app(&app, "gate").await;
    let own = app.bearer(&person.token);
    let bad = other_than(&person.code(&app));
    for at in ["login", "step-up"] {
        for shown in [wrong(), json!({ "totp": bad })] {
            let (status, reply) = match at {
                "login" => (401, person.log_in(&app, shown).await),
                _ => (422, own.post("/auth/step-up", shown).await),
            };
            assert_eq!(reply.status, status, "{}", reply.text);
        }
    }
    assert_eq!(own.post("/auth/step-up", wrong()).await.status, 422);
    let right = json!({ "recovery_code": person.paper[0] });
    waits(&own.post("/auth/step-up", right.clone()).await, "30");
    waits(&person.log_in(&app, right).await, "30");
    // The password is another door, and of nobody else's account is anything counted.
    let alone = person.log_in(&app, json!({})).await;
    assert_eq!(alone.problem(401), "second_factor_required");
    app.officer().get("/auth/me").await.expect(200);
}

#[tokio::test]
async fn wrong_passkeys_wait_and_the_owner_of_one_never_does() {
    let app = TestApp::start_with(NOW, &named(SETTINGS)).await;
    let person = Person::with_an_app(&app, "treaty").await;
    let own = app.bearer(&person.token);
    let (mut device, mut stranger) = (Device::new(), Device::new());
    device.enrol(&own).await.expect(201);
    stranger.enrol(&app.officer()).await.expect(201);
    for _ in 0..FREE {
        let strange = json!({ "passkey": stranger.answer(&app).await });
        assert_eq!(person.log_in(&app, strange).await.problem(401), "second_factor_required");
    }
    let strange = json!({ "passkey": stranger.answer(&app).await });
    waits(&own.post("/auth/step-up", strange).await, "30");
    // By each way in, and what they show gives the guesser no try back.
    by_passkey(&app, "", device.answer(&app).await).await.expect(200);
    let beside = json!({ "passkey": device.answer(&app).await });
    person.log_in(&app, beside).await.expect(200);
    let answer = json!({ "passkey": device.answer(&app).await });
    own.post("/auth/step-up", answer).await.expect(200);
    waits(&person.log_in(&app, json!({ "recovery_code": person.paper[0] })).await, "30");
}

#[tokio::test]
async fn who_has_the_password_and_guesses_codes_elsewhere_keeps_nobody_out_where_they_are_known() {
    let app = TestApp::start_with(NOW, &behind_a_proxy("")).await;
    let person = Person::with_an_app(&app, "gate").await;
    let with = |more: Value| {
        let mut credentials = person.credentials.clone();
        credentials.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        credentials
    };
    let right = |code: usize| with(json!({ "recovery_code": person.paper[code] }));
    log_in_from(&app, "198.51.100.7", &right(0)).await.expect(200);
    for number in 0..FREE {
        let from = format!("203.0.{number}.7");
        assert_eq!(log_in_from(&app, &from, &with(wrong())).await.status, 401);
    }
    waits(&log_in_from(&app, "203.0.9.7", &right(1)).await, "30");
    log_in_from(&app, "198.51.100.200", &right(1)).await.expect(200);
    // Whoever gives them a new password, or takes their factors away, lets them in from anywhere.
    waits(&log_in_from(&app, "203.0.9.7", &right(2)).await, "30");
    let path = format!("/accounts/{}/reset-password", person.id);
    let reset = app.administrator().act(&path, json!({})).await.expect(200);
    let fresh = json!({
        "email": person.credentials["email"], "password": reset["initial_password"],
        "recovery_code": person.paper[2],
    });
    log_in_from(&app, "203.0.9.7", &fresh).await.expect(200);
}

#[tokio::test]
async fn passkeys_that_open_nothing_count_for_the_network_alone() {
    let network = "[tries.network]\nfree_failures = 4\n";
    let app = TestApp::start_with(NOW, &named(&behind_a_proxy(network))).await;
    let person = Person::hired(&app, "gate").await;
    let mut device = Device::new();
    device.enrol(&app.bearer(&person.token)).await.expect(201);
    let (guesser, nothing) = ("203.0.113.9", json!({ "challenge": person.id, "credential": {} }));
    for _ in 0..4 {
        let reply = by_passkey(&app, guesser, nothing.clone()).await;
        assert_eq!(reply.problem(401), "unauthenticated");
    }
    waits(&by_passkey(&app, guesser, nothing.clone()).await, "1");
    assert_eq!(by_passkey(&app, "198.51.100.7", nothing).await.status, 401);
    by_passkey(&app, guesser, device.answer(&app).await).await.expect(200);
}

#[tokio::test]
async fn r51_that_somebody_has_the_password_and_not_the_factor_is_told() {
    let app = TestApp::start().await;
    let person = Person::with_an_app(&app, "gate").await;
    person.log_in(&app, wrong()).await.expect(401);
    let mut owner = app.owner.connect().await.unwrap();
    let told =
        "select after ->> 'what' from event where kind = 'login.refused' and subject::text = $1";
    loop {
        let found: Option<String> =
            sqlx::query_scalar(told).bind(&person.id).fetch_optional(&mut owner).await.unwrap();
        if let Some(what) = found {
            return assert_eq!(what, "second factor");
        }
    }
}
