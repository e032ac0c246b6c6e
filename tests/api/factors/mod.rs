//! Second factors: codes of the moment, codes on paper, and what asks for one just now.

pub mod device;
mod ladder;
mod paper;
mod passkeys;
mod step_up;

use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, Executor as _};
use totp_rs::{Builder, Secret};

use crate::app::{Caller, NOW, Reply, SETTINGS, TestApp, statuses};

/// Half a minute after every test happens, when there is another code.
const NEXT: &str = "2025-10-26T10:00:30Z";

/// Somebody who logs in, with what they need for it.
pub struct Person {
    pub id: String,
    /// Address and password.
    pub credentials: Value,
    /// Of the app, once they have one.
    pub secret: String,
    pub paper: Vec<String>,
    pub token: String,
}

impl Person {
    /// Somebody new with a password alone, logged in.
    pub async fn hired(app: &TestApp, role: &str) -> Self {
        let wanted = json!({ "email": "person@test.example", "name": "Person", "role": role });
        let made = app.administrator().post("/accounts", wanted).await;
        let first = made.expect(201)["initial_password"].clone();
        let own = "a sentence of my own choice";
        let email = "person@test.example";
        let login = json!({ "email": email, "password": first });
        let login = app.anybody().post("/auth/login", login).await.expect(200);
        let token = login["token"].as_str().unwrap().to_owned();
        let change = json!({ "current": first, "new": own });
        app.bearer(&token).post("/auth/password", change).await.expect(204);
        let credentials = json!({ "email": email, "password": own });
        Self { id: made.id(), credentials, secret: String::new(), paper: Vec::new(), token }
    }

    /// The same with an app that shows codes.
    pub async fn with_an_app(app: &TestApp, role: &str) -> Self {
        let mut person = Self::hired(app, role).await;
        person.enrol(app).await;
        let confirm = json!({ "code": person.code(app) });
        let own = app.bearer(&person.token);
        let paper = own.post("/auth/totp/confirm", confirm).await.expect(200);
        let paper = paper["recovery_codes"].as_array().unwrap().iter();
        person.paper = paper.map(|code| code.as_str().unwrap().to_owned()).collect();
        person
    }

    async fn enrol(&mut self, app: &TestApp) {
        let enrolled = app.bearer(&self.token).post("/auth/totp", json!({})).await.expect(201);
        enrolled["secret"].as_str().unwrap().clone_into(&mut self.secret);
    }

    /// What their app shows now.
    pub fn code(&self, app: &TestApp) -> String {
        self.code_at(app.app.db.clock.now())
    }

    fn code_at(&self, now: DateTime<Utc>) -> String {
        let secret = Secret::try_from_base32(&self.secret).unwrap();
        let totp = Builder::new().with_secret(secret.as_bytes()).build().unwrap();
        totp.generate(now.timestamp().try_into().unwrap()).to_string()
    }

    /// Logs in with the password and these.
    pub async fn log_in(&self, app: &TestApp, with: Value) -> Reply {
        let mut credentials = self.credentials.clone();
        credentials.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
        app.anybody().post("/auth/login", credentials).await
    }
}

async fn factors(caller: &Caller<'_>) -> Value {
    caller.get("/auth/factors").await.expect(200)
}

