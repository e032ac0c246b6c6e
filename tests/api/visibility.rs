//! Who sees what of a delegation, by whatever way out (R41).

use serde_json::json;

use crate::app::{TestApp, member};

#[tokio::test]
async fn r41_the_order_of_a_composition_tells_security_nothing_of_rank() {
    let app = TestApp::start().await;
    let france = app.focal_point("FRA");
    france.post("/delegations", json!({ "participant": "FRA" })).await.expect(201);
    for (name, rank) in [("Zuletzt", "head_of_state"), ("Anfang", "official")] {
        let mut person = member(name);
        person["rank"] = json!(rank);
        france.post("/delegations/FRA/members", person).await.expect(201);
    }
    let names = |reply: serde_json::Value| {
        let members = reply["members"].as_array().unwrap().clone();
        members.iter().map(|m| m["family_name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let composition = "/delegations/FRA/composition";
    assert_eq!(names(france.get(composition).await.expect(200)), ["ZULETZT", "ANFANG"]);
    assert_eq!(names(app.security().get(composition).await.expect(200)), ["ANFANG", "ZULETZT"]);
}
