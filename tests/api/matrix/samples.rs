//! A request for each route that is well formed, so that only who asks decides.

use reqwest::Method;
use serde_json::{Value, json};

use super::others::{PUBLIC, content_of_others, is_of_others};
use super::planting::{
    newcomer, passport, plant_change, plant_exports, plant_focal_points, plant_lists,
    plant_mailings, plant_message, plant_order, plant_override, plant_papers, plant_retention,
    plant_tokens,
};
use super::programme::{Programme, content_of_programme, is_of_programme};
use super::side_events::{SideEvents, content_of_side_events, is_of_side_events};
use crate::app::{TestApp, member};

/// An identity that nothing has.
pub const NOBODYS: &str = "018f0000-0000-7000-8000-000000000000";
pub const PDF: &[u8] = b"%PDF-1.7 a paper of the matrix";
pub const LIST: &[u8] = b"family_name,given_names,function,rank,email\nCANARYLIST,A,staff,none,canarylist@delegate.example\n";

/// One request, but for who makes it.
pub struct Sample {
    /// Below `/api/v1`, or after `//` from the root.
    pub path: String,
    /// What is sent.
    pub content: Content,
    /// Whether it is for everybody: such a request knows no dry run.
    pub is_public: bool,
    /// Whether it is about something of France's alone, which to others does not exist.
    pub is_of_france: bool,
    /// Whether it is refused without an `Idempotency-Key`.
    pub needs_key: bool,
}

/// What a request carries.
#[derive(Debug, Clone)]
pub enum Content {
    Nothing,
    Json(Value),
    Patch(Value),
    File(&'static [u8]),
}

/// What a mission, here France, has before anybody asks.
pub struct Seeds {
    code: &'static str,
    word: String,
    account: String,
    /// With which France's focal point asks.
    login: String,
    api_key: String,
    device: String,
    delegation: String,
    document: String,
    /// One for each stage of clearance, in this order: draft, submitted, pre-approved, approved.
    members: [String; 4],
    change_request: String,
    full_powers: String,
    appointment: String,
    /// An override that nobody has approved yet.
    overriding: String,
    order: String,
    /// What an officer took away, what they had made, and what they have made every hour.
    exports: [String; 3],
    act: String,
    /// A backup in force, and somebody who is invited.
    focal_points: [String; 2],
    /// The paper that appoints them.
    appointing: String,
    invitation: String,
    /// A list that was only seen, and one that was taken in.
    imports: [String; 2],
    withdrawn: String,
    legal_hold: String,
    certificate: String,
    /// A letter that goes to an account.
    message: String,
    mailing: String,
    programme: Programme,
    side_events: SideEvents,
}

impl Seeds {
    /// Lets France's focal point hand things in, and officers let some of its members pass.
    pub async fn plant(app: &TestApp) -> Self {
        Self::plant_newcomer(app).await;
        Self::plant_for(app, "FRA", "Canary").await
    }

    /// Adds somebody to the register.
    pub async fn plant_newcomer(app: &TestApp) {
        app.administrator().post("/participants", newcomer("XEX")).await.expect(201);
    }

