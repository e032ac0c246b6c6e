//! Who is written to when the programme changes, and when a seat is free.

use serde_json::json;

use super::side_events::review;
use crate::app::TestApp;

/// What a mission's focal point was written of.
fn told(app: &TestApp, code: &str) -> Vec<String> {
    let letters = app.letters_to(&format!("{}@test.example", code.to_lowercase())).into_iter();
    letters.map(|letter| letter.subject.split(" for ").next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn r46_whom_a_release_concerns_is_told_in_its_transaction_and_nobody_else_is() {
    let app = TestApp::start().await;
    let codes = app.delegations(3).await;
    let session = app.seated(5, 1).await.remove(0);
    app.book(&codes[0], &session, 1).await.expect(201);
    let officer = app.programme_officer();
    let path = format!("/sessions/{session}");
    let to =
        json!({ "starts_at": "2025-10-24T11:00:00+07:00", "ends_at": "2025-10-24T12:00:00+07:00" });
    officer.patch(&path, to).await.expect(200);
    officer.post("/programme/releases?dry_run=true", json!({})).await.expect(201);
    app.deliver().await;
    assert_eq!(app.letters().len(), 0, "it is not released");
    app.release().await.expect(201);
    app.deliver().await;
    let all = || [0, 1, 2].map(|place| told(&app, &codes[place]));
    let moved = vec!["Changes of the programme".to_owned()];
    assert_eq!(all(), [moved.clone(), vec![], vec![]]);

    // Another title moves nobody.
    officer.patch(&path, json!({ "title": "Another title" })).await.expect(200);
    app.release().await.expect(201);
    app.deliver().await;
    assert_eq!(all(), [moved.clone(), vec![], vec![]]);
    officer.act(&format!("{path}/cancel"), json!({ "reason": "An example." })).await.expect(200);
    app.release().await.expect(201);
    app.deliver().await;
    assert_eq!(all()[0].len(), 2, "it was called off");
}

#[tokio::test]
async fn r46_whoever_organizes_a_side_event_that_moves_is_told_and_who_was_asked_in_vain_is_not() {
    let app = TestApp::open_for_side_events(&["FRA"]).await;
    let id = app.applied("FRA", json!({ "co_sponsors": ["DEU", "ITA"] })).await;
    let (at, officer) = (format!("/side-events/{id}"), app.programme_officer());
    let confirm = format!("{at}/co-sponsors/DEU/confirm");
    app.focal_point("DEU").act(&confirm, json!({})).await.expect(200);
    officer.post(&format!("{at}/reviews"), review(4)).await.expect(200);
    officer.act(&format!("{at}/accept"), json!({})).await.expect(200);
    let place = json!({ "slot": "sunday_noon", "room": app.room("Room").await });
    let placed = officer.act(&format!("{at}/schedule"), place).await.expect(200);
    app.release().await.expect(201);
    app.deliver().await;
    let moved =
        |code| told(&app, code).iter().filter(|told| *told == "Changes of the programme").count();
    assert_eq!(["FRA", "DEU", "ITA"].map(moved), [0, 0, 0], "it has not moved");
    let session = format!("/sessions/{}", placed["session"].as_str().unwrap());
    let to =
        json!({ "starts_at": "2025-10-26T13:30:00+07:00", "ends_at": "2025-10-26T14:45:00+07:00" });
    officer.patch(&session, to).await.expect(200);
    app.release().await.expect(201);
    app.deliver().await;
    assert_eq!(["FRA", "DEU", "ITA"].map(moved), [1, 1, 0]);
}

#[tokio::test]
async fn r48_whoever_is_offered_seats_is_told_of_it() {
    let app = TestApp::start().await;
    let codes = app.delegations(2).await;
    let session = app.seated(1, 1).await.remove(0);
    let booked = app.book(&codes[0], &session, 1).await.expect(201);
    app.wait(&codes[1], &session, 1).await.expect(201);
    app.deliver().await;
    assert_eq!(app.letters().len(), 0);
    let seat = booked["items"][0]["id"].as_str().unwrap();
    let path = format!("/sessions/{session}/seats/{seat}");
    assert_eq!(app.focal_point(&codes[0]).delete(&path).await.status, 204);
    app.deliver().await;
    assert_eq!((told(&app, &codes[0]), told(&app, &codes[1])), (vec![], vec!["Seats".to_owned()]));
}
