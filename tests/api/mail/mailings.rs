//! Letters to many: written by one officer, let go by another, to the people of a list.

use futures_util::future::join_all;
use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, Executor as _};

use crate::app::{Caller, TestApp, member, statuses};

/// Another accreditation officer.
pub async fn another_officer<'a>(app: &'a TestApp, name: &str) -> Caller<'a> {
    let email = format!("{}@staff.example", name.to_lowercase());
    let wanted = json!({ "email": email, "name": name, "role": "accreditation" });
    let made = app.administrator().post("/invitations", wanted).await.expect(201);
    let accept = json!({ "code": made["code"], "password": "a sentence of my own choice" });
    app.anybody().post("/invitations/accept", accept).await.expect(200);
    let login = json!({ "email": email, "password": "a sentence of my own choice" });
    let token = app.anybody().post("/auth/login", login).await.expect(200)["token"].clone();
    app.bearer(token.as_str().unwrap())
}

fn to_france_and_germany() -> Value {
    json!({
        "audience": "focal_points", "filter": { "participant": "FRA,DEU" },
        "subject": { "en": "Arrival", "fr": "Arrivée" },
        "text": { "en": "The doors open at nine.\n\nBring your {name} badge.", "fr": "Les portes ouvrent à neuf heures." },
    })
}

#[tokio::test]
async fn a_letter_to_many_leaves_when_a_second_officer_has_looked_at_it() {
    let app = TestApp::start().await;
    let (officer, second) = (app.officer(), another_officer(&app, "Second").await);
    app.deliver().await;
    let before = app.letters().len();
    let mut owner = app.owner.connect().await.unwrap();
    owner
        .execute("update account set language = 'fr' where email = 'fra@test.example'")
        .await
        .unwrap();
    let made = officer.post("/mailings", to_france_and_germany()).await;
    assert_eq!(made.expect(201)["state"], "draft");
    let path = format!("/mailings/{}", made.id());
    assert_eq!(made.header("location"), format!("/api/v1{path}"));
    let preview = second.get(&format!("{path}/preview?language=fr")).await.expect(200);
    assert_eq!((&preview["subject"], &preview["readers"]), (&json!("Arrivée"), &json!(2)));
    assert!(preview["text"].as_str().unwrap().contains("Les portes ouvrent à neuf heures."));

    officer.post(&format!("{path}/test"), json!({})).await.expect(200);
    app.deliver().await;
    let letters = app.letters();
    assert_eq!(letters.len(), before + 1, "to oneself alone");
    assert_eq!(app.letters_to("accreditation@test.example")[0].subject, "Arrival");

    let alone = officer.act(&format!("{path}/approve"), json!({})).await;
    assert_eq!(alone.problem(409), "second_person_required");
    assert_eq!(
        second.post(&format!("{path}/approve"), json!({})).await.problem(428),
        "precondition_required"
    );
    let approved = second.act(&format!("{path}/approve"), json!({})).await.expect(200);
    assert_eq!((&approved["state"], &approved["readers"]), (&json!("approved"), &json!(2)));
    let again = second.act(&format!("{path}/approve"), json!({})).await;
    assert_eq!(
        (again.problem(409), again.json()["allowed"].clone()),
        ("illegal_transition".into(), json!(["withdraw"]))
    );
    app.deliver().await;
    let [french] = app.letters_to("fra@test.example").try_into().unwrap();
    assert_eq!(french.subject, "Arrivée");
    let [german] = app.letters_to("deu@test.example").try_into().unwrap();
    assert!(
        german
            .text
            .starts_with("Dear Test DEU,\n\nThe doors open at nine.\n\nBring your {name} badge.\n"),
        "{}",
        german.text
    );
    assert_eq!(app.letters().len(), before + 3, "nobody else was written to");
    // The database sees to the second officer, too.
    let same = "update mailing set approved_by = made_by";
    assert!(owner.execute(same).await.is_err());
}

#[tokio::test]
async fn a_letter_to_many_goes_once_however_many_let_it_go_at_once() {
    let app = TestApp::start().await;
    let second = another_officer(&app, "Second").await;
    app.deliver().await;
    let made = app.officer().post("/mailings", to_france_and_germany()).await.id();
    let approve = format!("/mailings/{made}/approve");
    let replies = join_all((0..6).map(|_| second.act(&approve, json!({})))).await;
    assert_eq!(statuses(&replies), [200, 409, 409, 409, 409, 409]);
    app.deliver().await;
    assert_eq!(app.letters_to("fra@test.example").len(), 1);
}

