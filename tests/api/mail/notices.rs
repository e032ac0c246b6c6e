//! What people are told of what happened, in the transaction in which it did.

use hanoi_ceremony::access::Role;
use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, Executor as _};

use crate::app::{TestApp, member};

/// The subjects of what a reader got.
fn subjects(app: &TestApp, address: &str) -> Vec<String> {
    app.letters_to(address).into_iter().map(|letter| letter.subject).collect()
}

#[tokio::test]
async fn r34_focal_points_are_told_of_each_decision_on_their_delegation_and_nobody_else_is() {
    let app = TestApp::start().await;
    let (france, officer) = (app.focal_point("FRA"), app.officer());
    france.post("/delegations", json!({ "participant": "FRA" })).await.expect(201);
    let head = france.post("/delegations/FRA/members", with_function("Head", "head")).await.id();
    france.act("/delegations/FRA/submit", json!({})).await.expect(200);
    let why = json!({ "reason": "The secret reason." });
    officer.act("/delegations/FRA/return", why).await.expect(200);
    france.act("/delegations/FRA/submit", json!({})).await.expect(200);
    let note = "/documents?participant=FRA&kind=note_verbale";
    let note = france.upload(note, "application/pdf", b"%PDF-1.7 a note").await.id();
    officer.act(&format!("/documents/{note}/verify"), json!({})).await.expect(200);
    officer.act("/delegations/FRA/accept", json!({})).await.expect(200);
    app.deliver().await;

    let letters = app.letters();
    assert!(letters.iter().all(|letter| letter.to.contains("<fra@test.example>")), "{letters:?}");
    let told: Vec<_> =
        letters.iter().map(|letter| letter.subject.rsplit("of France ").next().unwrap()).collect();
    assert_eq!(told, ["was received", "is to be completed", "was received", "was accepted"]);
    for letter in &letters {
        assert!(letter.text.starts_with("Dear Test FRA,\n"), "{}", letter.text);
        assert!(
            letter.text.contains("/delegations/FRA\n") && !letter.text.contains("secret reason")
        );
        assert!(!letter.text.contains("HEAD") && !letter.text.contains(&head), "names no member");
    }
}

#[tokio::test]
async fn r09_a_mission_is_told_of_its_full_powers_and_of_its_hour_in_its_own_language() {
    let app = TestApp::start().await;
    let mut owner = app.owner.connect().await.unwrap();
    let french = "update account set language = 'fr' where email = 'fra@test.example'";
    owner.execute(french).await.unwrap();
    let member = app.member_of("FRA", "permanent_representative").await;
    let application = app.application("FRA", &member).await;
    let lodged = app.focal_point("FRA").post("/full-powers", application).await.id();
    let path = format!("/full-powers/{lodged}");
    app.treaty().act(&format!("{path}/verify"), json!({})).await.expect(200);
    app.second_treaty().act(&format!("{path}/confirm"), json!({})).await.expect(200);
    let hour = app.appoint(&lodged, "hanoi", "2025-10-25T11:00:00+07:00").await;
    hour.expect(201);
    let why = json!({ "reason": "The secret reason." });
    let cancel = format!("/appointments/{}/cancel", hour.id());
    app.treaty().act(&cancel, why).await.expect(200);
    app.deliver().await;
    let decision = "Décision sur les pleins pouvoirs (France)";
    let told = subjects(&app, "fra@test.example");
    assert_eq!(
        told,
        [
            decision,
            decision,
            "Rendez-vous de signature (France)",
            "Rendez-vous de signature annulé (France)"
        ]
    );
    assert_eq!(app.letters().len(), told.len(), "nobody else is told");
    assert!(app.letters().iter().all(|letter| !letter.text.contains("secret reason")));
}

