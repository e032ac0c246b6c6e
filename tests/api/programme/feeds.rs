//! Feeds for calendars, by an address that lets in.

use serde_json::{Value, json};

use crate::app::{Caller, Reply, TestApp, member};

impl TestApp {
    /// A calendar, as a program reads it that has its address.
    async fn calendar(&self, feed: &Value) -> Reply {
        let path = feed["path"].as_str().unwrap().strip_prefix("/api/v1").unwrap();
        self.anybody().get(&format!("{path}.ics")).await
    }
}

async fn feed(who: &Caller<'_>, of: Value) -> Value {
    who.post("/calendar-feeds", of).await.expect(201)
}

#[tokio::test]
async fn r46_a_feed_is_of_a_room_of_a_delegation_or_of_where_a_member_goes() {
    let app = TestApp::start().await;
    let codes = app.delegations(2).await;
    let (one, two) = (app.focal_point(&codes[0]), app.focal_point(&codes[1]));
    let room = app.room("Room").await;
    let inside = json!({ "title": "In the room", "access": "accredited" });
    app.plan(Some(&room), "11:00", "12:00", inside).await.expect(201);
    let session = app.seated(5, 1).await.remove(0);
    let path = format!("/delegations/{}/members", codes[0]);
    let member = one.post(&path, member("Seated")).await.id();
    let wanted = json!({ "participant": codes[0], "members": [member] });
    one.post(&format!("/sessions/{session}/seats"), wanted).await.expect(201);

    let has = async |feed: &Value| {
        let calendar = app.calendar(feed).await;
        assert_eq!(calendar.status, 200, "{}", calendar.text);
        assert_eq!(calendar.header("content-type"), "text/calendar; charset=utf-8");
        assert!(calendar.header("cache-control").starts_with("private"));
        ["In the room", &session, "Opening"].map(|word| calendar.text.contains(word))
    };
    let of_room = feed(&app.programme_officer(), json!({ "room": room })).await;
    assert_eq!(has(&of_room).await, [true, false, false]);
    let of_one = feed(&one, json!({ "participant": codes[0] })).await;
    assert_eq!(has(&of_one).await, [true, true, true], "with its seat");
    let of_two = feed(&two, json!({ "participant": codes[1] })).await;
    assert_eq!(has(&of_two).await, [true, false, true], "without one");
    let of_member = feed(&one, json!({ "participant": codes[0], "member": member })).await;
    assert_eq!(has(&of_member).await, [false, true, false], "where the member has a seat");

    let why = json!({ "reason": "An example." });
    one.act(&format!("/delegations/{}/withdraw", codes[0]), why).await.expect(200);
    assert_eq!(app.calendar(&of_one).await.problem(404), "not_found", "it takes no part any more");
    assert_eq!(app.calendar(&of_member).await.problem(404), "not_found");
}

#[tokio::test]
async fn r38_the_address_of_a_feed_lets_in_alone_until_it_is_ended_and_is_its_missions() {
    let app = TestApp::start().await;
    let codes = app.delegations(2).await;
    let (one, two) = (app.focal_point(&codes[0]), app.focal_point(&codes[1]));
    let room = app.room("Room").await;
    let own = feed(&one, json!({ "participant": codes[0] })).await;
    let secret = own["path"].as_str().unwrap().rsplit('/').next().unwrap();
    assert!(secret.starts_with("hcf_") && secret.len() == 47, "256 bits");

    // The address is shown once; nobody else sees the feed, or makes one of what is another's.
    let path = format!("/calendar-feeds/{}", own["id"].as_str().unwrap());
    assert_eq!(one.get(&path).await.expect(200)["path"], Value::Null);
    assert_eq!(two.get(&path).await.problem(404), "not_found");
    assert_eq!(two.delete(&path).await.problem(404), "not_found");
    let make = async |who: &Caller<'_>, of: Value| who.post("/calendar-feeds", of).await;
    let of_one = json!({ "participant": codes[0] });
    assert_eq!(make(&two, of_one).await.problem(404), "not_found");
    assert_eq!(make(&one, json!({ "room": room })).await.problem(403), "forbidden");
    let both = json!({ "room": room, "participant": codes[0] });
    assert_eq!(make(&one, both).await.problem(422), "validation_failed");
    let stranger =
        one.post(&format!("/delegations/{}/members", codes[0]), member("Own")).await.id();
    let stranger = json!({ "participant": codes[1], "member": stranger });
    assert_eq!(make(&two, stranger).await.pointers(), ["/member"]);

    assert_eq!(app.calendar(&own).await.status, 200);
    assert!(one.delete(&path).await.expect(200)["revoked_at"].is_string());
    assert_eq!(app.calendar(&own).await.problem(404), "not_found");
    assert_eq!(one.delete(&path).await.problem(409), "illegal_transition");
    assert_eq!(app.anybody().get("/calendars/hcf_unknown").await.problem(404), "not_found");
}
