//! Seats (R48): shares, groups, the waiting list, and never one too many.

use futures_util::future::join_all;
use hanoi_ceremony::programme::seats;
use serde_json::{Value, json};
use sqlx::Executor as _;

use super::races::{NO_LOCK_OF_SEATS, one_was_done, patient};
use crate::app::{Caller, NOW, Reply, TestApp, statuses};

impl TestApp {
    /// Sessions that are entered by seat, released, on the day after.
    pub async fn seated(&self, places: u16, how_many: usize) -> Vec<String> {
        let mut sessions = Vec::new();
        for _ in 0..how_many {
            let more = json!({
                "access": "by_seat", "places": places,
                "starts_at": "2025-10-27T09:00:00+07:00", "ends_at": "2025-10-27T10:00:00+07:00",
            });
            let planned = self.plan(None, "09:00", "10:00", more).await;
            planned.expect(201);
            sessions.push(planned.id());
        }
        self.release().await.expect(201);
        sessions
    }

    /// Participants of the register with a delegation each.
    pub async fn delegations(&self, how_many: usize) -> Vec<String> {
        let all = self.officer().get("/participants?limit=200&may_sign=true").await.expect(200);
        let codes = all["items"].as_array().unwrap().iter().take(how_many);
        let codes: Vec<_> = codes.map(|p| p["code"].as_str().unwrap().to_owned()).collect();
        let begin = codes.iter().map(async |code| {
            let mission = self.focal_point(code);
            let wanted = json!({ "participant": code });
            mission.post("/delegations", wanted).await.expect(201);
        });
        join_all(begin).await;
        codes
    }

    /// A mission books seats.
    pub async fn book(&self, code: &str, session: &str, seats: u16) -> Reply {
        let wanted = json!({ "participant": code, "seats": seats });
        self.focal_point(code).post(&format!("/sessions/{session}/seats"), wanted).await
    }

    /// A mission waits for seats.
    pub async fn wait(&self, code: &str, session: &str, seats: u16) -> Reply {
        let wanted = json!({ "participant": code, "seats": seats });
        self.focal_point(code).post(&format!("/sessions/{session}/waiting-list"), wanted).await
    }

    /// How many seats are taken and free, and how many groups wait.
    async fn numbers(&self, session: &str) -> [Value; 3] {
        let seating =
            self.programme_officer().get(&format!("/sessions/{session}/seating")).await.expect(200);
        ["taken", "free", "waiting"].map(|name| seating[name].clone())
    }
}

/// Who has an offer, in the order of the list.
async fn offered(app: &TestApp, session: &str) -> Vec<String> {
    let list =
        app.programme_officer().get(&format!("/sessions/{session}/waiting-list")).await.expect(200);
    let offered =
        list["items"].as_array().unwrap().iter().filter(|group| group["state"] == "offered");
    offered.map(|group| group["participant"].as_str().unwrap().to_owned()).collect()
}

/// Where a group stands that cannot take the step.
fn still(refused: &Reply) -> String {
    assert_eq!(refused.problem(409), "illegal_transition");
    refused.json()["current"].as_str().unwrap().to_owned()
}