#[tokio::test]
async fn r38_who_speaks_for_a_participant_no_more_before_a_letter_leaves_does_not_get_it() {
    let app = TestApp::start().await;
    let france = app.focal_point("FRA");
    france.post("/delegations", json!({ "participant": "FRA" })).await.expect(201);
    france.post("/delegations/FRA/members", with_function("Head", "head")).await.expect(201);
    france.act("/delegations/FRA/submit", json!({})).await.expect(200);
    let mut owner = app.owner.connect().await.unwrap();
    let over = "update focal_point set expires_on = '2025-10-25' where participant = 'FRA'";
    owner.execute(over).await.unwrap();
    app.deliver().await;
    assert_eq!(app.letters().len(), 0);
    let cancelled = app.officer().get("/messages?state=cancelled").await.expect(200);
    assert_eq!(cancelled["items"][0]["kind"], "delegation_submitted");
}

#[tokio::test]
async fn many_decisions_on_members_are_one_letter() {
    let app = TestApp::start().await;
    let (france, officer, security) = (app.focal_point("FRA"), app.officer(), app.security());
    france.post("/delegations", json!({ "participant": "FRA" })).await.expect(201);
    let mut paths = Vec::new();
    for name in ["One", "Two", "Three"] {
        let id = france.post("/delegations/FRA/members", member(name)).await.id();
        let path = format!("/delegations/FRA/members/{id}");
        france.act(&format!("{path}/submit"), json!({})).await.expect(200);
        officer.act(&format!("{path}/pre-approve"), json!({})).await.expect(200);
        paths.push(path);
    }
    for path in &paths[..2] {
        security.act(&format!("{path}/approve"), json!({})).await.expect(200);
    }
    app.deliver().await;
    assert_eq!(app.letters().len(), 0, "it waits for more of its kind");
    app.deliver_all().await;
    assert_eq!(subjects(&app, "fra@test.example").len(), 1);
    // What is decided after that is another letter.
    security.act(&format!("{}/approve", paths[2]), json!({})).await.expect(200);
    app.deliver_all().await;
    assert_eq!(subjects(&app, "fra@test.example").len(), 2);
}

#[tokio::test]
async fn whose_password_is_another_one_is_told_so() {
    let app = TestApp::start().await;
    let administrator = app.administrator();
    let wanted = json!({ "email": "gate@ceremony.example", "name": "Gate", "role": "gate" });
    let account = administrator.post("/accounts", wanted).await;
    let first = account.expect(201)["initial_password"].as_str().unwrap().to_owned();
    let own = "a sentence of my own choice";
    change_password(&app, &first, own).await;
    let reset = format!("/accounts/{}/reset-password", account.id());
    let given = administrator.act(&reset, json!({})).await.expect(200)["initial_password"].clone();
    change_password(&app, given.as_str().unwrap(), own).await;
    app.deliver().await;
    let told = subjects(&app, "gate@ceremony.example");
    let logged_in = "Somebody logged in with your first password";
    assert_eq!(
        told,
        [
            logged_in,
            "Your password was changed",
            "Your account has a new first password",
            logged_in,
            "Your password was changed",
        ]
    );
    let shown = app
        .letters()
        .iter()
        .any(|letter| letter.text.contains(&first) || letter.text.contains(own));
    assert!(!shown, "no letter holds a password");
}

#[tokio::test]
async fn a_mission_changes_its_own_password_and_is_told_so() {
    let app = TestApp::start().await;
    let wanted = json!({ "email": "new@mission.example", "name": "New", "role": "focal_point", "participant": "FRA" });
    let account = app.administrator().post("/accounts", wanted).await.expect(201);
    let first = account["initial_password"].as_str().unwrap();
    let own = "a sentence of my own choice";
    let login = |password: &str| json!({ "email": "new@mission.example", "password": password });
    let token = app.anybody().post("/auth/login", login(first)).await.expect(200)["token"].clone();
    let caller = app.bearer(token.as_str().unwrap());
    caller.post("/auth/password", json!({ "current": first, "new": own })).await.expect(204);
    app.anybody().post("/auth/login", login(own)).await.expect(200);
    app.deliver().await;
    assert_eq!(
        subjects(&app, "new@mission.example"),
        ["Somebody logged in with your first password", "Your password was changed"]
    );
}

async fn change_password(app: &TestApp, from: &str, to: &str) {
    let login = json!({ "email": "gate@ceremony.example", "password": from });
    let token = app.anybody().post("/auth/login", login).await.expect(200)["token"].clone();
    let caller = app.bearer(token.as_str().unwrap());
    caller.post("/auth/password", json!({ "current": from, "new": to })).await.expect(204);
}

