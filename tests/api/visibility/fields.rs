//! Every field of what is said of a delegation, taken from the description of the API and from the titles of files, and who is
//! to see it. A field that is new is in neither list below: the test asks for a decision.

use std::collections::BTreeSet;

use hanoi_ceremony::routes;
use reqwest::Method;
use serde_json::Value;

use super::Class::{
    self, Answer, Clearance, Contact, Erasure, Identity, Known, Lodged, Own, Paper, Protocol,
    Staff, Warned,
};
use super::files::OF_FILES;
use crate::app::Reply;

/// Below these addresses everything is a delegation's.
const OF_DELEGATIONS: [&str; 9] = [
    "/api/v1/delegations",
    "/api/v1/members",
    "/api/v1/change-requests",
    "/api/v1/documents",
    "/api/v1/imports",
    "/api/v1/full-powers",
    "/api/v1/overrides",
    "/api/v1/reports",
    "/api/v1/statistics",
];

/// Who sees which field of what.
const DECIDED: &[(&str, Class, &str)] = &[
    (
        "Member",
        Known,
        "id, participant, family_name, given_names, badge_name, native_name, nationality, status, status_changed_at, reason, \
         created_at, updated_at, revoked",
    ),
    (
        "Member",
        Protocol,
        "form_of_address, function, rank, functional_title, affiliation, language",
    ),
    ("Member", Contact, "email"),
    ("Member", Identity, "date_of_birth, passport, other_passports"),
    ("MaskedPassport", Identity, "number, expires_on"),
    ("MaskedOtherPassport", Identity, "nationality, number, expires_on"),
    ("Passport", Identity, "number, expires_on, other_passports"),
    ("OtherPassport", Identity, "nationality, number, expires_on"),
    ("Member", Warned, "warnings"),
    ("MemberWarning", Warned, "code, detail, fields, members"),
    ("LikeMember", Warned, "id, participant, status"),
    ("Member, Delegation, ChangeRequest", Clearance, "assigned_to"),
    ("MemberState", Known, "status, status_changed_at, reason, revoked"),
    ("MemberBatchOutcome", Answer, "done, refused, results"),
    ("MemberResult", Answer, "action, etag, member, participant, problem, state, status"),
    (
        "Delegation",
        Known,
        "id, participant, stage, stage_changed_at, accepted_at, reason, created_at, updated_at",
    ),
    ("Delegation", Protocol, "remarks"),
    ("Delegation", Contact, "contact_email"),
    ("Composition", Known, "participant, as_of, stage, stage_changed_at, reason, members"),
    ("Checklist", Known, "participant, items, members, required_open, recommended_open"),
    (
        "MemberChecklist",
        Known,
        "id, family_name, given_names, status, items, required_open, recommended_open",
    ),
    (
        "ChecklistLine",
        Known,
        "item, level, step, is_met, state, enough, document, expires_on, original_seen_at, waits_for",
    ),
    (
        "ChangeRequest",
        Known,
        "id, participant, member, state, difference, is_material, requested_at, requested_by, decided_at, decided_by, reason, \
         member_status, revoked",
    ),
    ("ChangeRequest", Protocol, "note"),
    ("FieldChange", Known, "field, is_material, before, after"),
    ("MemberField", Known, "family_name, given_names, badge_name, native_name, nationality"),
    (
        "MemberField",
        Protocol,
        "form_of_address, function, rank, functional_title, affiliation, language",
    ),
    ("MemberField", Contact, "email"),
    (
        "MemberField",
        Identity,
        "date_of_birth, passport_number, passport_expires_on, other_passports",
    ),
    ("HistoryEntry", Known, "id, happened_at, kind, subject, account, reason, request_id"),
    ("HistoryEntry", Contact, "before, after"),
    (
        "Document, TakenIn, VerifiedDocument",
        Lodged,
        "id, participant, kind, state, member, file_name, media_type, size_bytes, sha256, uploaded_by, uploaded_at, updated_at, \
         expires_on, decided_by, decided_at, reason, original_seen_by, original_seen_at, warnings, sent_back",
    ),
    ("Warning", Lodged, "code, detail"),
    ("SentBack", Lodged, "status, revoked"),
    (
        "Import",
        Known,
        "id, participant, state, format, counts, created_by, created_at, expires_at, committed_at, rolled_back_at",
    ),
    ("Import", Contact, "preview"),
    ("ImportCounts", Known, "new, changed, unchanged, faulty"),
    ("ImportSays", Contact, "rows, files, faults"),
    ("ImportPreviewRow", Contact, "row, state, member, is_asked, changes"),
    ("ImportDifference", Contact, "before, after"),
    ("ImportFault", Contact, "row, column, code, detail"),
    ("PhotoPreviewFile", Contact, "file, member, state, warnings"),
    ("PhotoFileFault", Contact, "file, code, detail"),
    (
        "FullPowers",
        Paper,
        "id, participant, member, signer, basis, acting, names_person, acts, treaty, stage, allowed, issued_by, issued_on, \
         expires_on, document, lodged_by, lodged_at, verified_by, verified_at, confirmed_by, confirmed_at, closed_by, closed_at, \
         original_received_by, original_received_at, reason, updated_at",
    ),
    ("Issuer", Paper, "name, office, participant"),
    ("Signer", Paper, "name, office"),
    (
        "CheckOfFullPowers",
        Paper,
        "full_powers, participant, day, place, bars, gaps, lifted, requirement",
    ),
    ("MissingToSign", Paper, "code, detail, pointer"),
    ("OverrideOfAct", Paper, "id, lifted, reason, proposed_by, approved_by"),
    (
        "Override",
        Paper,
        "id, full_powers, participant, lifts, reason, is_approved, proposed_by, proposed_at, approved_by, approved_at, \
         withdrawn_by, withdrawn_at, withdrawn_reason",
    ),
    ("SigningRequirement", Protocol, "rank, needs_full_powers, exempt_as, exempt_acting_as"),
    ("QuotaOverride", Protocol, "id, participant, category, limit, reason, account, made_at"),
    (
        "FocalPoint, InvitedFocalPoint",
        Own,
        "id, participant, name, email, is_primary, state, document, document_state, expires_on, appointed_by, appointed_at, \
         ended_by, ended_at, reason, invitation_expires_at, updated_at, invitation_code",
    ),
    ("ErasureCertificate", Erasure, "id, issued_at, rule, data, members, counts, reason, account"),
    (
        "ErasureCounts",
        Erasure,
        "members, versions, papers, delegations, change_requests, imported_lists, kept_answers",
    ),
    ("Reports", Staff, "items, next"),
    ("Report", Staff, "name, title, formats, columns, parameters"),
    ("ReportColumn", Staff, "key, title, kind, words"),
    ("Statistic", Staff, "as_of, items"),
    ("Count", Staff, "by, count"),
];

