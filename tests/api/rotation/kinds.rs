//! Something of every kind that is sealed, and how it is opened again.

use serde_json::json;

use crate::app::{Caller, TestApp, member};
use crate::factors::Person;

const REASON: &str = "?reason=An%20example.";

/// What was lodged.
pub struct Kinds {
    member: String,
    document: String,
    request: String,
    previewed: String,
    committed: String,
    export: String,
    /// With an app that shows codes.
    pub person: Person,
}

fn list(row: &str) -> Vec<u8> {
    format!("family_name,given_names,function,rank,passport_number,email\n{row}\n").into_bytes()
}

async fn upload(mission: &Caller<'_>, row: &str) -> String {
    mission.upload("/imports?participant=FRA", "text/csv", &list(row)).await.id()
}

impl Kinds {
    /// A person with two passports of whom a change is asked for, the same person in another delegation, papers, an import
    /// that was committed and one that was not, an export, answers that are kept, a letter, and a wish for a new password.
    pub async fn lodge(app: &TestApp) -> Self {
        let mission = app.focal_point("FRA");
        mission.post("/delegations", json!({ "participant": "FRA" })).await.expect(201);
        let mut person = member("Sample");
        person["other_passports"] =
            json!([{ "nationality": "DEU", "number": "C0000456", "expires_on": "2031-01-01" }]);
        let entered = mission.post_once("/delegations/FRA/members", "sample", person.clone()).await;
        let member = entered.id();
        let path = format!("/delegations/FRA/members/{member}");
        mission.act(&format!("{path}/submit"), json!({})).await.expect(200);
        app.officer().act(&format!("{path}/pre-approve"), json!({})).await.expect(200);
        let wanted = json!({ "changes": { "passport": { "number": "X0000123" } } });
        let request = mission.act(&format!("{path}/change-requests"), wanted).await.id();

        let other = app.focal_point("DEU");
        other.post("/delegations", json!({ "participant": "DEU" })).await.expect(201);
        person["email"] = json!("twice@delegate.example");
        other.post("/delegations/DEU/members", person).await.expect(201);

        let paper = format!("/documents?participant=FRA&kind=passport&member={member}");
        let document = mission.upload(&paper, "application/pdf", b"%PDF-1.7 an example").await.id();
        let previewed =
            upload(&mission, "NEXT,Exemplar,staff,none,X0000777,next@delegate.example").await;
        let committed =
            upload(&mission, "LATER,Exemplar,staff,none,X0000778,later@delegate.example").await;
        let path = format!("/imports/{committed}/commit");
        mission.act(&path, json!({})).await.expect(200);
        let person = Person::with_an_app(app, "gate").await;
        // A letter that carries a code, and somebody who forgot their password: both wait for the worker.
        let office = json!({ "email": "new@ceremony.example", "name": "New", "role": "gate" });
        app.administrator().post("/invitations", office).await.expect(201);
        let forgotten = json!({ "email": "gate@test.example" });
        app.anybody().post("/auth/password-reset", forgotten).await.expect(202);
        let wanted = json!({ "report": "delegations", "format": "csv" });
        let export = app.officer().post("/exports", wanted).await.id();
        app.make_exports().await;
        Self { member, document, request, previewed, committed, export, person }
    }

    /// Opens each of them.
    pub async fn open(&self, app: &TestApp) {
        let (mission, security) = (app.focal_point("FRA"), app.security());
        let path = format!("/delegations/FRA/members/{}", self.member);
        let passport = security.get(&format!("{path}/passport{REASON}")).await.expect(200);
        assert_eq!(passport["number"], "X0000000", "{passport}");
        let shown = mission.get(&path).await.expect(200);
        assert_eq!(shown["other_passports"][0]["number"], "•••456");
        let content = mission.get(&format!("/documents/{}/content", self.document)).await;
        assert_eq!((content.status, content.text.as_str()), (200, "%PDF-1.7 an example"));
        let request = mission.get(&format!("/change-requests/{}", self.request)).await;
        assert!(request.text.contains("•••123"), "{}", request.text);
        let preview = mission.get(&format!("/imports/{}", self.previewed)).await.expect(200);
        assert_eq!(preview["preview"]["rows"][0]["state"], "new");
        let export = app.officer().get(&format!("/jobs/{}/result", self.export)).await;
        assert_eq!((export.status, export.text.lines().count()), (200, 3));
        // What was committed is tried to be taken back, for which it is opened.
        let path = format!("/imports/{}/rollback?dry_run=true", self.committed);
        mission.act(&path, json!({})).await.expect(200);
        let mut person = member("Sample");
        person["other_passports"] =
            json!([{ "nationality": "DEU", "number": "C0000456", "expires_on": "2031-01-01" }]);
        let again = mission.post_once("/delegations/FRA/members", "sample", person).await;
        assert_eq!(
            (again.id(), again.header("idempotency-replayed")),
            (self.member.clone(), "true")
        );
    }

    /// Officers are warned of who is entered twice.
    pub async fn warned(&self, app: &TestApp) {
        let shown = app.officer().get(&format!("/delegations/FRA/members/{}", self.member)).await;
        assert!(shown.text.contains("\"passport\""), "{}", shown.text);
        let warnings = shown.json()["warnings"].as_array().map_or(0, Vec::len);
        assert!(warnings > 0, "{}", shown.text);
    }
}
