//! Freezing the record by two officers.

use hanoi_ceremony::access::Role;
use serde_json::{Value, json};
use sqlx::Executor as _;

use super::AT_THE_TABLE;
use crate::app::{Reply, TestApp};
use crate::desk::signature;

async fn propose(app: &TestApp, order: &str) -> Reply {
    let wanted = json!({ "order": order, "reason": "Maintenance of the database." });
    app.treaty().post("/ledger/orders", wanted).await
}

async fn ordered(app: &TestApp, order: &str) {
    let made = propose(app, order).await;
    made.expect(201);
    let confirm = format!("/ledger/orders/{}/confirm", made.id());
    app.second_treaty().act(&confirm, json!({})).await.expect(200);
}

#[tokio::test]
async fn r25_two_officers_freeze_the_record_thaw_it_and_close_it() {
    let app = TestApp::start().await;
    let signer = app.entitle("FRA").await;
    let sign = async || {
        let body = signature("FRA", &signer.full_powers, AT_THE_TABLE);
        app.treaty().post_once("/treaty/acts", "one", body).await
    };
    let early = propose(&app, "thawed").await;
    assert_eq!(early.problem(409), "illegal_transition");
    assert_eq!(early.json()["allowed"], json!(["frozen", "closed"]));
    let made = propose(&app, "frozen").await;
    assert_eq!((&made.expect(201)["is_confirmed"], made.header("etag")), (&json!(false), "\"1\""));
    let ready = app.anybody().get("//health/ready").await.text;
    assert_eq!(ready, "ready\n", "nobody has confirmed it");
    let confirm = format!("/ledger/orders/{}/confirm", made.id());
    let alone = app.treaty().act(&confirm, json!({})).await;
    assert_eq!(alone.problem(409), "second_person_required");
    let confirmed = app.second_treaty().act(&confirm, json!({})).await;
    assert_eq!(confirmed.expect(200)["is_confirmed"], true);
    assert_eq!(
        app.second_treaty().act(&confirm, json!({})).await.problem(409),
        "illegal_transition"
    );
    assert_eq!(sign().await.problem(503), "unavailable");
    assert_eq!(app.count("act").await, 0);

    ordered(&app, "thawed").await;
    let first = sign().await.expect(201);
    ordered(&app, "closed").await;
    for order in ["thawed", "frozen", "closed"] {
        let late = propose(&app, order).await;
        assert_eq!(
            (late.problem(409).as_str(), &late.json()["allowed"]),
            ("illegal_transition", &json!([]))
        );
    }
    assert_eq!(sign().await.expect(201), first, "what was recorded is answered again");
    let listed = app.role(Role::Auditor).get("/ledger/orders").await.expect(200);
    let orders: Vec<&Value> =
        listed["items"].as_array().unwrap().iter().map(|one| &one["order"]).collect();
    assert_eq!(orders, ["frozen", "thawed", "closed"]);
    assert_eq!(app.count("event where kind = 'ledger.ordered' and reason is not null").await, 3);
}

#[tokio::test]
async fn r25_an_order_is_two_officers_and_in_its_turn_however_many_confirm() {
    let app = TestApp::start().await;
    let wrong = json!({ "order": "burnt", "reason": "" });
    assert_eq!(app.treaty().post("/ledger/orders", wrong).await.pointers(), ["/order", "/reason"]);
    let (one, other) = (propose(&app, "frozen").await.id(), propose(&app, "frozen").await.id());
    let confirm = |id: &str| format!("/ledger/orders/{id}/confirm");
    let (first, second) = (confirm(&one), confirm(&other));
    let officer = app.second_treaty();
    let (first, second) =
        tokio::join!(officer.act(&first, json!({})), officer.act(&second, json!({})));
    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409], "it is frozen once");
    let mut owner = app.as_owner().await;
    for attack in [
        "update ledger_order_proposal set reason = 'Another'",
        "update ledger_order_proposal set confirmed_by = null, confirmed_at = null where confirmed_by is not null",
        "delete from ledger_order_proposal",
        "truncate ledger_order_proposal",
    ] {
        let refused = owner.execute(attack).await.unwrap_err();
        assert_eq!(hanoi_ceremony::db::sqlstate(&refused).as_deref(), Some("23001"), "{attack}");
    }
    let mut service = app.as_service().await;
    let alone = "update ledger_order_proposal set confirmed_by = proposed_by, confirmed_at = now() where confirmed_by is null";
    let refused = service.execute(alone).await.unwrap_err();
    let constraint = refused.as_database_error().unwrap().constraint();
    assert_eq!(constraint, Some("ledger_order_proposal_by_two_officers"));
    for (caller, status) in [
        (app.focal_point("FRA"), 403),
        (app.role(Role::Auditor), 403),
        (app.administrator(), 403),
        (app.anybody(), 401),
    ] {
        let wanted = json!({ "order": "thawed", "reason": "A test." });
        assert_eq!(caller.post("/ledger/orders", wanted).await.status, status);
    }
}