/// What is neither JSON nor a table, and by whom it is asked for elsewhere: papers in `documents/`, an empty form.
const NO_FIELDS: [&str; 2] = ["/api/v1/documents/{id}/content", "import-template.xlsx"];

/// What every page has.
const OF_PAGES: &str = "Page_";

/// What problems hold is decided in `problem/`.
const NOT_OF_DELEGATIONS: [&str; 1] = ["Problem"];

/// All decisions: on what is described, and on files.
fn all() -> impl Iterator<Item = &'static (&'static str, Class, &'static str)> {
    DECIDED.iter().chain(OF_FILES)
}

/// Who is to see a field; none where nobody has decided.
pub fn class(field: &str) -> Option<Class> {
    let (of, name) = field.split_once('/')?;
    let decided = all().filter(|(schemas, ..)| schemas.split(", ").any(|one| one == of));
    let mut decided = decided.filter(|(.., fields)| fields.split(", ").any(|one| one == name));
    let (_, class, _) = decided.next()?;
    assert!(decided.next().is_none(), "{field} is decided twice");
    Some(*class)
}

/// Decisions on what nothing has any more. A column of a file may be empty.
pub fn gone(fields: &BTreeSet<String>) -> Vec<String> {
    let described = DECIDED.iter();
    let lines = described.flat_map(|(schemas, _, names)| {
        names.split(", ").map(move |name| (schemas.split(", "), name))
    });
    let gone = lines.filter(|(schemas, name)| {
        !schemas.clone().any(|of| fields.contains(&format!("{of}/{name}")))
    });
    gone.map(|(_, name)| name.to_owned()).collect()
}

/// Every field for which there is a decision.
pub fn decided() -> impl Iterator<Item = String> {
    all().flat_map(|(schemas, _, fields)| {
        schemas
            .split(", ")
            .flat_map(move |of| fields.split(", ").map(move |name| format!("{of}/{name}")))
    })
}

/// The description of the API.
pub struct Described {
    paths: Value,
    schemas: Value,
}

impl Described {
    pub fn read() -> Self {
        let mut whole = serde_json::to_value(routes::description()).unwrap();
        let schemas = whole["components"]["schemas"].take();
        Self { paths: whole["paths"].take(), schemas }
    }

    /// Every field that an answer about a delegation can have, as `Member/rank`.
    pub fn fields(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut visited = BTreeSet::new();
        for (path, methods) in self.paths.as_object().unwrap() {
            if OF_DELEGATIONS.iter().any(|start| path.starts_with(start)) {
                for operation in methods.as_object().unwrap().values() {
                    for status in ["200", "201"] {
                        self.gather(&schema(operation, status), None, &mut visited, &mut found);
                    }
                }
            }
        }
        found
    }

