//! The running order by strategy and by hand, and why each place is what it is (R30).

use serde_json::{Value, json};

use super::state;
use crate::app::TestApp;

async fn four() -> TestApp {
    let app = TestApp::start().await;
    for code in ["USA", "TUR", "VNM", "FRA"] {
        app.entitle(code).await;
    }
    app
}

fn codes(queue: &Value) -> Vec<&str> {
    let items = queue["items"].as_array().unwrap().iter();
    items.map(|turn| turn["participant"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn r30_each_strategy_gives_its_order_and_each_place_explains_itself() {
    let app = four().await;
    let queue = app.queue().await;
    assert_eq!((&queue["strategy"], &queue["items"][0]["why"]), (&Value::Null, &Value::Null));
    let order = async |strategy: &str| {
        app.treaty().act("/signing/queue/order", json!({ "strategy": strategy })).await.expect(200)
    };
    assert_eq!(codes(&order("host_first").await), ["VNM", "FRA", "TUR", "USA"]);
    assert_eq!(codes(&order("alphabetical").await), ["FRA", "TUR", "USA", "VNM"]);
    assert_eq!(codes(&order("rank").await), ["USA", "TUR", "VNM", "FRA"], "who asked first");
    let queue = order("host_first").await;
    let explained = app.treaty().get("/signing/queue?explain=true").await.expect(200);
    assert_eq!(explained["items"], queue["items"]);
    let why: Vec<_> =
        explained["items"].as_array().unwrap().iter().map(|turn| &turn["why"]).collect();
    assert_eq!(
        why[0],
        &json!({ "decided_by": "host", "value": "the host", "sentence": "By who is the host: the host.", "moved": null })
    );
    assert_eq!(why[2]["value"], "Türkiye");
    assert_eq!(explained["time_zone"], "Asia/Ho_Chi_Minh");
    assert_eq!(
        explained["strategies"],
        json!(["host_first", "alphabetical", "rank", "lot", "appointment", "manual"])
    );
    assert_eq!(app.count("event where kind = 'signing.ordered'").await, 4);
}

#[tokio::test]
async fn r30_a_lot_is_drawn_again_by_whoever_knows_its_seed() {
    use hanoi_ceremony::secret::{hex, sha256};

    let app = four().await;
    let lot = json!({ "strategy": "lot" });
    let drawn = app.treaty().act("/signing/queue/order", lot).await.expect(200);
    let seed = drawn["seed"].as_str().unwrap().to_owned();
    let mut again: Vec<_> = ["USA", "TUR", "VNM", "FRA"]
        .map(|code| (hex(&sha256(format!("{seed}\n{code}"))), code))
        .into();
    again.sort();
    assert_eq!(codes(&drawn), again.iter().map(|(_, code)| *code).collect::<Vec<_>>());
    let given = json!({ "strategy": "lot", "seed": seed });
    let given = app.treaty().act("/signing/queue/order", given).await.expect(200);
    assert_eq!(codes(&given), codes(&drawn), "the same seed, the same order");
    let odd = json!({ "strategy": "rank", "seed": "x" });
    assert_eq!(app.treaty().act("/signing/queue/order", odd).await.pointers(), ["/seed"]);
}

#[tokio::test]
async fn r30_a_move_by_hand_needs_a_reason_and_is_audited() {
    let app = four().await;
    let order = async |body: Value| app.treaty().act("/signing/queue/order", body).await;
    order(json!({ "strategy": "alphabetical" })).await.expect(200);
    let go = async |body: Value| app.treaty().act("/signing/queue/VNM/move", body).await;
    assert_eq!(go(json!({ "to": 1 })).await.pointers(), ["/reason"]);
    for nowhere in [0, 5] {
        let body = json!({ "to": nowhere, "reason": "A test." });
        assert_eq!(go(body).await.pointers(), ["/to"]);
    }
    let moved = go(json!({ "to": 2, "reason": "The President must leave." })).await.expect(200);
    assert_eq!((&moved["position"], &moved["why"]["moved"]["from"]), (&json!(2), &json!(4)));
    assert_eq!(moved["why"]["moved"]["reason"], "The President must leave.");
    assert_eq!(
        moved["why"]["sentence"],
        "In the Depositary's order of names: Viet Nam. An officer then moved it from place 4."
    );
    let told = "event where kind = 'signing.moved' and participant = 'VNM' and reason = 'The President must leave.'";
    assert_eq!(app.count(told).await, 1);

    for (body, pointers) in [
        (json!({ "strategy": "manual" }), vec!["/order", "/reason"]),
        (json!({ "strategy": "rank", "order": ["FRA"] }), vec!["/order"]),
        (json!({ "strategy": "by_weight" }), vec!["/strategy"]),
        (
            json!({ "strategy": "manual", "order": ["FRA", "BEL"], "reason": "A test." }),
            vec!["/order/1"],
        ),
        (
            json!({ "strategy": "manual", "order": ["FRA", "FRA"], "reason": "A test." }),
            vec!["/order/1"],
        ),
    ] {
        assert_eq!(order(body).await.pointers(), pointers);
    }
    let by_hand =
        json!({ "strategy": "manual", "order": ["USA", "FRA"], "reason": "By agreement." });
    let queue = order(by_hand).await.expect(200);
    assert_eq!(codes(&queue), ["USA", "FRA", "VNM", "TUR"]);
    assert_eq!(queue["items"][0]["why"]["decided_by"], "officer");
    assert_eq!(queue["items"][2]["why"]["moved"], Value::Null, "a new order forgets earlier moves");
}

#[tokio::test]
async fn r30_who_was_called_keeps_the_place_and_who_is_appointed_later_comes_last() {
    let app = four().await;
    let order = async |strategy: &str| {
        app.treaty().act("/signing/queue/order", json!({ "strategy": strategy })).await
    };
    order("host_first").await.expect(200);
    app.step("VNM", "call").await.expect(200);
    assert_eq!(codes(&order("rank").await.expect(200)), ["VNM", "USA", "TUR", "FRA"]);
    app.entitle("BEL").await;
    let queue = app.treaty().get("/signing/queue?explain=true").await;
    let body = queue.expect(200);
    assert_eq!((codes(&body)[4], state(&body, "BEL")), ("BEL", "expected"));
    assert_eq!(body["items"][4]["why"]["decided_by"], "appointed_at");

    // An order made on what is no longer so is refused.
    let etag = queue.header("etag").to_owned();
    app.step("VNM", "arrive").await.expect(200);
    let stale = app.treaty().request(reqwest::Method::POST, "/signing/queue/order");
    let stale = stale.header("if-match", etag).json(&json!({ "strategy": "alphabetical" }));
    assert_eq!(crate::app::send(stale).await.problem(412), "version_mismatch");
}
