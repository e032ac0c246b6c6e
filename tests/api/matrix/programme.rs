//! What stands in the programme before anybody asks, and what its routes take.

use serde_json::json;

use super::samples::Content;
use crate::app::TestApp;

/// A room, a session in it, and one that is entered by seat, of which a mission has one and is offered another.
pub struct Programme {
    room: String,
    session: String,
    seated: String,
    seat: String,
    group: String,
}

impl Programme {
    /// Lets the programme's officer plan something, on a day of its own.
    pub async fn plant(app: &TestApp, code: &str, member: &str) -> Self {
        let officer = app.programme_officer();
        let room = json!({ "name": "A room of the matrix", "capacity": 60 });
        let room = officer.post("/rooms", room).await;
        room.expect(201);
        let session = json!({
            "kind": "panel", "title": "A panel of the matrix", "room": room.id(),
            "starts_at": "2025-10-24T09:00:00+07:00", "ends_at": "2025-10-24T10:00:00+07:00",
        });
        let session = officer.post("/sessions", session).await;
        session.expect(201);
        let seated = json!({
            "kind": "social", "title": "A dinner of the matrix", "access": "by_seat", "places": 20,
            "starts_at": "2025-10-24T19:00:00+07:00", "ends_at": "2025-10-24T21:00:00+07:00",
        });
        let seated = officer.post("/sessions", seated).await.id();
        officer.act("/programme/releases", json!({})).await.expect(201);
        let (mission, at) = (app.focal_point(code), format!("/sessions/{seated}"));
        let wanted = json!({ "participant": code, "members": [member] });
        let seat = mission.post(&format!("{at}/seats"), wanted).await.expect(201);
        let seat = seat["items"][0]["id"].as_str().unwrap().to_owned();
        let group =
            mission.post(&format!("{at}/waiting-list"), json!({ "participant": code })).await;
        group.expect(201);
        Self { room: room.id(), session: session.id(), seated, seat, group: group.id() }
    }

    /// The identity that stands in such a path.
    pub fn id(&self, path: &str) -> Option<&String> {
        match path.split('/').nth(1)? {
            "rooms" => Some(&self.room),
            "sessions" if path.contains("/seat") || path.contains("/waiting") => Some(&self.seated),
            "sessions" => Some(&self.session),
            _ => None,
        }
    }

    /// What is the mission's own: its seat, and its place in the waiting list.
    pub fn own(&self) -> [&String; 2] {
        [&self.seat, &self.group]
    }

    /// The path with these in their places.
    pub fn filled(&self, path: &str) -> String {
        path.replace("{seat}", &self.seat).replace("{group}", &self.group).replace("{version}", "1")
    }
}

/// Whether a path is the programme's.
pub fn is_of_programme(path: &str) -> bool {
    ["/rooms", "/sessions", "/programme"].iter().any(|of| path.starts_with(of))
}

/// What a route takes of these.
pub fn content_of_programme(path: &str) -> Option<Content> {
    Some(match path {
        "/rooms" => Content::Json(json!({ "name": "Another Room", "capacity": 10 })),
        "/rooms/{id}" => Content::Patch(json!({ "booths": 1 })),
        "/sessions" => Content::Json(json!({
            "kind": "panel", "title": "Another panel",
            "starts_at": "2025-10-24T09:00:00+07:00", "ends_at": "2025-10-24T10:00:00+07:00",
        })),
        "/sessions/{id}" => Content::Patch(json!({ "title": "A panel that was moved" })),
        "/sessions/{id}/seats" | "/sessions/{id}/waiting-list" => {
            Content::Json(json!({ "participant": "FRA" }))
        }
        "/sessions/{id}/seats/{seat}" => Content::Patch(json!({ "member": null })),
        "/sessions/{id}/waiting-list/{group}/move" => {
            Content::Json(json!({ "to": 1, "reason": "An example." }))
        }
        "/sessions/{id}/waiting-list/{group}/accept"
        | "/sessions/{id}/waiting-list/{group}/withdraw" => Content::Nothing,
        "/programme/releases" => Content::Json(json!({ "note": "An example." })),
        "/sessions/{id}/cancel" => Content::Json(json!({ "reason": "An example." })),
        _ => return None,
    })
}
