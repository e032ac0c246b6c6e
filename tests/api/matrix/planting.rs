//! What a mission has before anybody asks for it.

use serde_json::{Value, json};

use super::samples::LIST;
use crate::app::{TestApp, member};
use crate::desk::signature;
use crate::mail::mailings::another_officer;

/// A key of the mission's focal point, and a device that is nobody's.
pub async fn plant_tokens(app: &TestApp, code: &str) -> (String, String) {
    let wanted = json!({
        "name": "A system of the mission", "scopes": ["delegations:read"], "participant": code,
    });
    let key = app.focal_point(code).post("/api-keys", wanted).await;
    key.expect(201);
    let wanted = json!({ "name": "A scanner", "profile": "gate" });
    let device = app.administrator().post("/devices", wanted).await;
    device.expect(201);
    (key.id(), device.id())
}

/// Full powers that nobody has looked at, and an appointment and a signature by others.
pub async fn plant_papers(app: &TestApp, code: &str) -> (String, String, String) {
    let france = app.focal_point(code);
    let minister = app.member_of(code, "minister").await;
    let office = json!({ "participant": code, "member": minister, "basis": "foreign_minister" });
    let full_powers = france.post("/full-powers", office).await;
    full_powers.expect(201);
    let signer = app.entitle(code).await;
    let appointments = france.get("/appointments").await.expect(200);
    let appointment = appointments["items"][0]["id"].as_str().unwrap().to_owned();
    let act = signature(code, &signer.full_powers, "2025-10-25T11:02:00+07:00");
    let act = app.record(act).await;
    act.expect(201);
    (full_powers.id(), appointment, act.id())
}

/// A backup in force and one who is invited, both on a paper; and somebody who is invited to an office.
pub async fn plant_focal_points(
    app: &TestApp,
    code: &str,
    word: &str,
) -> ([String; 2], String, String) {
    let paper = format!("/documents?participant={code}&kind=appointment_of_focal_point");
    let paper =
        app.officer().upload(&paper, "application/pdf", b"%PDF-1.7 an appointment").await.id();
    let mut ids = Vec::new();
    for name in [format!("{word}backup"), format!("{word}invited")] {
        let email = format!("{}@mission.example", name.to_lowercase());
        let wanted = json!({ "email": email, "name": name, "document": paper });
        let made = app.officer().post(&format!("/delegations/{code}/focal-points"), wanted).await;
        if name.ends_with("backup") {
            let code = made.expect(201)["invitation_code"].clone();
            let accept = json!({ "code": code, "password": "a sentence of my own choice" });
            app.anybody().post("/invitations/accept", accept).await.expect(200);
        }
        ids.push(made.id());
    }
    let email = format!("{}gate@ceremony.example", word.to_lowercase());
    let office = json!({ "email": email, "name": "Gate", "role": "gate" });
    let invitation = app.administrator().post("/invitations", office).await;
    invitation.expect(201);
    (ids.try_into().unwrap(), paper, invitation.id())
}

/// A list that was only seen, and one that was taken in.
pub async fn plant_lists(app: &TestApp, code: &str, word: &str) -> [String; 2] {
    let mission = app.focal_point(code);
    let list = String::from_utf8(LIST.to_vec()).unwrap();
    let list = list.replace("canarylist@", &format!("{}list@", word.to_lowercase()));
    let other = list.replace("list@", "list2@");
    let path = format!("/imports?participant={code}");
    let taken_in = mission.upload(&path, "text/csv", other.as_bytes()).await;
    taken_in.expect(201);
    let commit = format!("/imports/{}/commit", taken_in.id());
    mission.act(&commit, json!({})).await.expect(200);
    let seen = mission.upload(&path, "text/csv", list.as_bytes()).await;
    seen.expect(201);
    [seen.id(), taken_in.id()]
}

