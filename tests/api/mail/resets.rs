//! A forgotten password: asked for by anybody, answered to its owner alone.

use futures_util::future::join_all;
use serde_json::json;
use sqlx::{ConnectOptions as _, Executor as _};

use crate::app::{NOW, Reply, SETTINGS, TestApp, statuses};

const OWN: &str = "a sentence of my own choice";
const NEW: &str = "another sentence of my own";

/// An account of the gate's, with a password and a login.
async fn account(app: &TestApp) -> String {
    let office = json!({ "email": "gate@ceremony.example", "name": "Gate", "role": "gate" });
    let code = app.administrator().post("/invitations", office).await.expect(201)["code"].clone();
    let accept = json!({ "code": code, "password": OWN });
    app.anybody().post("/invitations/accept", accept).await.expect(200);
    log_in(app, OWN).await.expect(200)["token"].as_str().unwrap().to_owned()
}

async fn log_in(app: &TestApp, password: &str) -> Reply {
    let login = json!({ "email": "gate@ceremony.example", "password": password });
    app.anybody().post("/auth/login", login).await
}

async fn ask(app: &TestApp, email: &str) -> Reply {
    app.anybody().post("/auth/password-reset", json!({ "email": email })).await
}

async fn confirm(app: &TestApp, code: &str) -> Reply {
    let chosen = json!({ "code": code, "new": NEW });
    app.anybody().post("/auth/password-reset/confirm", chosen).await
}

/// The code that was sent last.
async fn sent(app: &TestApp) -> String {
    app.deliver().await;
    let letters = app.letters_to("gate@ceremony.example");
    let last = letters.iter().rfind(|letter| letter.subject == "A new password");
    last.unwrap_or_else(|| panic!("{letters:?}")).code()
}

#[tokio::test]
async fn who_forgot_their_password_chooses_another_and_every_login_ends() {
    let app = TestApp::start().await;
    let token = account(&app).await;
    ask(&app, "Gate@Ceremony.example").await.expect(202);
    let code = sent(&app).await;
    log_in(&app, OWN).await.expect(200);
    confirm(&app, &code).await.expect(204);
    assert_eq!(app.bearer(&token).get("/auth/me").await.problem(401), "unauthenticated");
    assert_eq!(log_in(&app, OWN).await.problem(401), "unauthenticated");
    assert_eq!(log_in(&app, NEW).await.expect(200)["must_change_password"], false);
    assert_eq!(confirm(&app, &code).await.problem(404), "not_found");
    app.deliver().await;
    let told = app.letters_to("gate@ceremony.example");
    assert!(told.iter().any(|letter| letter.subject == "Your password was changed"), "{told:?}");
}

#[tokio::test]
async fn nobody_learns_by_asking_whether_an_address_has_an_account() {
    let app = TestApp::start().await;
    account(&app).await;
    let mut owner = app.owner.connect().await.unwrap();
    let disable = "update account set disabled_at = now() where email = 'security@test.example'";
    owner.execute(disable).await.unwrap();
    let rows = "select count(*) from password_reset_request";
    let mut seen = Vec::new();
    for (asked, email) in
        ["gate@ceremony.example", "security@test.example", "nobody@nowhere.example"]
            .iter()
            .enumerate()
    {
        let reply = ask(&app, email).await;
        let waiting: i64 = sqlx::query_scalar(rows).fetch_one(&mut owner).await.unwrap();
        assert_eq!(usize::try_from(waiting).unwrap(), asked + 1, "the same is written for each");
        let mut headers: Vec<_> = reply.headers.iter().map(|(name, _)| name.to_string()).collect();
        headers.sort();
        seen.push((reply.status, reply.text, headers));
    }
    assert_eq!(seen[0].0, 202);
    assert!(seen.iter().all(|answer| *answer == seen[0]), "{seen:?}");
    let whole = "select string_agg(r::text, '') from password_reset_request r";
    let whole: String = sqlx::query_scalar(whole).fetch_one(&mut owner).await.unwrap();
    assert!(!whole.contains("example"), "no address stands there in clear");
    app.deliver().await;
    let waiting: i64 = sqlx::query_scalar(rows).fetch_one(&mut owner).await.unwrap();
    assert_eq!((waiting, app.letters_to("security@test.example").len()), (0, 0));
    assert_eq!(app.letters_to("gate@ceremony.example").len(), 1);
    assert_eq!(app.letters_to("nobody@nowhere.example").len(), 0);
}