    #[expect(clippy::too_many_lines, reason = "a world is planted from its beginning to its end")]
    /// The same for any mission. Its words all begin with `word`, by which they can be found.
    pub async fn plant_for(app: &TestApp, code: &'static str, word: &str) -> Self {
        let france = app.focal_point(code);
        let account = france.get("/auth/me").await.id();
        let logins = france.get("/auth/sessions").await.expect(200);
        let login = logins["items"][0]["id"].as_str().unwrap().to_owned();
        let (api_key, device) = plant_tokens(app, code).await;
        let at = format!("/delegations/{code}");
        let delegation = france.post("/delegations", json!({ "participant": code })).await;
        delegation.expect(201);
        let contact = json!({ "remarks": format!("{word} remarks."), "contact_email": format!("{word}@mission.example") });
        france.patch(&at, contact).await.expect(200);
        let note = format!("/documents?participant={code}&kind=note_verbale&file_name={word}.pdf");
        let document = france.upload(&note, "application/pdf", PDF).await;
        document.expect(201);
        let mut members = Vec::new();
        for (name, passed) in [("Draft", 0), ("Submitted", 1), ("Preapproved", 2), ("Approved", 3)]
        {
            let mut person = member(&format!("{word}{name}"));
            if name == "Draft" {
                person["function"] = json!("head");
            }
            person["passport"]["number"] = json!(passport(word));
            let id = france.post(&format!("{at}/members"), person).await.id();
            let steps = [
                (&france, "submit"),
                (&app.officer(), "pre-approve"),
                (&app.security(), "approve"),
            ];
            for (who, step) in &steps[..passed] {
                who.act(&format!("{at}/members/{id}/{step}"), json!({})).await.expect(200);
            }
            members.push(id);
        }
        let (full_powers, appointment, act) = plant_papers(app, code).await;
        let overriding = plant_override(app, &full_powers, word).await;
        let order = plant_order(app).await;
        app.substitute(code, false).await;
        let (focal_points, appointing, invitation) = plant_focal_points(app, code, word).await;
        // An erasure forgets the lists from before it.
        let (withdrawn, legal_hold, certificate) = plant_retention(app, code, word).await;
        let imports = plant_lists(app, code, word).await;
        france.act(&format!("{at}/submit"), json!({})).await.expect(200);
        let change_request = plant_change(app, code, word, &members[2]).await;
        let members: [String; 4] = members.try_into().unwrap();
        let programme = Programme::plant(app, code, &members[3]).await;
        let side_events = SideEvents::plant(app, code, word, &members[3]).await;
        Self {
            code,
            word: word.to_owned(),
            account,
            login,
            api_key,
            device,
            delegation: delegation.id(),
            document: document.id(),
            members,
            change_request,
            full_powers,
            appointment,
            overriding,
            order,
            exports: plant_exports(app).await,
            act,
            focal_points,
            appointing,
            invitation,
            imports,
            withdrawn,
            legal_hold,
            certificate,
            message: plant_message(app, word).await,
            mailing: plant_mailings(app, code, word).await,
            programme,
            side_events,
        }
    }

    /// Everything by which France could be noticed.
    fn all(&self) -> Vec<String> {
        let papers = [&self.document, &self.change_request, &self.full_powers];
        let papers = papers.into_iter().chain([&self.appointment, &self.overriding]);
        let ids = papers.chain([&self.delegation]).chain(&self.members);
        let ids = ids
            .chain(&self.focal_points)
            .chain(&self.imports)
            .chain(self.programme.own())
            .chain(self.side_events.own());
        let ids = ids.cloned();
        let word = self.word.to_lowercase();
        let emails =
            [format!("{word}approved@delegate.example"), format!("{word}backup@mission.example")];
        ids.chain([format!("{}DRAFT", self.word.to_uppercase())]).chain(emails).collect()
    }

    /// How many things were planted.
    pub fn planted(&self) -> usize {
        self.all().len()
    }

    /// What of it can be found in a text.
    pub fn traces(&self, text: &str) -> Vec<String> {
        self.all().into_iter().filter(|seed| text.contains(seed)).collect()
    }

    /// The lists in which each sees their own alone, and France has something.
    pub fn private_lists() -> &'static [&'static str] {
        &[
            "/delegations?include=count",
            "/members?include=count",
            "/documents",
            "/full-powers",
            "/appointments",
            "/change-requests?include=count",
            "/focal-points?participant=FRA",
            "/imports",
        ]
    }

