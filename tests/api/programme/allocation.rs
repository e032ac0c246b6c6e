//! Proposals which side event gets which place: by rule, explained, and applied as a whole.

use std::collections::BTreeMap;
use std::time::Instant;

use futures_util::StreamExt as _;
use futures_util::stream;
use serde_json::{Value, json};

use super::side_events::review;
use crate::app::{TestApp, statuses};

/// The rooms for side events, of the ceremony's own.
async fn halls(app: &TestApp, how_many: usize) -> Vec<Value> {
    let rooms = app.programme_officer().get("/rooms").await.expect(200);
    let halls = rooms["items"].as_array().unwrap().iter();
    let halls = halls.filter(|room| room["turn_round_minutes"] == 0).take(how_many);
    halls.map(|room| room["id"].clone()).collect()
}

/// What the sponsors ask for: many have a wish, and some share speakers.
fn application(number: usize) -> Value {
    let slots = ["sunday_morning", "sunday_noon", "sunday_afternoon"];
    let audiences = [30, 60, 100, 45];
    json!({
        "title": format!("Side event {number}"),
        "audience": audiences[number % 4],
        "equipment": if number.is_multiple_of(20) { json!(["piano"]) } else { json!(["screen"]) },
        "preferred_slots": [slots[number % 3], slots[(number + 1) % 3]],
        "speakers": [{ "name": format!("Speaker Number{}", number % 45) }],
    })
}

#[tokio::test]
async fn r45_sixty_applications_for_thirty_six_places_are_proposed_explained_and_applied() {
    let app = TestApp::start_at(super::side_events::OPEN).await;
    let codes = app.delegations(60).await;
    app.accept_all().await;
    let officer = app.programme_officer();
    let applications = codes.iter().enumerate().map(async |(number, code)| {
        let id = app.applied(code, application(number)).await;
        let score = 1 + u8::try_from(number % 5).unwrap();
        officer.post(&format!("/side-events/{id}/reviews"), review(score)).await.expect(200);
        officer.act(&format!("/side-events/{id}/accept"), json!({})).await.expect(200);
    });
    stream::iter(applications).buffer_unordered(6).collect::<Vec<_>>().await;

    let wanted = json!({ "seed": 7, "rooms": halls(&app, 12).await });
    let begun = Instant::now();
    let proposed = officer.post("/programme/allocations", wanted.clone()).await;
    let took = begun.elapsed();
    let first = proposed.expect(201);
    println!(
        "60 applications for 36 places: {took:?}, {} against {}",
        first["score"], first["first_come_score"]
    );
    let (placed, left) =
        (first["placements"].as_array().unwrap(), first["unplaced"].as_array().unwrap());
    assert_eq!(placed.len() + left.len(), 60);
    assert!(placed.len() >= 34, "{} have a place", placed.len());
    assert!(first["score"].as_i64() > first["first_come_score"].as_i64());
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for one in left {
        assert!(one["explanation"].as_str().unwrap().len() > 20, "{one}");
        *reasons.entry(one["reason"].as_str().unwrap()).or_default() += 1;
    }
    assert_eq!(reasons["no_room"], 3, "a piano is nowhere: {reasons:?}");
    let again = officer.post("/programme/allocations", wanted).await.expect(201);
    for part in ["placements", "unplaced", "score"] {
        assert_eq!(again[part], first[part], "the same seed gives the same {part}");
    }
    assert_eq!(app.count("session where kind = 'side_event'").await, 0, "a proposal plans nothing");

    let apply = format!("/programme/allocations/{}/apply", proposed.id());
    let (one, other) = tokio::join!(officer.act(&apply, json!({})), officer.act(&apply, json!({})));
    assert_eq!(statuses(&[one, other]), [200, 409]);
    let planned = i64::try_from(placed.len()).unwrap();
    assert_eq!(app.count("session where kind = 'side_event'").await, planned);
    let level = "/programme/conflicts?level=refuse,refuse_at_release";
    assert_eq!(officer.get(level).await.expect(200)["items"], json!([]), "no hard conflict");
    // The other proposal is of side events that have their place now.
    let other = format!("/programme/allocations/{}/apply", again["id"].as_str().unwrap());
    assert_eq!(officer.act(&other, json!({})).await.problem(409), "overtaken");
    assert_eq!(app.count("session where kind = 'side_event'").await, planned);
    let lucky = placed[0]["side_event"].as_str().unwrap();
    let mission = app.focal_point(placed[0]["participant"].as_str().unwrap());
    assert!(mission.get(&format!("/side-events/{lucky}")).await.expect(200)["session"].is_string());
    officer.act("/programme/releases", json!({})).await.expect(201);
}

