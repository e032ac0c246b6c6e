//! What stands of side events before anybody asks, and what their routes take.

use serde_json::json;

use super::samples::Content;
use crate::app::TestApp;

/// Nobody's room.
const NOWHERE: &str = "018f0000-0000-7000-8000-000000000000";

/// An application with somebody who is asked to join, and one who speaks; one without; and a proposal of places.
pub struct SideEvents {
    joined: String,
    lone: String,
    allocation: String,
}

impl SideEvents {
    /// Lets the programme's officer enter what came late.
    pub async fn plant(app: &TestApp, code: &str, word: &str, member: &str) -> Self {
        let officer = app.programme_officer();
        let mut applications = Vec::new();
        let speakers = json!([{ "name": format!("{word} Speaker"), "member": member }]);
        let more = [
            json!({ "co_sponsors": ["ESP"], "speakers": speakers }),
            json!({ "material": format!("{word} slides.") }),
        ];
        for more in more {
            let mut wanted = json!({ "participant": code, "title": format!("{word} side event"), "audience": 10 });
            wanted.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let begun = officer.post("/side-events", wanted).await;
            begun.expect(201);
            applications.push(begun.id());
        }
        let allocation = officer.post("/programme/allocations", json!({ "seed": 1 })).await;
        allocation.expect(201);
        let [joined, lone] = applications.try_into().unwrap();
        Self { joined, lone, allocation: allocation.id() }
    }

    /// The identity that stands in such a path.
    pub fn id(&self, path: &str) -> Option<&String> {
        match path.split('/').nth(1)? {
            "side-events" => Some(&self.joined),
            "programme" => Some(&self.allocation),
            _ => None,
        }
    }

    /// What is the mission's own.
    pub fn own(&self) -> [&String; 2] {
        [&self.joined, &self.lone]
    }
}

/// Whether a path is of side events.
pub fn is_of_side_events(path: &str) -> bool {
    path.starts_with("/side-events") || path.starts_with("/programme/allocations")
}

/// What a route takes of these.
pub fn content_of_side_events(path: &str) -> Option<Content> {
    Some(match path {
        "/side-events" => {
            Content::Json(json!({ "participant": "FRA", "title": "Another", "audience": 20 }))
        }
        "/side-events/{id}" => Content::Patch(json!({ "audience": 30 })),
        "/side-events/{id}/reviews" => {
            Content::Json(json!({ "scores": { "relevance": 3, "quality": 3, "inclusiveness": 3 } }))
        }
        "/side-events/{id}/schedule" => {
            Content::Json(json!({ "slot": "sunday_noon", "room": NOWHERE }))
        }
        "/side-events/{id}/accept" | "/side-events/{id}/reject" | "/side-events/{id}/withdraw" => {
            Content::Json(json!({ "reason": "An example." }))
        }
        "/side-events/{id}/submit"
        | "/side-events/{id}/co-sponsors/{code}/confirm"
        | "/side-events/{id}/co-sponsors/{code}/decline"
        | "/programme/allocations/{id}/apply" => Content::Nothing,
        "/programme/allocations" => Content::Json(json!({ "seed": 1 })),
        _ => return None,
    })
}
