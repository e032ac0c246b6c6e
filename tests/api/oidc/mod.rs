//! Logins by an identity provider; here, as far as none is needed.

mod flow;
mod ministry;
mod races;

use reqwest::Method;
use serde_json::json;

use sqlx::{ConnectOptions as _, Executor as _};

use crate::app::{NOW, SETTINGS, TestApp, send};
use crate::factors::Person;

/// A provider that nobody reaches: the port is one that nothing listens on.
const UNREACHED: &str = r#"
[access.oidc.ministry]
issuer = "http://127.0.0.1:9"
client_id = "ceremony"
scopes = []
email_domains = ["ministry.example"]
claim = "groups"
grants = [{ value = "accreditors", role = "accreditation" }]
"#;

async fn start() -> TestApp {
    let named = "[server]\nbase_url = \"https://ceremony.example\"";
    let settings = SETTINGS.replacen("[server]", named, 1) + UNREACHED;
    TestApp::start_with(NOW, &settings).await
}

#[tokio::test]
async fn without_a_provider_in_the_settings_there_is_none_to_begin_with() {
    let app = TestApp::start().await;
    for path in ["start", "callback", "callback?code=a&state=b"] {
        let none = app.anybody().get(&format!("/auth/oidc/ministry/{path}")).await;
        assert_eq!(none.problem(404), "not_found");
    }
    let unknown = app.anybody().get("/auth/oidc/ministry/start?to=elsewhere").await;
    assert_eq!(unknown.problem(400), "unknown_parameter");
}

#[tokio::test]
async fn a_provider_that_cannot_be_asked_is_no_refusal_of_the_person() {
    let app = start().await;
    let reply = app.anybody().get("/auth/oidc/ministry/start").await;
    assert_eq!((reply.problem(503), reply.header("retry-after")), ("unavailable".into(), "5"));
    assert!(!reply.text.contains("127.0.0.1"), "where we looked is not for everybody");
    let another = app.anybody().get("/auth/oidc/another/start").await;
    assert_eq!(another.problem(404), "not_found");
}

#[tokio::test]
async fn nobody_finishes_what_their_browser_did_not_begin() {
    let app = start().await;
    let at = "/auth/oidc/ministry/callback";
    for query in ["", "?code=a&state=b", "?error=access_denied&error_description=no&state=b"] {
        let reply = app.anybody().get(&format!("{at}{query}")).await;
        assert_eq!(reply.problem(401), "unauthenticated", "{query}");
    }
    let handed_on = json!({ "code": "a", "state": "b" });
    assert_eq!(app.anybody().post(at, handed_on).await.problem(401), "unauthenticated");
    let forged = app.anybody().request(Method::GET, &format!("{at}?code=a&state=b"));
    let forged = forged.header("cookie", "__Host-ceremony_oidc=Zm9yZ2Vk; other=1");
    assert_eq!(send(forged).await.problem(401), "unauthenticated");
}

#[tokio::test]
async fn half_of_a_login_is_good_for_nothing_but_to_show_the_other_half() {
    let app = TestApp::start().await;
    let person = Person::with_an_app(&app, "accreditation").await;
    let own = app.bearer(&person.token);
    own.get("/delegations").await.expect(200);
    let mut owner = app.owner.connect().await.unwrap();
    owner.execute("update token set is_half = true").await.unwrap();
    for grave_or_not in ["/delegations", "/reports/participants.csv"] {
        assert_eq!(own.get(grave_or_not).await.problem(401), "step_up_required");
    }
    own.get("/auth/me").await.expect(200);
    // Who has no second factor lacks no half.
    app.officer().get("/delegations").await.expect(200);
    let shown = json!({ "recovery_code": person.paper[0] });
    own.post("/auth/step-up", shown).await.expect(200);
    own.get("/delegations").await.expect(200);
}

#[tokio::test]
async fn a_reset_of_the_password_by_the_administrator_takes_every_identity_away() {
    let app = TestApp::start().await;
    let person = Person::hired(&app, "gate").await;
    let mut owner = app.owner.connect().await.unwrap();
    let link = "insert into account_identity (account_identity_id, issuer, subject, account_id, is_granted, linked_at)
                values (gen_random_uuid(), 'https://a.example', '1', $1::uuid, false, now()),
                       (gen_random_uuid(), 'https://b.example', '1', $1::uuid, true, now())";
    sqlx::query(link).bind(&person.id).execute(&mut owner).await.unwrap();
    let reset = format!("/accounts/{}/reset-password", person.id);
    app.administrator().act(&reset, json!({})).await.expect(200);
    let left = "select count(*) from account_identity";
    let left: i64 = sqlx::query_scalar(left).fetch_one(&mut owner).await.unwrap();
    assert_eq!(left, 0);
}
