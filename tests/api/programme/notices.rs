//! Who is written to when the programme changes, and when a seat is free.

use futures_util::future::join_all;
use hanoi_ceremony::programme::side_events;
use serde_json::json;
use sqlx::Executor as _;

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

/// What a mission was written of its side events since the last time.
async fn news(app: &TestApp, code: &str, seen: &mut usize) -> Vec<String> {
    app.deliver().await;
    let all = app.letters_to(&format!("{}@test.example", code.to_lowercase()));
    all[std::mem::replace(seen, all.len())..].iter().map(|letter| letter.subject.clone()).collect()
}

#[tokio::test]
async fn r45_who_organizes_a_side_event_hears_of_each_step_and_who_is_asked_to_hears_once() {
    let app = TestApp::open_for_side_events(&["FRA"]).await;
    let (mut fra, mut deu, mut ita) = (0, 0, 0);
    news(&app, "FRA", &mut fra).await;
    let draft = app.apply("FRA", json!({ "co_sponsors": ["DEU", "ITA"] })).await;
    let at = format!("/side-events/{}", draft.id());
    assert_eq!(news(&app, "DEU", &mut deu).await, [""; 0], "a draft is nobody else's affair");
    let mission = app.focal_point("FRA");
    mission.act(&format!("{at}/submit"), json!({})).await.expect(200);
    assert_eq!(news(&app, "DEU", &mut deu).await, ["Side event to be organized with Germany"]);
    assert_eq!(news(&app, "ITA", &mut ita).await, ["Side event to be organized with Italy"]);
    let fewer = json!({ "co_sponsors": ["DEU"] });
    mission.patch(&at, fewer).await.expect(200);
    side_events::tell_co_sponsors(&app.app.db).await.unwrap();
    app.focal_point("DEU")
        .act(&format!("{at}/co-sponsors/DEU/confirm"), json!({}))
        .await
        .expect(200);

    let officer = app.programme_officer();
    officer.post(&format!("{at}/reviews"), review(4)).await.expect(200);
    officer.act(&format!("{at}/accept"), json!({})).await.expect(200);
    assert_eq!(news(&app, "FRA", &mut fra).await, ["Side event of France decided on"]);
    let place = json!({ "slot": "sunday_noon", "room": app.room("Room").await });
    let placed = officer.act(&format!("{at}/schedule"), place).await.expect(200);
    assert_eq!(news(&app, "FRA", &mut fra).await, [""; 0], "it is not released");
    app.release().await.expect(201);
    assert_eq!(news(&app, "FRA", &mut fra).await, ["Side event of France in the programme"]);
    assert_eq!(news(&app, "DEU", &mut deu).await, ["Side event of Germany in the programme"]);

    let session = format!("/sessions/{}", placed["session"].as_str().unwrap());
    let to =
        json!({ "starts_at": "2025-10-26T13:30:00+07:00", "ends_at": "2025-10-26T14:45:00+07:00" });
    officer.patch(&session, to).await.expect(200);
    app.release().await.expect(201);
    assert_eq!(news(&app, "FRA", &mut fra).await, ["Changes of the programme for France"]);
    assert_eq!(news(&app, "DEU", &mut deu).await, ["Changes of the programme for Germany"]);
    assert_eq!(news(&app, "ITA", &mut ita).await, [""; 0], "it is not asked any more");
}

#[tokio::test]
async fn r45_who_was_not_told_before_the_service_died_is_told_later_and_once_by_many_services() {
    let app = TestApp::open_for_side_events(&["FRA"]).await;
    let id = app.applied("FRA", json!({ "co_sponsors": ["DEU"] })).await;
    app.deliver().await;
    let mut owner = app.as_owner().await;
    // As it stands when the service was killed after the step and before the letter.
    owner.execute("update side_event_co_sponsor set told_at = null").await.unwrap();
    let all = (0..8).map(|_| side_events::tell_co_sponsors(&app.app.db));
    for told in join_all(all).await {
        told.unwrap();
    }
    app.deliver().await;
    let asked = told(&app, "DEU");
    assert_eq!(asked.len(), 2, "{asked:?} of {id}: the first one, and one after it");
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