/// Somebody who does not come, a hold on another, and the certificate of somebody else's erasure.
pub async fn plant_retention(app: &TestApp, code: &str, word: &str) -> (String, String, String) {
    let (france, officer) = (app.focal_point(code), app.officer());
    let (at, reason) = (format!("/delegations/{code}/members"), json!({ "reason": "An example." }));
    let mut gone = Vec::new();
    for name in ["Erased", "Withdrawn"] {
        let id = france.post(&at, member(&format!("{word}{name}"))).await.id();
        france.act(&format!("{at}/{id}/withdraw"), reason.clone()).await.expect(200);
        gone.push(id);
    }
    let certificate = officer.act(&format!("{at}/{}/erase", gone[0]), reason).await;
    certificate.expect(201);
    let other = france.get("/members?status=approved").await.json()["items"][0]["id"].clone();
    let hold = json!({ "participant": code, "member": other, "reason": "An example." });
    let hold = officer.post("/legal-holds", hold).await;
    hold.expect(201);
    (gone[1].clone(), hold.id(), certificate.id())
}

/// A letter to somebody of the organizer's: their password was given anew.
pub async fn plant_message(app: &TestApp, word: &str) -> String {
    let administrator = app.administrator();
    let email = format!("{}letters@test.example", word.to_lowercase());
    let other = json!({ "email": email, "name": "Letters", "role": "gate" });
    let other = administrator.post("/accounts", other).await.id();
    administrator.act(&format!("/accounts/{other}/reset-password"), json!({})).await.expect(200);
    let letters = administrator.get("/messages?kind=password_given").await.expect(200);
    letters["items"][0]["id"].as_str().unwrap().to_owned()
}

/// A letter to a mission's focal points that nobody has let go, and one to its members that is on its way.
pub async fn plant_mailings(app: &TestApp, code: &str, word: &str) -> String {
    let to = |audience| {
        json!({
            "audience": audience, "filter": { "participant": code },
            "subject": { "en": "A word" }, "text": { "en": "Some words." },
        })
    };
    let second = another_officer(app, &format!("{word}second")).await;
    let gone = second.post("/mailings", to("members")).await;
    let gone = format!("/mailings/{}/approve", gone.id());
    app.officer().act(&gone, json!({})).await.expect(200);
    let made = app.officer().post("/mailings", to("focal_points")).await;
    made.expect(201);
    made.id()
}

/// A change of somebody who was approved, which waits for a decision.
pub async fn plant_change(app: &TestApp, code: &str, word: &str, member: &str) -> String {
    let requests = format!("/delegations/{code}/members/{member}/change-requests");
    let changes = json!({ "changes": { "affiliation": format!("{word} Changed") } });
    let asked = app.focal_point(code).post(&requests, changes).await;
    asked.expect(201);
    asked.id()
}

/// An override of what keeps these full powers from being signed by, which a second officer is to look at.
pub async fn plant_override(app: &TestApp, full_powers: &str, word: &str) -> String {
    let wanted = json!({ "lifts": ["not_confirmed"], "reason": format!("{word} lost a bag.") });
    let path = format!("/full-powers/{full_powers}/overrides");
    let proposed = app.second_treaty().post(&path, wanted).await;
    proposed.expect(201);
    proposed.id()
}

/// An order to freeze the record, which a second officer is to look at.
pub async fn plant_order(app: &TestApp) -> String {
    let wanted = json!({ "order": "frozen", "reason": "An example." });
    let proposed = app.second_treaty().post("/ledger/orders", wanted).await;
    proposed.expect(201);
    proposed.id()
}

/// Somebody for the register.
pub fn newcomer(code: &str) -> Value {
    let name = format!("Sample State {code}");
    json!({ "code": code, "kind": "non_member_state", "names": { "en": name }, "reason": "An example." })
}

/// A report that the accreditation officer took away, one that they had made, and one that they have made every hour.
pub async fn plant_exports(app: &TestApp) -> [String; 3] {
    let taken = app.officer().get("/reports/delegations.csv").await;
    assert_eq!(taken.status, 200, "{}", taken.text);
    let wanted = json!({ "report": "delegations", "format": "csv" });
    let job = app.officer().post("/exports", wanted).await;
    job.expect(202);
    app.make_exports().await;
    let key = age::x25519::Identity::generate().to_public().to_string();
    let hourly = json!({
        "report": "delegations", "format": "csv", "every": "hour", "destination": "mail", "recipients": [key],
    });
    let schedule = app.officer().post("/export-schedules", hourly).await;
    schedule.expect(201);
    [taken.header("export-id").to_owned(), job.id(), schedule.id()]
}

/// A passport's number that only the people of one mission have.
pub fn passport(word: &str) -> String {
    format!("{}73918", &word.to_uppercase()[..3])
}
