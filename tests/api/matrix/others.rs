//! What the requests carry that are about tokens, invitations, lists, holds, queues, overrides, and what follows a signature.

use serde_json::json;

use super::samples::{Content, LIST};

/// What is for everybody, below `/api/v1`.
pub const PUBLIC: [&str; 8] = [
    "/api/v1/auth/login",
    "/api/v1/auth/login/passkey",
    "/api/v1/auth/oidc/{provider}/callback",
    "/api/v1/auth/passkeys/challenge",
    "/api/v1/auth/password-reset",
    "/api/v1/auth/password-reset/confirm",
    "/api/v1/calendars/{token}",
    "/api/v1/invitations/accept",
];
/// What lets people and programs in, lists, holds and queues.
const OTHERS: [&str; 16] = [
    "/messages",
    "/mailings",
    "/auth/oidc",
    "/auth/password-reset",
    "/auth/step-up",
    "/api-keys",
    "/devices",
    "/exports",
    "/export-schedules",
    "/invitations",
    "/imports",
    "/ledger/orders",
    "/legal-holds",
    "/overrides",
    "/queues",
    "/treaty/acts/{id}/",
];

/// Whether a path is of these, or of focal points.
pub fn is_of_others(path: &str) -> bool {
    OTHERS.iter().any(|of| path.starts_with(of)) || path.contains("/focal-points/")
}

/// What a route takes of these.
pub fn content_of_others(path: &str) -> Option<Content> {
    Some(match path {
        "/api-keys" => Content::Json(json!({ "name": "Another", "scopes": ["members:read"] })),
        "/devices" => Content::Json(json!({ "name": "Another", "profile": "gate" })),
        "/auth/step-up" => Content::Json(json!({ "password": "not the password" })),
        "/exports" => Content::Json(json!({ "report": "programme", "format": "csv" })),
        "/export-schedules" => Content::Json(
            json!({ "report": "programme", "format": "csv", "every": "hour", "destination": "mail" }),
        ),
        "/imports" => Content::File(LIST),
        "/mailings" => Content::Json(json!({
            "audience": "focal_points", "subject": { "en": "A word" }, "text": { "en": "Some words." },
        })),
        "/mailings/{id}/test" | "/mailings/{id}/approve" | "/mailings/{id}/withdraw" => {
            Content::Nothing
        }
        "/legal-holds" => Content::Json(json!({ "participant": "FRA", "reason": "An example." })),
        "/ledger/orders" => Content::Json(json!({ "order": "frozen", "reason": "An example." })),
        "/overrides/{id}/withdraw" | "/treaty/acts/{id}/withdraw" => {
            Content::Json(json!({ "reason": "An example." }))
        }
        "/treaty/acts/{id}/correct" => Content::Json(
            json!({ "changes": { "signatory_office": "Ambassador" }, "reason": "An example." }),
        ),
        "/treaty/acts/{id}/notifications" => {
            Content::Json(json!({ "number": "C.N.1.2025.TREATIES-XVIII.16" }))
        }
        "/legal-holds/{id}/lift" => Content::Json(json!({ "reason": "An example." })),
        "/auth/oidc/{provider}/callback" => {
            Content::Json(json!({ "code": "nothing", "state": "nothing" }))
        }
        "/auth/password-reset" => Content::Json(json!({ "email": "nobody@test.example" })),
        "/auth/password-reset/confirm" => {
            Content::Json(json!({ "code": "hcr_unknown", "new": "a sentence of my own choice" }))
        }
        "/invitations" => Content::Json(
            json!({ "email": "new@mission.example", "name": "New", "participant": "FRA" }),
        ),
        "/invitations/accept" => Content::Json(
            json!({ "code": "hci_unknown", "password": "a sentence of my own choice" }),
        ),
        "/delegations/{code}/focal-points/{id}" => {
            Content::Patch(json!({ "expires_on": "2026-01-01" }))
        }
        "/delegations/{code}/focal-points/{id}/make-primary" => {
            Content::Json(json!({ "predecessor": "backup" }))
        }
        "/delegations/{code}/focal-points/{id}/invite"
        | "/export-schedules/{id}/stop"
        | "/export-schedules/{id}/resume"
        | "/imports/{id}/commit"
        | "/imports/{id}/rollback"
        | "/invitations/{id}/invite"
        | "/invitations/{id}/withdraw"
        | "/messages/{id}/resend"
        | "/overrides/{id}/approve"
        | "/treaty/acts/{id}/certify"
        | "/ledger/orders/{id}/confirm"
        | "/queues/{name}/take" => Content::Nothing,
        _ => return None,
    })
}