/// What happened to the seats of a session, as far as somebody sees it.
async fn history(caller: &Caller<'_>, session: &str) -> Vec<String> {
    let path = format!("/sessions/{session}/seating/history?limit=200");
    let history = caller.get(&path).await.expect(200);
    let kinds = history["items"].as_array().unwrap().iter();
    kinds.map(|event| event["kind"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn r48_a_delegation_books_within_its_share_all_or_none_and_says_who_sits() {
    let app = TestApp::start().await;
    let codes = app.delegations(3).await;
    let [one, two, three] = [0, 1, 2].map(|place| codes[place].as_str());
    let session = &app.seated(5, 1).await[0];
    let member = app
        .focal_point(one)
        .post(&format!("/delegations/{one}/members"), crate::app::member("Seated"))
        .await
        .id();
    let path = format!("/sessions/{session}/seats");
    let wanted = json!({ "participant": one, "seats": 2, "members": [member] });
    let booked = app.focal_point(one).post(&path, wanted).await.expect(201);
    assert_eq!(
        (&booked["items"][0]["member"], &booked["items"][1]["member"]),
        (&json!(member), &Value::Null)
    );
    let greedy = app.book(one, session, 2).await;
    assert_eq!(
        (greedy.problem(409).as_str(), &greedy.json()["limit"]),
        ("quota_exceeded", &json!(3))
    );
    app.book(two, session, 2).await.expect(201);
    let group = app.book(three, session, 2).await;
    assert_eq!(
        (group.problem(409).as_str(), &group.json()["free"]),
        ("quota_exceeded", &json!(1)),
        "all or none"
    );
    assert_eq!(app.numbers(session).await, [json!(4), json!(1), json!(0)]);

    // The seat goes from one to the other, and nobody sits twice.
    let other = format!("{path}/{}", booked["items"][1]["id"].as_str().unwrap());
    let twice = app.focal_point(one).patch(&other, json!({ "member": member })).await;
    assert_eq!(twice.problem(409), "duplicate");
    let first = format!("{path}/{}", booked["items"][0]["id"].as_str().unwrap());
    app.focal_point(one).patch(&first, json!({ "member": null })).await.expect(200);
    let seated = app.focal_point(one).patch(&other, json!({ "member": member })).await.expect(200);
    assert_eq!(seated["member"], json!(member));
    let stranger = app
        .focal_point(two)
        .post(&format!("/delegations/{two}/members"), crate::app::member("Other"))
        .await
        .id();
    let wrong = app.focal_point(one).patch(&first, json!({ "member": stranger })).await;
    assert_eq!(wrong.pointers(), ["/member"], "somebody else's member is nobody");

    // Nobody sees, changes or gives back what is another's.
    for reply in [
        app.focal_point(two).get(&first).await,
        app.focal_point(two).patch(&first, json!({ "member": null })).await,
        app.focal_point(two).delete(&first).await,
        app.focal_point(two).post(&path, json!({ "participant": one })).await,
    ] {
        assert_eq!(reply.problem(404), "not_found");
    }
    assert_eq!(
        app.focal_point(two).get(&path).await.expect(200)["items"].as_array().unwrap().len(),
        2
    );
    assert_eq!(app.focal_point(one).delete(&first).await.status, 204);
    let again = app.focal_point(one).delete(&first).await;
    assert_eq!(again.problem(409), "illegal_transition");
    assert_eq!(app.numbers(session).await, [json!(3), json!(2), json!(0)]);
}

#[tokio::test]
async fn r48_seats_are_of_sessions_that_are_released_and_of_delegations_that_take_part() {
    let app = TestApp::start().await;
    let code = &app.delegations(1).await[0];
    let draft =
        app.plan(None, "09:00", "10:00", json!({ "access": "by_seat", "places": 2 })).await.id();
    assert_eq!(app.book(code, &draft, 1).await.problem(404), "not_found", "it is not released");
    let open = &app.seated(2, 1).await[0];
    assert_eq!(app.book("VUT", open, 1).await.problem(409), "not_eligible", "it has no delegation");
    app.book(code, open, 2).await.expect(201);
    let officer = app.programme_officer();
    let smaller = officer.patch(&format!("/sessions/{open}"), json!({ "places": 1 })).await;
    assert_eq!(smaller.problem(409), "quota_exceeded", "more are taken");
    let nobody = app.plan(None, "11:00", "12:00", json!({ "access": "by_seat" })).await;
    assert_eq!(nobody.pointers(), ["/places"]);
    officer
        .act(&format!("/sessions/{open}/cancel"), json!({ "reason": "No speaker." }))
        .await
        .expect(200);
    assert_eq!(app.wait(code, open, 1).await.problem(404), "not_found", "it does not take place");
    for (body, pointers) in [
        (json!({ "participant": code, "seats": 0 }), vec!["/seats"]),
        (json!({ "participant": "fra", "seat": 1 }), vec!["/participant", "/seat"]),
    ] {
        let reply = app.focal_point(code).post(&format!("/sessions/{open}/seats"), body).await;
        assert_eq!(reply.pointers(), pointers);
    }
}

#[tokio::test]
async fn r48_thirty_wait_and_five_seats_are_freed_they_are_offered_in_order_and_what_lapses_goes_on()
 {
    let mut app = TestApp::start().await;
    let codes = app.delegations(32).await;
    let session = app.seated(6, 1).await.remove(0);
    let (full, waiting) = codes.split_at(2);
    let mut seats = Vec::new();
    for code in full {
        let booked = app.book(code, &session, 3).await.expect(201);
        let booked = booked["items"].as_array().unwrap().iter();
        seats.extend(booked.map(|seat| (code, seat["id"].as_str().unwrap().to_owned())));
    }
    let mut groups = Vec::new();
    for code in waiting {
        let group = app.wait(code, &session, 1).await;
        assert_eq!(group.expect(201)["state"], "waiting");
        groups.push(format!("/sessions/{session}/waiting-list/{}", group.id()));
    }
    assert_eq!(app.numbers(&session).await, [json!(6), json!(0), json!(30)]);
    assert_eq!(app.wait(&waiting[0], &session, 1).await.problem(409), "duplicate");
    for (code, seat) in &seats[..5] {
        let path = format!("/sessions/{session}/seats/{seat}");
        assert_eq!(app.focal_point(code).delete(&path).await.status, 204);
    }
    assert_eq!(offered(&app, &session).await, waiting[..5]);
    assert_eq!(app.numbers(&session).await, [json!(6), json!(0), json!(25)]);
    let passed_by = app.book(&full[0], &session, 1).await;
    assert_eq!(passed_by.problem(409), "quota_exceeded", "nobody gets one while others wait");
    for place in 0..3 {
        let mission = app.focal_point(&waiting[place]);
        let taken = mission.act(&format!("{}/accept", groups[place]), json!({})).await;
        assert_eq!(taken.expect(200)["state"], "taken");
    }
    let early = app.focal_point(&waiting[9]).act(&format!("{}/accept", groups[9]), json!({})).await;
    assert_eq!(still(&early), "waiting");

    app.go_to("2025-10-26T10:30:00Z").await;
    let late = app.focal_point(&waiting[3]).act(&format!("{}/accept", groups[3]), json!({})).await;
    assert_eq!(still(&late), "lapsed");
    assert_eq!(
        offered(&app, &session).await,
        waiting[5..7],
        "the next ones get what two did not take"
    );
    assert_eq!(app.numbers(&session).await, [json!(6), json!(0), json!(23)]);

    let history = history(&app.programme_officer(), &session).await;
    let kinds = ["booked", "awaited", "given_back", "offered", "offer_taken", "offer_lapsed"];
    let count = |kind| history.iter().filter(|told| **told == format!("seat.{kind}")).count();
    assert_eq!(kinds.map(count), [2, 30, 5, 7, 3, 2], "it tells it all");
    let own = self::history(&app.focal_point(&waiting[3]), &session).await;
    assert_eq!(own, ["seat.offer_lapsed", "seat.offered", "seat.awaited"], "and to each their own");
}

#[tokio::test]
async fn r48_an_officer_moves_a_group_with_a_reason_and_a_group_too_large_is_not_passed_by() {
    let app = TestApp::start().await;
    let codes = app.delegations(4).await;
    let session = app.seated(2, 1).await.remove(0);
    let booked = app.book(&codes[0], &session, 2).await.expect(201);
    let mut groups = Vec::new();
    for (code, seats) in [(&codes[1], 2), (&codes[2], 1), (&codes[3], 1)] {
        groups.push(format!(
            "/sessions/{session}/waiting-list/{}",
            app.wait(code, &session, seats).await.id()
        ));
    }
    let free = async |place: usize| {
        let path =
            format!("/sessions/{session}/seats/{}", booked["items"][place]["id"].as_str().unwrap());
        assert_eq!(app.focal_point(&codes[0]).delete(&path).await.status, 204);
    };
    free(0).await;
    assert_eq!(offered(&app, &session).await, [""; 0], "two are wanted, and one is free");
    let officer = app.programme_officer();
    let go = async |body: Value| officer.act(&format!("{}/move", groups[2]), body).await;
    assert_eq!(go(json!({ "to": 1 })).await.pointers(), ["/reason"]);
    assert_eq!(go(json!({ "to": 4, "reason": "A test." })).await.pointers(), ["/to"]);
    let mission = app
        .focal_point(&codes[3])
        .act(&format!("{}/move", groups[2]), json!({ "to": 1, "reason": "Ours." }))
        .await;
    assert_eq!(mission.problem(403), "forbidden");
    let moved = go(json!({ "to": 1, "reason": "The minister speaks." })).await.expect(200);
    assert_eq!(moved["moved"]["reason"], "The minister speaks.");
    assert_eq!(offered(&app, &session).await, [codes[3].clone()], "whoever is first now gets it");
    free(1).await;
    assert_eq!(offered(&app, &session).await.len(), 1, "two are still wanted");
    app.focal_point(&codes[3]).act(&format!("{}/withdraw", groups[2]), json!({})).await.expect(200);
    assert_eq!(offered(&app, &session).await, [codes[1].clone()], "what is let go goes on, whole");
    assert_eq!(
        app.count("event where kind = 'seat.wait_moved' and reason = 'The minister speaks.'").await,
        1
    );
}

#[tokio::test]
async fn r48_nothing_is_offered_of_a_session_that_was_called_off_or_is_over_nor_does_anybody_wait_for_more_than_there_is()
 {
    let mut app = TestApp::start().await;
    let codes = app.delegations(3).await;
    let sessions = app.seated(1, 3).await;
    let mut seats = Vec::new();
    for session in &sessions {
        let booked = app.book(&codes[0], session, 1).await.expect(201);
        seats.push(format!(
            "/sessions/{session}/seats/{}",
            booked["items"][0]["id"].as_str().unwrap()
        ));
        for code in &codes[1..] {
            app.wait(code, session, 1).await.expect(201);
        }
        let crowd = app.wait(&codes[0], session, 2).await;
        assert_eq!(crowd.problem(409), "quota_exceeded", "nobody behind would ever get one");
    }
    let why = json!({ "reason": "No speaker." });
    app.programme_officer()
        .act(&format!("/sessions/{}/cancel", sessions[0]), why)
        .await
        .expect(200);
    for seat in &seats[..2] {
        assert_eq!(app.focal_point(&codes[0]).delete(seat).await.status, 204);
    }
    let rules = app.app.ceremony.programme.seats;
    seats::settle_all(&app.app.db, rules).await.unwrap();
    assert_eq!(offered(&app, &sessions[0]).await, [""; 0], "it was called off");
    assert_eq!(offered(&app, &sessions[1]).await, [codes[1].clone()], "the negative control");
    app.go_to("2025-10-27T03:00:00Z").await;
    assert_eq!(app.focal_point(&codes[0]).delete(&seats[2]).await.status, 204);
    seats::settle_all(&app.app.db, rules).await.unwrap();
    for session in &sessions[1..] {
        assert_eq!(offered(&app, session).await, [""; 0], "what has lapsed goes to nobody now");
    }
}

/// How many ask at once, and in how many rounds; for the full figure
/// `SEAT_RACE=1000x100 cargo test --test api r48_however_many`.
fn race() -> (usize, usize) {
    let wanted = std::env::var("SEAT_RACE").unwrap_or_default();
    let wanted = wanted
        .split_once('x')
        .map(|(asking, rounds)| (asking.parse().unwrap(), rounds.parse().unwrap()));
    wanted.unwrap_or((40, 3))
}

#[tokio::test]
async fn r48_however_many_want_the_last_seat_at_once_one_gets_it() {
    let (asking, rounds) = race();
    let app = patient().await;
    let codes = app.delegations(asking.min(190)).await;
    let sessions = app.seated(1, rounds).await;
    for session in &sessions {
        let all = (0..asking).map(|number| app.book(&codes[number % codes.len()], session, 1));
        let replies = join_all(all).await;
        one_was_done(&replies);
        assert_eq!(app.numbers(session).await, [json!(1), json!(0), json!(0)]);
    }
    assert_eq!(app.count("seat").await, i64::try_from(rounds).unwrap());
}

#[tokio::test]
async fn r48_each_guard_of_the_seats_alone_is_enough_and_without_both_there_is_one_too_many() {
    const NO_CONSTRAINT: &str = "alter table seating drop constraint seating_is_never_oversold";
    for (guards_gone, is_safe) in [
        (vec![NO_LOCK_OF_SEATS], true),
        (vec![NO_CONSTRAINT], true),
        // The negative control.
        (vec![NO_LOCK_OF_SEATS, NO_CONSTRAINT], false),
    ] {
        let app = patient().await;
        let codes = app.delegations(8).await;
        let session = app.seated(1, 1).await.remove(0);
        for gone in &guards_gone {
            app.as_owner().await.execute(*gone).await.unwrap();
        }
        let all = join_all(codes.iter().map(|code| app.book(code, &session, 1)));
        let replies = super::races::behind_a_gate(&app, all).await;
        assert!(
            replies.iter().all(|reply| [201, 409].contains(&reply.status)),
            "{:?}",
            statuses(&replies)
        );
        assert_eq!(app.count("seat").await == 1, is_safe, "{guards_gone:?} at {NOW}");
    }
}