#[tokio::test]
async fn an_app_is_enrolled_confirmed_asked_for_and_taken_away() {
    let mut app = TestApp::start_at(NOW).await;
    let mut person = Person::hired(&app, "gate").await;
    let own = app.bearer(&person.token);
    assert_eq!(
        factors(&own).await,
        json!({ "totp_since": null, "passkeys": 0, "recovery_codes_left": 0 })
    );
    let early = own.post("/auth/totp/confirm", json!({ "code": "000000" })).await;
    assert_eq!(early.problem(409), "illegal_transition", "nothing is enrolled");
    person.enrol(&app).await;
    // Enrolled is not yet confirmed: a picture that nobody has read locks nobody out.
    let other = person.log_in(&app, json!({})).await.expect(200);
    let other = app.bearer(other["token"].as_str().unwrap());
    let used = person.code(&app);
    let wrong = own.post("/auth/totp/confirm", json!({ "code": other_than(&used) })).await;
    assert_eq!(
        (wrong.problem(422), wrong.pointers()),
        ("validation_failed".into(), vec!["/code".into()])
    );
    let confirmed = own.post("/auth/totp/confirm", json!({ "code": used })).await.expect(200);
    assert_eq!(confirmed["recovery_codes"].as_array().unwrap().len(), 10);
    assert_eq!(
        factors(&own).await,
        json!({ "totp_since": NOW, "passkeys": 0, "recovery_codes_left": 10 })
    );
    assert_eq!(other.get("/auth/me").await.problem(401), "unauthenticated", "other logins end");
    assert_eq!(own.post("/auth/totp", json!({})).await.problem(409), "illegal_transition");

    let asked = person.log_in(&app, json!({})).await;
    assert_eq!(asked.problem(401), "second_factor_required");
    assert_eq!(asked.json()["factors"], json!(["totp", "recovery_code"]));
    assert!(asked.header("www-authenticate").starts_with("Bearer"));
    let again = person.log_in(&app, json!({ "totp": used })).await;
    assert_eq!(again.problem(401), "second_factor_required", "a code is good once");
    let (email, next) = (&person.credentials["email"], person.code_at(NEXT.parse().unwrap()));
    let guess = json!({ "email": email, "password": "a wrong and long password", "totp": next });
    let guess = app.anybody().post("/auth/login", guess).await;
    assert_eq!(guess.problem(401), "unauthenticated", "who has no password learns of no factor");

    app.go_to(NEXT).await;
    let login = person.log_in(&app, json!({ "totp": next })).await.expect(200);
    let own = app.bearer(login["token"].as_str().unwrap());
    send_delete(&own, "/auth/totp").await.expect(204);
    assert_eq!(send_delete(&own, "/auth/totp").await.problem(404), "not_found");
    assert_eq!(
        factors(&own).await,
        json!({ "totp_since": null, "passkeys": 0, "recovery_codes_left": 0 })
    );
    person.log_in(&app, json!({})).await.expect(200);
}

async fn send_delete(caller: &Caller<'_>, path: &str) -> Reply {
    crate::app::send(caller.request(reqwest::Method::DELETE, path)).await
}

fn other_than(code: &str) -> &'static str {
    if code == "000000" { "000001" } else { "000000" }
}

/// Ten log in at once with one code, over two services. What an owner's trigger would do first, `before` does.
async fn ten_at_once(before: &'static str) -> Vec<u16> {
    let mut app = TestApp::start_at(NOW).await;
    let person = Person::with_an_app(&app, "gate").await;
    app.go_to(NEXT).await;
    app.owner.connect().await.unwrap().execute(before).await.unwrap();
    let (replica, code) = (app.replica().await, json!({ "totp": person.code(&app) }));
    let services = [&app, &replica].into_iter().cycle().take(10);
    let replies = services.map(|service| person.log_in(service, code.clone()));
    statuses(&join_all(replies).await)
}

#[tokio::test]
async fn a_code_lets_in_once_however_many_use_it_at_once() {
    // Three were tried, of whom one was first; the others were too many for one step.
    let statuses = ten_at_once("select").await;
    assert_eq!(statuses, [200, 401, 401, 429, 429, 429, 429, 429, 429, 429]);
}

#[tokio::test]
async fn a_code_whose_use_is_not_remembered_lets_in_as_often_as_one_may_try() {
    // The negative control of the one above.
    let forget = "create function forget_use() returns trigger language plpgsql as
                      'begin new.used_step := 0; return new; end';
                  create trigger totp_forgets before update on totp for each row execute function forget_use();";
    assert_eq!(ten_at_once(forget).await, [200, 200, 200, 429, 429, 429, 429, 429, 429, 429]);
}

#[tokio::test]
async fn three_codes_are_tried_within_a_step_and_no_more() {
    let mut app = TestApp::start_at(NOW).await;
    let person = Person::with_an_app(&app, "gate").await;
    app.go_to(NEXT).await;
    let code = person.code(&app);
    for _ in 0..3 {
        let wrong = person.log_in(&app, json!({ "totp": other_than(&code) })).await;
        assert_eq!(wrong.problem(401), "second_factor_required");
    }
    let right = person.log_in(&app, json!({ "totp": code })).await;
    assert_eq!((right.problem(429).as_str(), right.header("retry-after")), ("rate_limited", "30"));
    app.go_to("2025-10-26T10:01:00Z").await;
    person.log_in(&app, json!({ "totp": person.code(&app) })).await.expect(200);
}

