//! What the requests carry that are about tokens, invitations, lists, holds and queues.

use serde_json::json;

use super::samples::{Content, LIST};

/// What a route takes of these.
pub fn content_of_others(path: &str) -> Option<Content> {
    Some(match path {
        "/api-keys" => Content::Json(json!({ "name": "Another", "scopes": ["members:read"] })),
        "/devices" => Content::Json(json!({ "name": "Another", "profile": "gate" })),
        "/imports" => Content::File(LIST),
        "/legal-holds" => Content::Json(json!({ "participant": "FRA", "reason": "An example." })),
        "/legal-holds/{id}/lift" => Content::Json(json!({ "reason": "An example." })),
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
        | "/imports/{id}/commit"
        | "/imports/{id}/rollback"
        | "/invitations/{id}/invite"
        | "/invitations/{id}/withdraw"
        | "/messages/{id}/resend"
        | "/queues/{name}/take" => Content::Nothing,
        _ => return None,
    })
}