    /// The sample for a route; none for a route that nobody has thought of.
    pub fn sample(&self, method: &Method, pattern: &str) -> Option<Sample> {
        let content = match (method.as_str(), pattern.strip_prefix("/api/v1").unwrap_or(pattern)) {
            ("GET" | "DELETE", _) => Content::Nothing,
            (_, "/full-powers") => Content::Json(
                json!({ "participant": self.code, "member": self.members[0], "basis": "full_powers" }),
            ),
            (_, "/appointments") => Content::Json(json!({
                "full_powers": self.full_powers, "place": "hanoi", "at": "2025-10-26T09:00:00+07:00",
            })),
            (_, "/members:batch") => Content::Json(self.batch()),
            ("POST", "/delegations/{code}/focal-points") => Content::Json(
                json!({ "email": "new@mission.example", "name": "New", "document": self.appointing }),
            ),
            (_, path) => content(path)?,
        };
        let path = match pattern.strip_prefix("/api/v1") {
            Some(path) => self.filled(method, path)?,
            None => format!("/{}", self.filled(method, pattern)?),
        };
        let is_public = !pattern.starts_with("/api/v1") || PUBLIC.contains(&pattern);
        let of_france = [
            "/auth/sessions/{id}",
            "/api-keys/{id}",
            "/documents/{id}",
            "/delegations/{code}",
            "/change-requests/{id}",
            "/full-powers/{id}",
            "/appointments/{id}",
            "/overrides/{id}",
            "/imports/{id}",
            "/seats/{seat}",
            "/waiting-list/{group}",
            "/speakers/{statement}",
            "/calendar-feeds/{id}",
            "/side-events/{id}",
        ];
        let is_of_france = of_france.iter().any(|of_france| pattern.contains(of_france));
        let needs_key = pattern == "/api/v1/treaty/acts";
        Some(Sample { path, content, is_public, is_of_france, needs_key })
    }

    /// A batch about what France has.
    fn batch(&self) -> Value {
        let [_, submitted, pre_approved, _] = &self.members;
        let operations = [submitted, pre_approved].map(|member| {
            json!({ "action": "reject", "participant": "FRA", "member": member, "reason": "An example." })
        });
        json!({ "atomic": true, "operations": operations })
    }

    /// The path with what France has in its places.
    fn filled(&self, method: &Method, path: &str) -> Option<String> {
        let [draft, submitted, pre_approved, approved] = &self.members;
        let [backup, invited] = &self.focal_points;
        let [seen, taken_in] = &self.imports;
        let id = match (path.split('/').nth(1)?, path.rsplit('/').next()?) {
            ("auth", _) => &self.login,
            ("accounts", _) => &self.account,
            ("api-keys", _) => &self.api_key,
            ("devices", _) => &self.device,
            ("documents", _) => &self.document,
            ("change-requests", _) => &self.change_request,
            ("full-powers", _) => &self.full_powers,
            ("appointments", _) => &self.appointment,
            ("overrides", _) => &self.overriding,
            ("exports", _) => &self.exports[0],
            ("jobs", _) => &self.exports[1],
            ("export-schedules", _) => &self.exports[2],
            ("ledger", _) => &self.order,
            ("legal-holds", _) => &self.legal_hold,
            ("messages", _) => &self.message,
            ("mailings", _) => &self.mailing,
            ("erasure-certificates", _) => &self.certificate,
            ("treaty", _) => &self.act,
            ("invitations", _) => &self.invitation,
            ("imports", "rollback") => taken_in,
            ("imports", _) => seen,
            // Each step from where it is legal, so that only who asks decides.
            ("delegations", "invite") => invited,
            ("delegations", _) if path.contains("/focal-points/") => backup,
            ("delegations", "pre-approve" | "assign") => submitted,
            ("delegations", "erase") => &self.withdrawn,
            ("delegations", "approve" | "hold" | "reject") => pre_approved,
            ("delegations", "suspend" | "revoke" | "change-requests") => approved,
            ("delegations", _) => draft,
            _ => {
                let id = self.programme.id(path).or_else(|| self.side_events.id(path));
                id.map_or("", String::as_str)
            }
        };
        let query = match (method.as_str(), path) {
            ("GET", "/ledger/proofs/consistency") => "?from=1",
            ("GET", "/delegations/{code}/members/{id}/passport") => "?reason=An%20example.",
            ("POST", "/documents") => &format!("?participant={}&kind=letter", self.code),
            ("POST", "/imports") => &format!("?participant={}", self.code),
            _ => "",
        };
        // What the ceremony itself brought nobody changes: what the administrator added stands in for it.
        let code = if path.starts_with("/participants") { "XEX" } else { self.code };
        let filled =
            path.replace("{code}", code).replace("{id}", id).replace("{slug}", "not-found");
        let filled = self.programme.filled(&filled);
        let filled = filled.replace("{act}", &self.act).replace("{path}", "0/000.p/1");
        let filled = filled.replace("{name}", "pre-approval").replace("{kind}", "invitation");
        let filled = filled.replace("{provider}", "ministry").replace("{identity}", NOBODYS);
        Some(filled + query).filter(|path| !path.contains("//") && !path.contains('{'))
    }
}