#[tokio::test]
async fn a_letter_to_many_that_is_taken_back_stops_where_it_is() {
    let app = TestApp::start().await;
    let (officer, second) = (app.officer(), another_officer(&app, "Second").await);
    app.deliver().await;
    let path =
        format!("/mailings/{}", officer.post("/mailings", to_france_and_germany()).await.id());
    second.act(&format!("{path}/approve"), json!({})).await.expect(200);
    assert_eq!(
        officer.act(&format!("{path}/withdraw"), json!({})).await.expect(200)["state"],
        "withdrawn"
    );
    app.deliver().await;
    assert_eq!(app.letters_to("fra@test.example").len(), 0);
    let cancelled = officer.get("/messages?kind=announcement&state=cancelled").await.expect(200);
    assert_eq!(cancelled["items"].as_array().unwrap().len(), 2);
    for step in ["approve", "withdraw"] {
        let late = second.act(&format!("{path}/{step}"), json!({})).await;
        assert_eq!(late.problem(409), "illegal_transition", "{step}");
    }
}

#[tokio::test]
async fn members_are_written_to_at_their_own_addresses_until_they_are_erased() {
    let app = TestApp::start().await;
    let (officer, second) = (app.officer(), another_officer(&app, "Second").await);
    app.deliver().await;
    let france = app.focal_point("FRA");
    france.post("/delegations", json!({ "participant": "FRA" })).await.expect(201);
    let mut ids = Vec::new();
    for name in ["Coming", "Leaving", "Silent"] {
        let mut person = member(name);
        person["language"] = json!("vi");
        if name == "Silent" {
            person["email"] = Value::Null;
        }
        ids.push(france.post("/delegations/FRA/members", person).await.id());
    }
    let mailing = json!({
        "audience": "members", "filter": { "participant": "FRA", "status": "draft,withdrawn" },
        "subject": { "en": "Arrival", "vi": "Giờ đến" }, "text": { "en": "At nine.", "vi": "Lúc chín giờ." },
    });
    let path = format!("/mailings/{}", officer.post("/mailings", mailing).await.id());
    let why = json!({ "reason": "An example." });
    let leaving = format!("/delegations/FRA/members/{}", ids[1]);
    france.act(&format!("{leaving}/withdraw"), why.clone()).await.expect(200);
    let approved = second.act(&format!("{path}/approve"), json!({})).await.expect(200);
    assert_eq!(approved["readers"], 2, "who has no address is not reached");
    officer.act(&format!("{leaving}/erase"), why).await.expect(201);
    app.deliver().await;
    let [letter] = app.letters_to("coming@delegate.example").try_into().unwrap();
    assert_eq!(letter.subject, "Giờ đến");
    assert!(
        letter.text.contains("Exemplar COMING") && letter.text.contains("Lúc chín giờ."),
        "{}",
        letter.text
    );
    assert_eq!(app.letters_to("leaving@delegate.example").len(), 0);
    // Who was entered by mistake can still be taken off.
    france.delete(&format!("/delegations/FRA/members/{}", ids[0])).await.expect(204);
    let cancelled = officer.get("/messages?kind=announcement&state=cancelled").await.expect(200);
    assert_eq!(cancelled["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_letter_to_many_says_what_is_wrong_with_it_and_is_of_officers_alone() {
    let app = TestApp::start().await;
    let officer = app.officer();
    for (field, value, pointer) in [
        ("audience", json!("everybody"), "/audience"),
        ("subject", json!({ "en": "a\nBcc: all@other.example" }), "/subject/en"),
        ("subject", json!({ "fr": "Arrivée" }), "/subject/en"),
        ("text", json!({ "en": " " }), "/text/en"),
        ("filter", json!("participant=FRA"), "/filter"),
        ("filter", json!({ "participant": "France" }), "/filter/participant"),
        ("filter", json!({ "email": "a@b.example" }), "/filter/email"),
        ("filter", json!({ "status": "approved" }), "/filter/status"),
    ] {
        let mut wrong = to_france_and_germany();
        wrong[field] = value;
        let reply = officer.post("/mailings", wrong).await;
        assert_eq!(reply.problem(422), "validation_failed", "{field}");
        assert_eq!(reply.pointers(), [pointer]);
    }
    let path = officer.post("/mailings", to_france_and_germany()).await.id();
    for other in [app.administrator(), app.focal_point("FRA"), app.security(), app.treaty()] {
        assert_eq!(
            other.post("/mailings", to_france_and_germany()).await.problem(403),
            "forbidden"
        );
        assert_eq!(other.get(&format!("/mailings/{path}")).await.problem(403), "forbidden");
    }
    let nobody = json!({ "audience": "members", "subject": { "en": "A" }, "text": { "en": "B" } });
    let nobody = format!("/mailings/{}/approve", officer.post("/mailings", nobody).await.id());
    let second = another_officer(&app, "Second").await;
    assert_eq!(second.act(&nobody, json!({})).await.pointers(), ["/filter"]);
}
