//! The programme (R44–R49): rooms, sessions, what does not fit.

mod allocation;
mod calendars;
mod feeds;
mod notices;
mod property;
mod races;
mod releases;
mod seats;
mod side_events;
mod speakers;

use hanoi_ceremony::access::Role;
use serde_json::{Value, json};

use crate::app::{Reply, TestApp, send};

impl TestApp {
    /// A room that holds sixty.
    pub async fn room(&self, name: &str) -> String {
        let room = json!({
            "name": name, "capacity": 60, "turn_round_minutes": 15, "booths": 1, "languages": ["fr"],
            "equipment": ["screen"], "layouts": [{ "layout": "classroom", "capacity": 40 }],
        });
        let room = self.programme_officer().post("/rooms", room).await;
        room.expect(201);
        room.id()
    }

    /// Plans a session on the day before the event.
    pub async fn plan(&self, room: Option<&str>, from: &str, until: &str, more: Value) -> Reply {
        let mut session = json!({
            "kind": "panel", "title": "A panel", "room": room,
            "starts_at": format!("2025-10-24T{from}:00+07:00"), "ends_at": format!("2025-10-24T{until}:00+07:00"),
        });
        session.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.programme_officer().post("/sessions", session).await
    }
}

/// What of an answer does not fit.
fn kinds(body: &Value) -> Vec<&str> {
    let conflicts = body["conflicts"].as_array().unwrap();
    conflicts.iter().map(|conflict| conflict["kind"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn r45_the_programme_starts_with_the_two_days_of_ha_noi_and_a_later_start_changes_nothing() {
    let mut app = TestApp::start().await;
    let officer = app.programme_officer();
    let sessions = officer.get("/sessions").await.expect(200);
    let titles: Vec<_> = sessions["items"].as_array().unwrap().iter().collect();
    assert_eq!(titles.len(), 5);
    assert_eq!(titles[0]["title"]["vi"], "Khai mạc Lễ mở ký");
    assert_eq!(titles[0]["local"]["starts_at"], "2025-10-25T09:00:00+07:00");
    assert_eq!(titles[0]["local"]["zone"], "Asia/Ho_Chi_Minh");
    assert_eq!(officer.get("/rooms").await.expect(200)["items"].as_array().unwrap().len(), 14);
    assert_eq!(officer.get("/programme/conflicts").await.expect(200)["items"], json!([]));
    let opening = format!("/sessions/{}", titles[0]["id"].as_str().unwrap());
    officer.patch(&opening, json!({ "title": "Another title" })).await.expect(200);
    app.go_to("2025-10-26T11:00:00Z").await;
    let opening = app.programme_officer().get(&opening).await.expect(200);
    assert_eq!(
        opening["title"],
        json!({ "en": "Another title", "fr": null, "es": null, "vi": null })
    );
    assert_eq!(app.count("session").await, 5);
    assert_eq!(app.count("event where kind = 'programme.begun'").await, 1);
}

#[tokio::test]
async fn r44_a_room_is_booked_once_at_a_time_with_the_time_to_turn_it_round() {
    let app = TestApp::start().await;
    let room = app.room("Room").await;
    let first = app.plan(Some(&room), "09:00", "10:00", json!({})).await;
    assert_eq!(first.expect(201)["conflicts"], json!([]));
    let crowded = app.plan(Some(&room), "10:14", "11:00", json!({})).await;
    assert_eq!(crowded.problem(409), "schedule_conflict");
    let second = app.plan(Some(&room), "10:15", "11:00", json!({})).await;
    second.expect(201);

    // A room that needs longer would not fit what stands, and nothing of that is kept.
    let slower = json!({ "turn_round_minutes": 20 });
    let slower = app.programme_officer().patch(&format!("/rooms/{room}"), slower).await;
    assert_eq!(slower.problem(409), "schedule_conflict");
    // Where the first is called off, there is room; it keeps its identity, and is not changed any more.
    let path = format!("/sessions/{}", first.id());
    let officer = app.programme_officer();
    let cancelled = officer.act(&format!("{path}/cancel"), json!({ "reason": "Postponed." })).await;
    assert_eq!(cancelled.expect(200)["cancelled"]["reason"], "Postponed.");
    app.plan(Some(&room), "09:00", "09:59", json!({})).await.expect(201);
    let late = officer.patch(&path, json!({ "title": "Again" })).await;
    assert_eq!(
        (late.problem(409).as_str(), &late.json()["current"]),
        ("illegal_transition", &json!("cancelled"))
    );
    // A session moves with its identity, and its place is free.
    let path = format!("/sessions/{}", second.id());
    let to =
        json!({ "starts_at": "2025-10-24T13:00:00+07:00", "ends_at": "2025-10-24T14:00:00+07:00" });
    let moved = officer.patch(&path, to).await;
    assert_eq!(
        (moved.expect(200)["id"].clone(), moved.header("etag")),
        (json!(second.id()), "\"2\"")
    );
    app.plan(Some(&room), "10:15", "11:00", json!({})).await.expect(201);
}

#[tokio::test]
async fn r47_what_does_not_fit_is_told_at_once_and_explained_to_whoever_asks() {
    let app = TestApp::start().await;
    let room = app.room("Room").await;
    let people = json!([{ "part": "chair", "name": "Ann Sample" }]);
    let first = app.plan(None, "09:00", "10:00", json!({ "people": people })).await;
    first.expect(201);
    let more = json!({
        "people": [{ "part": "speaker", "name": "Bob Sample" }, { "part": "speaker", "name": "ann  sample" }],
        "layout": "classroom", "places": 41, "equipment": ["piano"], "languages": ["fr", "vi"],
    });
    let second = app.plan(Some(&room), "09:30", "10:30", more).await;
    let body = second.expect(201);
    assert_eq!(kinds(&body), ["person", "capacity", "equipment", "interpretation"]);
    let officer = app.programme_officer();
    let all = officer.get("/programme/conflicts").await.expect(200);
    assert_eq!(all["items"].as_array().unwrap().len(), 4);
    let person = &all["items"].as_array().unwrap().iter().find(|c| c["kind"] == "person").unwrap();
    assert_eq!(person["sessions"], json!([first.id(), second.id()]));
    assert_eq!(
        (&person["people"], &person["level"]),
        (&json!([0, 1]), &json!("refuse_at_release"))
    );
    let some = format!("/programme/conflicts?level=warn&session={}", second.id());
    assert_eq!(officer.get(&some).await.expect(200)["items"].as_array().unwrap().len(), 2);
    let none = format!("/programme/conflicts?level=warn&session={}", first.id());
    assert_eq!(officer.get(&none).await.expect(200)["items"], json!([]));
    // A room that holds more settles one of them.
    let larger = json!({ "layouts": [{ "layout": "classroom", "capacity": 50 }] });
    officer.patch(&format!("/rooms/{room}"), larger).await.expect(200);
    assert_eq!(
        officer.get("/programme/conflicts").await.expect(200)["items"].as_array().unwrap().len(),
        3
    );
}

#[tokio::test]
async fn r54_every_fault_of_a_room_and_of_a_session_is_told_at_once() {
    let app = TestApp::start().await;
    let officer = app.programme_officer();
    let room = json!({ "name": { "fr": "Salle" }, "capacity": -1, "layouts": [{ "layout": "bed" }], "owner": "me" });
    let reply = officer.post("/rooms", room).await;
    assert_eq!(reply.problem(422), "validation_failed");
    assert_eq!(
        reply.pointers(),
        ["/capacity", "/layouts/0/capacity", "/layouts/0/layout", "/name/en", "/owner"]
    );
    let session = json!({
        "kind": "dance", "title": "a\u{202e}b", "starts_at": "today", "ends_at": "2025-10-24T09:00:00+07:00",
        "people": [{ "part": "chair" }], "cancelled": true,
    });
    assert_eq!(
        officer.post("/sessions", session).await.pointers(),
        ["/cancelled", "/kind", "/people/0/name", "/starts_at", "/title"]
    );
    let backwards =
        app.plan(None, "10:00", "09:00", json!({ "layout": "theatre", "places": 0 })).await;
    assert_eq!(backwards.pointers(), ["/ends_at", "/layout", "/places"]);
    let nowhere =
        app.plan(Some("018f0000-0000-7000-8000-000000000000"), "09:00", "10:00", json!({})).await;
    assert_eq!(nowhere.pointers(), ["/room"]);
    let planned = app.plan(None, "09:00", "10:00", json!({})).await;
    let cleared =
        json!({ "title": null, "starts_at": null, "ends_at": "2025-10-24T08:00:00+07:00" });
    let path = format!("/sessions/{}", planned.id());
    assert_eq!(
        officer.patch(&path, cleared).await.pointers(),
        ["/ends_at", "/starts_at", "/title"]
    );
    assert_eq!(officer.get("/sessions?kind=dance").await.pointers(), ["/kind"]);
    assert_eq!(officer.get("/sessions?cursor=bm9uc2Vuc2U").await.pointers(), ["/cursor"]);
    assert_eq!(app.count("session").await, 6);
}

#[tokio::test]
async fn r46_the_draft_is_its_officers() {
    let app = TestApp::start().await;
    let room = app.room("Room").await;
    let planned = app.plan(Some(&room), "09:00", "10:00", json!({})).await;
    let (room, session) = (format!("/rooms/{room}"), format!("/sessions/{}", planned.id()));
    for role in Role::ALL {
        let caller = app.role(*role);
        let sees = [Role::Programme, Role::Administrator, Role::Auditor].contains(role);
        let expected = if sees { 200 } else { 403 };
        for path in ["/rooms", "/sessions", "/programme/conflicts", &room, &session] {
            assert_eq!(caller.get(path).await.status, expected, "{role} {path}");
        }
        if *role != Role::Programme {
            assert_eq!(
                caller.patch(&session, json!({ "title": "Mine" })).await.problem(403),
                "forbidden"
            );
            assert_eq!(
                caller.post("/rooms", json!({ "name": "Mine", "capacity": 1 })).await.problem(403),
                "forbidden"
            );
        }
    }
    assert_eq!(app.anybody().get("/sessions").await.problem(401), "unauthenticated");
    let silent = app.programme_officer().request(reqwest::Method::PATCH, &session);
    assert_eq!(
        send(silent.json(&json!({ "title": "B" }))).await.problem(428),
        "precondition_required"
    );
    let stale = app
        .programme_officer()
        .request(reqwest::Method::PATCH, &session)
        .header("if-match", "\"7\"");
    assert_eq!(send(stale.json(&json!({ "title": "B" }))).await.problem(412), "version_mismatch");
    let known = app.programme_officer().request(reqwest::Method::GET, &session);
    let known = send(known.header("if-none-match", planned.header("etag"))).await;
    assert_eq!(known.status, 304);
}

#[tokio::test]
async fn sessions_are_listed_page_by_page_in_the_order_of_time() {
    let app = TestApp::start().await;
    for hour in ["11", "09", "10"] {
        app.plan(None, &format!("{hour}:00"), &format!("{hour}:30"), json!({ "title": hour }))
            .await
            .expect(201);
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/sessions?limit=2&until=2025-10-25T00:00:00Z{cursor}");
        let page = app.programme_officer().get(&path).await.expect(200);
        seen.extend(page["items"].as_array().unwrap().iter().map(|s| s["title"]["en"].clone()));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, ["09", "10", "11"]);
}
