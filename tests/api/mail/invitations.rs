//! Invitations by mail: the code reaches whom it is for, in their language, and lies nowhere else.

use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, Executor as _};

use super::server::{MailServer, Trouble};
use crate::app::{NOW, SETTINGS, TestApp};

fn over(server: &MailServer) -> String {
    let port = server.port;
    let smtp = format!("[mail.smtp]\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"none\"\n");
    format!("{SETTINGS}\n[mail]\ntransport = \"smtp\"\n{smtp}")
}

async fn paper(app: &TestApp, code: &str) -> String {
    let paper = format!("/documents?participant={code}&kind=appointment_of_focal_point");
    app.officer().upload(&paper, "application/pdf", b"%PDF-1.7 an appointment").await.id()
}

#[tokio::test]
async fn who_is_invited_comes_in_by_the_letter_in_their_own_language() {
    let app = TestApp::start().await;
    let document = paper(&app, "FRA").await;
    let wanted = json!({ "email": "camille@mission.example", "name": "Camille Exemple", "language": "fr", "document": document });
    let made = app.officer().post("/delegations/FRA/focal-points", wanted).await.expect(201);
    let office = json!({ "email": "gate@ceremony.example", "name": "Cổng Ví Dụ", "role": "gate", "language": "vi" });
    app.administrator().post("/invitations", office).await.expect(201);
    app.deliver().await;

    let [letter] = app.letters_to("camille@mission.example").try_into().unwrap();
    assert_eq!(letter.subject, "Point focal pour France");
    assert!(letter.text.contains("Camille Exemple") && letter.text.contains("/invitation\n"));
    assert!(
        !letter.text.contains(&format!("/invitation{}", letter.code())),
        "no link holds the code"
    );
    // A file is not yet in anybody's hands: whoever invites hands the code over.
    assert_eq!(made["invitation_code"], json!(letter.code()));
    let accept = json!({ "code": letter.code(), "password": "une phrase bien à moi" });
    let account = app.anybody().post("/invitations/accept", accept).await.expect(200);
    assert_eq!(account["participants"], json!(["FRA"]));
    let [office] = app.letters_to("gate@ceremony.example").try_into().unwrap();
    assert_eq!(office.subject, "Thư mời");
    // From then on everything comes in that language.
    let id = account["id"].as_str().unwrap();
    app.administrator().act(&format!("/accounts/{id}/reset-password"), json!({})).await.expect(200);
    app.deliver().await;
    let subjects: Vec<_> = app
        .letters_to("camille@mission.example")
        .into_iter()
        .map(|letter| letter.subject)
        .collect();
    assert!(subjects.contains(&"Votre compte a un nouveau mot de passe initial".to_owned()));
}

#[tokio::test]
async fn where_letters_reach_people_nobody_else_sees_a_code() {
    let server = MailServer::start(Trouble::default()).await;
    let app = TestApp::start_with(NOW, &over(&server)).await;
    let document = paper(&app, "FRA").await;
    let (officer, administrator) = (app.officer(), app.administrator());
    let wanted = json!({ "email": "new@mission.example", "name": "New", "document": document });
    let made = officer.post_once("/delegations/FRA/focal-points", "once", wanted.clone()).await;
    let path = format!("/delegations/FRA/focal-points/{}", made.id());
    assert_eq!(made.expect(201)["invitation_code"], Value::Null);
    let again = officer.post_once("/delegations/FRA/focal-points", "once", wanted).await;
    assert_eq!(again.expect(201)["invitation_code"], Value::Null, "nor by asking again");
    let renewed = officer.act(&format!("{path}/invite"), json!({})).await.expect(200);
    assert_eq!(renewed["invitation_code"], Value::Null);
    let office = json!({ "email": "gate@ceremony.example", "name": "Gate", "role": "gate" });
    let office = administrator.post("/invitations", office).await;
    assert_eq!(office.expect(201)["code"], Value::Null);
    let renew = format!("/invitations/{}/invite", office.id());
    assert_eq!(administrator.act(&renew, json!({})).await.expect(200)["code"], Value::Null);
    app.deliver().await;
    // Of the letters with a code that was replaced none goes out.
    assert_eq!(server.letters().len(), 2);
    let texts: Vec<_> = server
        .letters()
        .iter()
        .map(|letter| mailparse::parse_mail(&letter.bytes).unwrap().get_body().unwrap())
        .collect();
    for text in texts {
        let code = text.split_whitespace().find(|word| word.starts_with("hci_")).unwrap();
        let accept = json!({ "code": code, "password": "a sentence of my own choice" });
        app.anybody().post("/invitations/accept", accept).await.expect(200);
    }
}

#[tokio::test]
async fn a_code_waits_sealed_and_is_forgotten_once_it_is_sent() {
    let app = TestApp::start().await;
    let office = json!({ "email": "gate@ceremony.example", "name": "Gate", "role": "gate" });
    let code = app.administrator().post("/invitations", office).await.expect(201)["code"].clone();
    let code = code.as_str().unwrap();
    let mut owner = app.owner.connect().await.unwrap();
    let stored = "select coalesce(sealed, '') from message where kind = 'invitation'";
    let sealed: Vec<u8> = sqlx::query_scalar(stored).fetch_one(&mut owner).await.unwrap();
    assert!(sealed.len() > code.len());
    assert!(!sealed.windows(8).any(|part| part == &code.as_bytes()[..8]), "in clear");
    let whole = "select string_agg(m::text, '') from message m";
    let whole: String = sqlx::query_scalar(whole).fetch_one(&mut owner).await.unwrap();
    assert!(
        !whole.contains("gate@ceremony.example") && !whole.contains("Gate"),
        "no address: {whole}"
    );
    app.deliver().await;
    assert_eq!(app.letters()[0].code(), code);
    let sealed: Vec<u8> = sqlx::query_scalar(stored).fetch_one(&mut owner).await.unwrap();
    assert!(sealed.is_empty());
    // The database sees to it, too.
    let kept = "update message set sealed = 'x'";
    assert!(owner.execute(kept).await.is_err(), "what is delivered holds nothing");
}

#[tokio::test]
async fn an_invitation_that_is_over_before_its_letter_leaves_is_not_sent() {
    let app = TestApp::start().await;
    let administrator = app.administrator();
    let office = json!({ "email": "gate@ceremony.example", "name": "Gate", "role": "gate" });
    let id = administrator.post("/invitations", office).await.id();
    administrator.act(&format!("/invitations/{id}/withdraw"), json!({})).await.expect(200);
    app.deliver().await;
    assert_eq!(app.letters().len(), 0);
    let messages = administrator.get("/messages?state=cancelled").await.expect(200);
    assert_eq!(messages["items"][0]["kind"], "invitation");
    let renew = format!("/invitations/{id}/invite");
    assert_eq!(administrator.act(&renew, json!({})).await.problem(409), "illegal_transition");
    assert_eq!(app.officer().act(&renew, json!({})).await.problem(403), "forbidden");
}