#[tokio::test]
async fn r45_what_has_changed_since_a_proposal_is_not_applied_and_a_place_that_is_taken_is_not_proposed()
 {
    let app = TestApp::open_for_side_events(&["FRA", "DEU"]).await;
    let officer = app.programme_officer();
    let room = app.room("Room").await;
    let (first, second) =
        (app.accepted("FRA", json!({})).await, app.accepted("DEU", json!({})).await);
    let wanted = json!({ "rooms": [room], "slots": ["sunday_noon"], "seed": 1 });
    let proposed = officer.post("/programme/allocations", wanted.clone()).await;
    let body = proposed.expect(201);
    assert_eq!(body["placements"].as_array().unwrap().len(), 1);
    assert_eq!(body["unplaced"][0]["reason"], "outranked");
    let lucky = body["placements"][0]["side_event"].as_str().unwrap().to_owned();
    let (code, unlucky) = if lucky == first { ("FRA", &second) } else { ("DEU", &first) };
    let change = json!({ "title": "Something else" });
    app.focal_point(code).patch(&format!("/side-events/{lucky}"), change).await.expect(200);
    let apply = format!("/programme/allocations/{}/apply", proposed.id());
    let refused = officer.act(&apply, json!({})).await;
    assert_eq!(
        (refused.problem(409).as_str(), &refused.json()["side_events"]),
        ("overtaken", &json!([lucky]))
    );
    assert_eq!(app.count("session where kind = 'side_event'").await, 0);

    // Where somebody else has taken the room meanwhile, the programme itself refuses.
    let proposed = officer.post("/programme/allocations", wanted.clone()).await;
    let schedule = format!("/side-events/{unlucky}/schedule");
    let taken = officer.act(&schedule, json!({ "slot": "sunday_noon", "room": room })).await;
    taken.expect(200);
    let apply = format!("/programme/allocations/{}/apply", proposed.id());
    assert_eq!(officer.act(&apply, json!({})).await.problem(409), "schedule_conflict");
    let last = officer.post("/programme/allocations", wanted).await.expect(201);
    assert_eq!(
        (&last["placements"], &last["unplaced"][0]["reason"]),
        (&json!([]), &json!("no_room"))
    );
    let odd = json!({ "rooms": ["018f0000-0000-7000-8000-000000000000"], "slots": ["monday"], "seed": -1 });
    assert_eq!(officer.post("/programme/allocations", odd).await.pointers(), ["/seed"]);
    let odd = json!({ "rooms": ["018f0000-0000-7000-8000-000000000000"], "slots": ["monday"] });
    assert_eq!(
        officer.post("/programme/allocations", odd).await.pointers(),
        ["/rooms/0", "/slots/0"]
    );
    let summaries = officer.get("/programme/allocations?limit=2").await.expect(200);
    assert_eq!(summaries["items"][0]["state"], "proposed");
    assert!(summaries["next"].is_string());
    for path in ["/programme/allocations", &*format!("/programme/allocations/{}", proposed.id())] {
        assert_eq!(app.focal_point("FRA").get(path).await.problem(403), "forbidden");
    }
}
