//! The programme in people's calendars.

use serde_json::json;

use crate::app::TestApp;

/// The values of a property of each event, unfolded.
fn values(calendar: &str, property: &str) -> Vec<String> {
    let unfolded = calendar.replace("\r\n ", "");
    let lines = unfolded.split("\r\n").filter_map(|line| line.split_once(':'));
    let wanted = lines.filter(|(name, _)| name.split(';').next() == Some(property));
    wanted.map(|(_, value)| value.to_owned()).collect()
}

#[tokio::test]
async fn r46_a_session_that_moves_keeps_its_uid_with_a_higher_sequence_and_a_cancelled_one_says_so()
{
    let app = TestApp::start().await;
    let officer = app.programme_officer();
    let room = app.room("Room, with a comma").await;
    let panel = app
        .plan(
            Some(&room),
            "09:00",
            "10:00",
            json!({ "title": { "en": "A panel", "vi": "Tọa đàm" } }),
        )
        .await
        .id();
    let path = format!("/sessions/{panel}");
    app.release().await.expect(201);
    let read = async || app.anybody().get("/programme.ics?lang=vi").await;
    let first = read().await;
    assert_eq!((first.status, first.header("content-type")), (200, "text/calendar; charset=utf-8"));
    assert_eq!(values(&first.text, "UID")[0], format!("{panel}@hanoi-ceremony"));
    assert_eq!(values(&first.text, "UID").len(), 6);
    assert_eq!(values(&first.text, "SUMMARY")[0], "Tọa đàm");
    assert_eq!(values(&first.text, "LOCATION")[0], "Room\\, with a comma");
    assert_eq!(
        (values(&first.text, "SEQUENCE")[0].as_str(), values(&first.text, "STATUS")[0].as_str()),
        ("0", "CONFIRMED")
    );
    assert!(first.text.contains("DTSTART;TZID=Asia/Ho_Chi_Minh:20251024T090000\r\n"));
    assert!(first.text.contains("BEGIN:VTIMEZONE\r\nTZID:Asia/Ho_Chi_Minh\r\n"));

    let to =
        json!({ "starts_at": "2025-10-24T11:00:00+07:00", "ends_at": "2025-10-24T12:00:00+07:00" });
    officer.patch(&path, to).await.expect(200);
    assert_eq!(read().await.text, first.text, "nobody learns of it before it is released");
    app.release().await.expect(201);
    let moved = read().await.text;
    assert_eq!(values(&moved, "UID")[0], format!("{panel}@hanoi-ceremony"));
    assert_eq!(values(&moved, "SEQUENCE")[..2], ["1", "0"]);
    officer.act(&format!("{path}/cancel"), json!({ "reason": "No speaker." })).await.expect(200);
    app.release().await.expect(201);
    let cancelled = read().await.text;
    assert_eq!(
        (values(&cancelled, "SEQUENCE")[0].as_str(), values(&cancelled, "STATUS")[0].as_str()),
        ("2", "CANCELLED")
    );
    let old = app.anybody().get("/programme.ics?version=1&lang=vi").await;
    assert_eq!(old.text, first.text);
}

#[tokio::test]
async fn r46_before_the_first_release_the_calendar_is_empty_and_one_nonetheless() {
    let app = TestApp::start().await;
    let empty = app.anybody().get("/programme.ics").await;
    assert_eq!(values(&empty.text, "UID"), [""; 0]);
    assert!(empty.text.contains("BEGIN:VTIMEZONE") && empty.text.ends_with("END:VCALENDAR\r\n"));
    assert_eq!(app.anybody().get("/programme.ics?version=1").await.problem(404), "not_found");
}
