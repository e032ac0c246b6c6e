//! A mission of which every field has a value that stands nowhere else.

use serde_json::json;

use super::Class::{self, Contact, Identity, Known, Paper, Protocol};
use crate::app::{self, TestApp};
use crate::matrix::samples::{Content, Sample};

/// A field, and what it holds here.
pub struct Field {
    pub name: &'static str,
    pub value: &'static str,
    pub class: Class,
}

const fn field(name: &'static str, value: &'static str, class: Class) -> Field {
    Field { name, value, class }
}

pub const PLANTED: &[Field] = &[
    field("family name", "VISIBLEFAMILY", Known),
    field("given names", "Visiblegiven", Known),
    field("badge name", "Visiblebadge", Known),
    field("native name", "Видимый", Known),
    field("nationality", "\"LIE\"", Known),
    field("form of address", "Visibleaddress", Protocol),
    field("function", "\"interpreter\"", Protocol),
    field("rank", "\"crown_prince\"", Protocol),
    field("functional title", "Visibletitle", Protocol),
    field("affiliation", "Visibleaffiliation", Protocol),
    field("date of birth", "1951-07-19", Identity),
    field("passport, masked", "•••Q7X", Identity),
    field("passport, in clear", "VISQ7X", Identity),
    field("passport expiry", "2033-03-14", Identity),
    field("second passport, in clear", "SECW8Y", Identity),
    field("e-mail", "visible.member@", Contact),
    field("remarks", "Visibleremarks", Protocol),
    field("contact e-mail", "visible.mission@", Contact),
    field("asked: badge name", "Askedbadge", Known),
    field("asked: title", "Askedtitle", Protocol),
    field("asked: e-mail", "asked.member@", Contact),
    field("asked: date of birth", "1952-08-20", Identity),
    field("asked: note", "Askednote", Protocol),
    field("list: affiliation", "Listedaffiliation", Contact),
    field("list: date of birth", "1953-09-21", Contact),
    field("paper: note verbale", "visible-note.pdf", Paper),
    field("paper: passport", "visible-passport.pdf", Identity),
    field("full powers: issuer", "Visibleissuer", Paper),
];

/// Who is to see a planted value.
pub fn class(name: &str) -> Option<Class> {
    PLANTED.iter().find(|field| field.name == name).map(|field| field.class)
}

/// What was planted, where a route asks for one of its kind.
pub struct Planted {
    member: String,
    change_request: String,
    import: String,
}

impl Planted {
    /// Lets France hand in all of it, as far as the way of a member goes. Its delegation is there.
    pub async fn plant(app: &TestApp) -> Self {
        let (france, at) = (app.focal_point("FRA"), "/delegations/FRA");
        let contact = json!({ "remarks": "Visibleremarks.", "contact_email": "visible.mission@mission.example" });
        app.officer().patch(at, contact).await.expect(200);
        let person = json!({
            "family_name": "VISIBLEFAMILY", "given_names": "Visiblegiven", "badge_name": "Visiblebadge",
            "native_name": "Видимый", "form_of_address": "Visibleaddress", "function": "interpreter",
            "rank": "crown_prince", "functional_title": "Visibletitle", "affiliation": "Visibleaffiliation",
            "date_of_birth": "1951-07-19", "nationality": "LIE", "email": "visible.member@delegate.example",
            "passport": { "number": "VISQ7X", "expires_on": "2033-03-14" }, "language": "de",
            "other_passports": [{ "nationality": "AUT", "number": "SECW8Y", "expires_on": "2031-01-01" }],
        });
        let member = france.post(&format!("{at}/members"), person).await;
        member.expect(201);
        let member = member.id();
        let steps = [(&france, "submit"), (&app.officer(), "pre-approve")];
        for (who, step) in steps {
            who.act(&format!("{at}/members/{member}/{step}"), json!({})).await.expect(200);
        }
        let wanted = json!({
            "changes": {
                "badge_name": "Askedbadge", "functional_title": "Askedtitle", "email": "asked.member@delegate.example",
                "date_of_birth": "1952-08-20",
            },
            "note": "Askednote.",
        });
        let asked = france.post(&format!("{at}/members/{member}/change-requests"), wanted).await;
        asked.expect(201);
        for (kind, of) in [
            ("note_verbale&file_name=visible-note.pdf", String::new()),
            ("passport&file_name=visible-passport.pdf", format!("&member={member}")),
        ] {
            let path = format!("/documents?participant=FRA&kind={kind}{of}");
            france
                .upload(&path, "application/pdf", b"%PDF-1.7 a paper that is seen")
                .await
                .expect(201);
        }
        let office = json!({
            "participant": "FRA", "member": member, "basis": "full_powers", "issued_on": "2025-10-01",
            "issued_by": { "name": "Visibleissuer", "office": "foreign_minister" }, "acts": ["sign"],
        });
        france.post("/full-powers", office).await.expect(201);
        // Of somebody else: what is asked for already is not asked for by a list.
        let other = app::member("Other");
        france.post(&format!("{at}/members"), other).await.expect(201);
        let list = "family_name,given_names,function,rank,email,affiliation,date_of_birth\n\
                    OTHER,Exemplar,representative,director,other@delegate.example,Listedaffiliation,1953-09-21\n";
        let import = france.upload("/imports?participant=FRA", "text/csv", list.as_bytes()).await;
        import.expect(201);
        Self { member, change_request: asked.id(), import: import.id() }
    }

    /// Turns a sample to what was planted, so that a route that shows one thing shows this.
    pub fn put_into(&self, sample: &mut Sample, pattern: &str) {
        for (before, id) in [
            ("/members/{id}", &self.member),
            ("/change-requests/{id}", &self.change_request),
            ("/imports/{id}", &self.import),
        ] {
            let Some(at) = pattern.find(before) else { continue };
            let kept = before.len() - "{id}".len();
            let segment = pattern[..at].matches('/').count() + before[..kept].matches('/').count();
            let parts = sample.path.split('/').enumerate();
            // A sample's path begins below the pattern's `/api/v1`.
            let parts = parts.map(|(place, part)| {
                let (_, query) = part.split_once('?').map_or((part, ""), |(id, query)| (id, query));
                match (place + 2 == segment, query) {
                    (true, "") => id.clone(),
                    (true, query) => format!("{id}?{query}"),
                    (false, _) => part.to_owned(),
                }
            });
            sample.path = parts.collect::<Vec<_>>().join("/");
        }
        if pattern == "/api/v1/members:batch" {
            let operation = json!({ "action": "reject", "participant": "FRA", "member": self.member, "reason": "An example." });
            sample.content = Content::Json(json!({ "atomic": false, "operations": [operation] }));
        }
    }
}