    /// Adds what a schema has. Its parts are its own fields; what it refers to has fields under a name of its own.
    fn gather(
        &self,
        schema: &Value,
        name: Option<&str>,
        visited: &mut BTreeSet<String>,
        found: &mut BTreeSet<String>,
    ) {
        if schema.is_null() {
            return;
        }
        if let Some(referred) = referred(schema) {
            let of = name.unwrap_or(referred);
            if NOT_OF_DELEGATIONS.contains(&referred) || !visited.insert(format!("{of}={referred}"))
            {
                return;
            }
            // Lists of what can stand before a value, where each is decided by itself.
            if ["MemberField"].contains(&referred) {
                let values = self.schemas[referred]["enum"].as_array().unwrap();
                found.extend(values.iter().map(|v| format!("{of}/{}", v.as_str().unwrap())));
            }
            return self.gather(&self.schemas[referred], Some(of), visited, found);
        }
        for part in parts(schema) {
            self.gather(part, name, visited, found);
        }
        self.gather(&schema["items"], None, visited, found);
        self.gather(&schema["additionalProperties"], None, visited, found);
        for (key, value) in schema["properties"].as_object().into_iter().flatten() {
            let of = name.unwrap_or("anonymous");
            // What a page holds is described in its place, without a name of its own.
            if let Some(held) = of.strip_prefix(OF_PAGES) {
                self.gather(&value["items"], Some(held), visited, found);
            } else {
                found.insert(format!("{of}/{key}"));
                self.gather(value, None, visited, found);
            }
        }
    }

    /// The fields that an answer shows, whatever they hold but null.
    pub fn seen(&self, method: &Method, pattern: &str, reply: &Reply) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        if ![200, 201].contains(&reply.status) || reply.text.is_empty() {
            return found;
        }
        let kind = reply.header("content-type");
        if kind == "application/json" {
            // The walk calls each statistic by its name.
            let is_statistic = pattern.starts_with("/api/v1/statistics/");
            let pattern = if is_statistic { "/api/v1/statistics/{statistic}" } else { pattern };
            let operation = &self.paths[pattern][method.as_str().to_lowercase()];
            let schema = schema(operation, &reply.status.to_string());
            self.follow(&schema, &reply.json(), None, &mut found);
        } else if kind.starts_with("text/csv")
            && OF_DELEGATIONS.iter().any(|at| pattern.starts_with(at))
        {
            let name = pattern.rsplit('/').next().unwrap();
            let mut file =
                csv::ReaderBuilder::new().flexible(true).from_reader(reply.text.as_bytes());
            let titles = file.headers().unwrap().clone();
            for row in file.records() {
                let row = row.unwrap();
                let filled = titles.iter().zip(&row).filter(|(_, cell)| !cell.is_empty());
                let bare = |title: &str| title.trim_start_matches('\u{feff}').to_owned();
                found.extend(filled.map(|(title, _)| format!("{name}/{}", bare(title))));
            }
        } else if OF_DELEGATIONS.iter().any(|at| pattern.starts_with(at)) {
            let is_known = NO_FIELDS.iter().any(|end| pattern.ends_with(end));
            assert!(is_known, "{pattern} answers {kind}: say in visibility/fields.rs who sees it");
        }
        found
    }

    fn follow(
        &self,
        schema: &Value,
        value: &Value,
        name: Option<&str>,
        found: &mut BTreeSet<String>,
    ) {
        if let Some(referred) = referred(schema) {
            let of = name.unwrap_or(referred);
            return self.follow(&self.schemas[referred], value, Some(of), found);
        }
        for part in parts(schema) {
            self.follow(part, value, name, found);
        }
        for item in value.as_array().into_iter().flatten() {
            self.follow(&schema["items"], item, None, found);
        }
        let known = schema["properties"].as_object();
        for (key, held) in value.as_object().into_iter().flatten() {
            if let Some(of) = name.and_then(|name| name.strip_prefix(OF_PAGES)) {
                for item in held.as_array().into_iter().flatten() {
                    self.follow(&schema["properties"][key]["items"], item, Some(of), found);
                }
                continue;
            }
            match known.and_then(|known| known.get(key)) {
                Some(of) if !held.is_null() => {
                    found.insert(format!("{}/{key}", name.unwrap_or("anonymous")));
                    if name == Some("FieldChange") && key == "field" {
                        found.insert(format!("MemberField/{}", held.as_str().unwrap()));
                    }
                    self.follow(of, held, None, found);
                }
                Some(_) => {}
                None => self.follow(&schema["additionalProperties"], held, None, found),
            }
        }
    }
}

fn schema(operation: &Value, status: &str) -> Value {
    operation["responses"][status]["content"]["application/json"]["schema"].clone()
}

fn referred(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next())
}

fn parts(schema: &Value) -> impl Iterator<Item = &Value> {
    ["allOf", "oneOf", "anyOf"]
        .into_iter()
        .flat_map(|all| schema[all].as_array().into_iter().flatten())
}