/// What a route takes that changes something.
#[expect(clippy::too_many_lines, reason = "one row for each route reads as the table that it is")]
fn content(path: &str) -> Option<Content> {
    if is_of_others(path) {
        return content_of_others(path);
    }
    if is_of_side_events(path) {
        return content_of_side_events(path);
    }
    if is_of_programme(path) {
        return content_of_programme(path);
    }
    let reason = json!({ "reason": "An example." });
    Some(match path {
        "/auth/login" => {
            Content::Json(json!({ "email": "nobody@test.example", "password": "not a password" }))
        }
        "/auth/password" => Content::Json(
            json!({ "current": "not the password", "new": "a sentence of my own choice" }),
        ),
        "/accounts" => {
            Content::Json(json!({ "email": "new@test.example", "name": "New", "role": "gate" }))
        }
        "/accounts/{id}" => Content::Patch(json!({ "name": "Another Name" })),
        "/auth/login/passkey" => Content::Json(json!({ "challenge": NOBODYS, "credential": {} })),
        "/auth/passkeys" => {
            Content::Json(json!({ "name": "New", "challenge": NOBODYS, "credential": {} }))
        }
        "/auth/totp/confirm" => Content::Json(json!({ "code": "000000" })),
        "/accounts/{id}/reset-factors" => Content::Json(reason),
        "/auth/logout"
        | "/auth/totp"
        | "/auth/passkeys/enrol"
        | "/auth/passkeys/challenge"
        | "/auth/recovery-codes"
        | "/accounts/{id}/disable"
        | "/accounts/{id}/enable"
        | "/accounts/{id}/reset-password"
        | "/documents/{id}/verify"
        | "/documents/{id}/original-seen" => Content::Nothing,
        "/participants" => Content::Json(newcomer("XNE")),
        "/participants/{code}" => {
            Content::Patch(json!({ "aliases": ["Sampleland"], "reason": "An example." }))
        }
        "/delegations" => Content::Json(json!({ "participant": "FRA" })),
        "/delegations/{code}" => Content::Patch(json!({ "remarks": "An example." })),
        "/delegations/{code}/members" => Content::Json(member("Another")),
        "/delegations/{code}/members/{id}" => Content::Patch(json!({ "affiliation": "Examples" })),
        "/delegations/{code}/members/{id}/change-requests" => {
            Content::Json(json!({ "changes": { "affiliation": "Examples" } }))
        }
        "/delegations/{code}/assign"
        | "/delegations/{code}/members/{id}/assign"
        | "/change-requests/{id}/assign" => Content::Json(json!({ "to": "me" })),
        path if path.starts_with("/change-requests/{id}/") => Content::Json(reason),
        "/delegations/{code}/quota-overrides" => {
            Content::Json(json!({ "category": "press", "limit": 3, "reason": "An example." }))
        }
        path if path.starts_with("/delegations/{code}/") => Content::Json(reason),
        "/full-powers/{id}/refuse" | "/full-powers/{id}/revoke" => Content::Json(reason),
        "/full-powers/{id}/overrides" => {
            Content::Json(json!({ "lifts": ["no_appointment"], "reason": "An example." }))
        }
        path if path.starts_with("/full-powers/{id}/") => Content::Nothing,
        "/treaty/acts" => Content::Json(json!({
            "kind": "accession", "participant": "VAT", "place": "hanoi",
            "done_at": "2025-10-25T12:00:00+07:00",
        })),
        "/signing/queue/order" => Content::Json(json!({ "strategy": "alphabetical" })),
        "/signing/queue/{code}/move" => Content::Json(json!({ "to": 1, "reason": "An example." })),
        path if path.starts_with("/signing/queue/{code}/") => Content::Json(reason),
        "/documents" => Content::File(PDF),
        "/documents/{id}/refuse" | "/appointments/{id}/cancel" => Content::Json(reason),
        _ => return None,
    })
}