#[tokio::test]
async fn a_copy_of_the_tables_makes_no_code_and_lets_nobody_in() {
    let app = TestApp::start().await;
    let person = Person::with_an_app(&app, "gate").await;
    let mut owner = app.owner.connect().await.unwrap();
    let all = "select string_agg(concat(t, r), ' ') from totp t cross join recovery_code r";
    let dump: String = sqlx::query_scalar(all).fetch_one(&mut owner).await.unwrap();
    let secret = Secret::try_from_base32(&person.secret).unwrap();
    let forms = [person.secret.clone(), hanoi_ceremony::secret::hex(secret.as_bytes())];
    for form in forms.iter().chain(&person.paper) {
        assert!(!dump.contains(form.as_str()), "{form}");
    }
    // The negative control: what is kept of the codes is found.
    let kept = hanoi_ceremony::secret::hex(&hanoi_ceremony::secret::sha256(&person.paper[0]));
    assert!(dump.contains(&kept));
    let reply = person.log_in(&app, json!({ "recovery_code": kept })).await;
    assert_eq!(reply.problem(401), "second_factor_required");
}

#[tokio::test]
async fn who_has_lost_a_factor_is_let_in_again_by_the_administrator_with_a_reason() {
    let app = TestApp::start().await;
    let person = Person::with_an_app(&app, "treaty").await;
    let path = format!("/accounts/{}/reset-factors", person.id);
    let (reason, own) = (json!({ "reason": "An example." }), app.bearer(&person.token));
    for other in [app.officer(), own.clone()] {
        assert_eq!(other.act(&path, reason.clone()).await.problem(403), "forbidden");
    }
    assert_eq!(app.administrator().act(&path, json!({})).await.pointers(), ["/reason"]);
    assert_eq!(app.administrator().post(&path, reason.clone()).await.status, 428);
    app.administrator().act(&path, reason).await.expect(200);
    assert_eq!(own.get("/auth/me").await.problem(401), "unauthenticated");
    person.log_in(&app, json!({})).await.expect(200);
    let reply = person.log_in(&app, json!({ "recovery_code": person.paper[0] })).await;
    assert_eq!(reply.problem(401), "second_factor_required", "the paper is good no more");
    let told =
        "select reason from event where kind = 'account.factors_reset' and subject::text = $1";
    let mut owner = app.owner.connect().await.unwrap();
    let told: String =
        sqlx::query_scalar(told).bind(&person.id).fetch_one(&mut owner).await.unwrap();
    assert_eq!(told, "An example.");
}

#[tokio::test]
async fn where_officers_need_a_second_factor_they_can_do_nothing_before_but_get_one() {
    let settings = format!("{SETTINGS}\n[access]\nofficers_need_second_factor = true");
    let app = TestApp::start_with(NOW, &settings).await;
    // Whoever makes the account has one.
    let mut owner = app.owner.connect().await.unwrap();
    let have = "insert into totp (account_id, sealed, enrolled_at, confirmed_at)
                select account_id, '', now(), now() from account where role = 'administrator'";
    owner.execute(have).await.unwrap();
    let mut person = Person::hired(&app, "accreditation").await;
    let login = person.log_in(&app, json!({})).await.expect(200);
    assert_eq!(login["must_enrol_second_factor"], true);
    let own = app.bearer(&person.token);
    own.get("/auth/me").await.expect(200);
    assert_eq!(own.get("/delegations").await.problem(403), "forbidden");
    person.enrol(&app).await;
    assert_eq!(
        own.get("/delegations").await.problem(403),
        "forbidden",
        "enrolled is not confirmed"
    );
    own.post("/auth/totp/confirm", json!({ "code": person.code(&app) })).await.expect(200);
    own.get("/delegations").await.expect(200);
    // It is offered to focal points, and asked of none.
    app.focal_point("FRA").get("/delegations").await.expect(200);
}

#[tokio::test]
async fn a_short_password_is_good_for_nothing_but_a_longer_one_once_the_last_factor_is_gone() {
    let app = TestApp::start().await;
    let person = Person::with_an_app(&app, "accreditation").await;
    let own = app.bearer(&person.token);
    let (long, short) = (person.credentials["password"].clone(), json!("short-ish"));
    own.post("/auth/step-up", json!({ "recovery_code": person.paper[0] })).await.expect(200);
    let change = json!({ "current": long, "new": short });
    own.post("/auth/password", change).await.expect(204);
    own.get("/delegations").await.expect(200);

    send_delete(&own, "/auth/totp").await.expect(204);
    assert_eq!(own.get("/delegations").await.problem(403), "forbidden");
    let login = person.log_in(&app, json!({ "password": short })).await.expect(200);
    assert_eq!(login["must_enrol_second_factor"], true);
    let own = app.bearer(login["token"].as_str().unwrap());
    own.get("/auth/me").await.expect(200);
    assert_eq!(own.get("/delegations").await.problem(403), "forbidden");

    let change = json!({ "current": short, "new": "another sentence of my own" });
    own.post("/auth/password", change).await.expect(204);
    own.get("/delegations").await.expect(200);
}
