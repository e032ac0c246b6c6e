//! What stands in the programme before anybody asks, and what its routes take.

use serde_json::json;

use super::samples::{Content, NOBODYS, PDF};
use crate::app::TestApp;

/// A room, a plenary in it in which a mission speaks, and a session that is entered by seat, of which it has one and is
/// offered another. The room has a calendar, and so has a member of the mission.
pub struct Programme {
    room: String,
    session: String,
    seated: String,
    seat: String,
    group: String,
    statement: String,
    feed: String,
    /// The address of the room's calendar: whoever has it has it.
    token: String,
}

impl Programme {
    /// Lets the programme's officer plan something, on a day of its own.
    pub async fn plant(app: &TestApp, code: &str, member: &str) -> Self {
        let officer = app.programme_officer();
        let room = json!({ "name": "A room of the matrix", "capacity": 60 });
        let room = officer.post("/rooms", room).await;
        room.expect(201);
        let session = json!({
            "kind": "plenary", "title": "A plenary of the matrix", "room": room.id(),
            "starts_at": "2025-10-24T09:00:00+07:00", "ends_at": "2025-10-24T10:00:00+07:00",
        });
        let session = officer.post("/sessions", session).await;
        session.expect(201);
        let seated = json!({
            "kind": "social", "title": "A dinner of the matrix", "access": "by_seat", "places": 20,
            "starts_at": "2025-10-27T19:00:00+07:00", "ends_at": "2025-10-27T21:00:00+07:00",
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
        let statement = speaks(app, code, &format!("/sessions/{}/speakers", session.id())).await;
        let own = json!({ "participant": code, "member": member });
        let feed = mission.post("/calendar-feeds", own).await;
        feed.expect(201);
        let of_room = officer.post("/calendar-feeds", json!({ "room": room.id() })).await;
        let token =
            of_room.expect(201)["path"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        let (room, session, group) = (room.id(), session.id(), group.id());
        Self { room, session, seated, seat, group, statement, feed: feed.id(), token }
    }

    /// The identity that stands in such a path.
    pub fn id(&self, path: &str) -> Option<&String> {
        match path.split('/').nth(1)? {
            "rooms" => Some(&self.room),
            "sessions" if path.contains("/seat") || path.contains("/waiting") => Some(&self.seated),
            "sessions" => Some(&self.session),
            "calendar-feeds" => Some(&self.feed),
            _ => None,
        }
    }

    /// What is the mission's own: its seat, its place in the waiting list, its statement, its calendar.
    pub fn own(&self) -> [&String; 4] {
        [&self.seat, &self.group, &self.statement, &self.feed]
    }

    /// The path with these in their places.
    pub fn filled(&self, path: &str) -> String {
        let path = path.replace("{seat}", &self.seat).replace("{group}", &self.group);
        let path = path.replace("{statement}", &self.statement).replace("{token}", &self.token);
        path.replace("{version}", "1")
    }
}

/// A mission takes itself off a list and comes back to it, and hands in what it is going to say.
async fn speaks(app: &TestApp, code: &str, list: &str) -> String {
    let mission = app.focal_point(code);
    let statement = json!({
        "participant": code, "speaker": format!("Speaker of {code}"), "rank": "minister", "language": "en",
    });
    let first = mission.post(list, statement.clone()).await;
    first.expect(201);
    mission.act(&format!("{list}/{}/withdraw", first.id()), json!({})).await.expect(200);
    let statement = mission.post(list, statement).await.id();
    let text = format!("/documents?participant={code}&kind=statement");
    let text = mission.upload(&text, "application/pdf", PDF).await.id();
    let path = format!("{list}/{statement}/text");
    mission.act(&path, json!({ "document": text })).await.expect(200);
    statement
}

/// Whether a path is the programme's.
pub fn is_of_programme(path: &str) -> bool {
    ["/rooms", "/sessions", "/programme", "/calendar"].iter().any(|of| path.starts_with(of))
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
        "/sessions/{id}/speakers" | "/sessions/{id}/replies" => Content::Json(
            json!({ "participant": "FRA", "speaker": "Another", "rank": "minister", "language": "en" }),
        ),
        "/sessions/{id}/speakers/{statement}" => Content::Patch(json!({ "language": "fr" })),
        "/sessions/{id}/speakers/{statement}/swap" => Content::Json(json!({ "with": "VNM" })),
        "/sessions/{id}/speakers/{statement}/text" => Content::Json(json!({ "document": NOBODYS })),
        "/calendar-feeds" => Content::Json(json!({ "participant": "FRA" })),
        path if path.starts_with("/sessions/{id}/speakers/") => Content::Nothing,
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