#[tokio::test]
async fn what_did_not_happen_is_told_to_nobody() {
    let app = TestApp::start().await;
    let france = app.focal_point("FRA");
    france.post("/delegations", json!({ "participant": "FRA" })).await.expect(201);
    france.post("/delegations/FRA/members", with_function("Head", "head")).await.expect(201);
    france.act("/delegations/FRA/submit?dry_run=true", json!({})).await.expect(200);
    // The letters cannot be stored: then the delegation is not submitted, either.
    let mut owner = app.owner.connect().await.unwrap();
    owner.execute("revoke insert on message from ceremony_app").await.unwrap();
    assert_eq!(france.act("/delegations/FRA/submit", json!({})).await.status, 503);
    assert_eq!(france.get("/delegations/FRA").await.json()["stage"], "draft");
    owner.execute("grant insert on message to ceremony_app").await.unwrap();
    app.deliver().await;
    assert_eq!(app.letters().len(), 0);
    // The negative control: when it happens, it is told.
    france.act("/delegations/FRA/submit", json!({})).await.expect(200);
    app.deliver().await;
    assert_eq!(app.letters().len(), 1);
}

#[tokio::test]
async fn r38_officers_see_how_far_letters_are_and_missions_see_none() {
    let app = TestApp::start().await;
    let france = app.focal_point("FRA");
    france.post("/delegations", json!({ "participant": "FRA" })).await.expect(201);
    france.post("/delegations/FRA/members", with_function("Head", "head")).await.expect(201);
    france.act("/delegations/FRA/submit", json!({})).await.expect(200);
    let wanted = json!({ "email": "gate@ceremony.example", "name": "Gate", "role": "gate" });
    let account = app.administrator().post("/accounts", wanted).await.id();
    let reset = format!("/accounts/{account}/reset-password");
    app.administrator().act(&reset, json!({})).await.expect(200);

    let waiting = app.officer().get("/messages?state=waiting").await.expect(200);
    let item = &waiting["items"][1];
    assert_eq!(
        (&item["kind"], &item["participant"], &item["attempts"], &item["trouble"]),
        (&json!("delegation_submitted"), &json!("FRA"), &json!(0), &Value::Null)
    );
    let path = format!("/messages/{}", item["id"].as_str().unwrap());
    app.deliver().await;
    let item = app.officer().get(&path).await.expect(200);
    assert_eq!((&item["state"], &item["attempts"]), (&json!("delivered"), &json!(1)));
    assert_eq!(app.officer().get("/messages?state=waiting").await.json()["items"], json!([]));
    // To the administrator missions do not exist, and neither do their letters.
    let of_accounts = app.administrator().get("/messages").await.expect(200);
    let kinds: Vec<_> =
        of_accounts["items"].as_array().unwrap().iter().map(|item| &item["kind"]).collect();
    assert_eq!(kinds, [&json!("password_given")]);
    assert_eq!(app.administrator().get(&path).await.problem(404), "not_found");
    for role in [Role::FocalPoint, Role::Security, Role::Gate, Role::Treaty, Role::Programme] {
        assert_eq!(app.role(role).get("/messages").await.problem(403), "forbidden");
        assert_eq!(app.role(role).get(&path).await.problem(403), "forbidden");
    }
}

#[tokio::test]
async fn letters_are_shown_before_anybody_gets_one() {
    let app = TestApp::start().await;
    let shown = app.administrator().get("/letters/focal_point_invitation?language=vi").await;
    let shown = shown.expect(200);
    assert_eq!(shown["subject"], "Đầu mối liên lạc của Viet Nam");
    let text = shown["text"].as_str().unwrap();
    assert!(text.starts_with("Kính gửi Ann Sample,\n") && text.contains("example-code"), "{text}");
    let officer = app.officer();
    assert_eq!(officer.get("/letters/nonsense").await.problem(404), "not_found");
    assert_eq!(officer.get("/letters/invitation?language=xx").await.pointers(), ["/language"]);
}

fn with_function(name: &str, function: &str) -> Value {
    let mut person = member(name);
    person["function"] = json!(function);
    person
}