#[tokio::test]
async fn a_code_for_a_new_password_is_good_once_however_many_bring_it_at_once() {
    let app = TestApp::start().await;
    account(&app).await;
    ask(&app, "gate@ceremony.example").await.expect(202);
    let code = sent(&app).await;
    let replies = join_all((0..8).map(|_| confirm(&app, &code))).await;
    assert_eq!(statuses(&replies), [204, 404, 404, 404, 404, 404, 404, 404]);
}

#[tokio::test]
async fn a_code_ends_with_its_time_its_account_and_the_password_that_it_was_for() {
    let mut app = TestApp::start().await;
    let token = account(&app).await;
    ask(&app, "gate@ceremony.example").await.expect(202);
    let code = sent(&app).await;
    // Asking again at once sends nothing: nobody's mailbox is filled by somebody else.
    let letters = app.letters().len();
    ask(&app, "gate@ceremony.example").await.expect(202);
    app.deliver().await;
    assert_eq!(app.letters().len(), letters);

    let mut owner = app.owner.connect().await.unwrap();
    let disabled = "update account set disabled_at = case when $1 then now() end where email = 'gate@ceremony.example'";
    sqlx::query(disabled).bind(true).execute(&mut owner).await.unwrap();
    assert_eq!(confirm(&app, &code).await.problem(404), "not_found");
    sqlx::query(disabled).bind(false).execute(&mut owner).await.unwrap();
    // Who knows the password changes it: a code that somebody asked for does not change it back.
    let change = json!({ "current": OWN, "new": "a third sentence of mine" });
    app.bearer(&token).post("/auth/password", change).await.expect(204);
    assert_eq!(confirm(&app, &code).await.problem(404), "not_found");

    app.go_to("2025-10-26T10:05:00Z").await;
    ask(&app, "gate@ceremony.example").await.expect(202);
    let in_time = sent(&app).await;
    app.go_to("2025-10-26T10:34:59Z").await;
    confirm(&app, &in_time).await.expect(204);
    ask(&app, "gate@ceremony.example").await.expect(202);
    let late = sent(&app).await;
    app.go_to("2025-10-26T11:04:59Z").await;
    assert_eq!(confirm(&app, &late).await.problem(404), "not_found");
}

#[tokio::test]
async fn whoever_asks_without_end_waits_for_a_known_address_as_long_as_for_an_unknown_one() {
    let many = "free_failures = 1000000";
    let settings = format!("{SETTINGS}\n[tries.network]\n{many}\n");
    let app = TestApp::start_with(NOW, &settings).await;
    // Known in this network, too.
    account(&app).await;
    let mut granted = Vec::new();
    for email in ["gate@ceremony.example", "security@test.example", "nobody@nowhere.example"] {
        let mut replies = Vec::new();
        for _ in 0..8 {
            let reply = ask(&app, email).await;
            replies.push((reply.status, reply.header("retry-after").to_owned()));
        }
        granted.push(replies);
    }
    assert!(granted.iter().all(|replies| *replies == granted[0]), "{granted:?}");
    let refused = granted[0].iter().filter(|(status, _)| *status == 429).count();
    assert_eq!(refused, 3, "five are free: {granted:?}");
}

#[tokio::test]
async fn a_new_password_lets_in_whom_a_flood_had_locked_out() {
    let app = TestApp::start().await;
    account(&app).await;
    while log_in(&app, "a sentence of somebody else").await.status != 429 {}
    assert_eq!(log_in(&app, OWN).await.problem(429), "rate_limited", "the negative control");
    ask(&app, "gate@ceremony.example").await.expect(202);
    confirm(&app, &sent(&app).await).await.expect(204);
    log_in(&app, NEW).await.expect(200);
}

#[tokio::test]
async fn what_is_no_address_no_code_or_no_password_is_refused_and_stores_nothing() {
    let app = TestApp::start().await;
    for body in [
        json!({}),
        json!({ "email": "nobody" }),
        json!({ "email": "a@b.example\r\nBcc: c@d.example" }),
    ] {
        let reply = app.anybody().post("/auth/password-reset", body).await;
        assert_eq!(reply.problem(422), "validation_failed");
        assert_eq!(reply.pointers(), ["/email"]);
    }
    let weak = json!({ "code": "hcr_x", "new": "short" });
    let reply = app.anybody().post("/auth/password-reset/confirm", weak).await;
    assert_eq!(
        (reply.problem(422), reply.pointers()),
        ("validation_failed".to_owned(), vec!["/new".to_owned()])
    );
    for code in ["hcr_unknown", "hci_unknown", "' or 1=1 --"] {
        assert_eq!(confirm(&app, code).await.problem(404), "not_found");
    }
}
