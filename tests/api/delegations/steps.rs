//! The way of a member from the mission to the host's clearance, and out of it again.

use serde_json::{Value, json};

use super::{begin, head};
use crate::app::{Caller, TestApp, member};

/// Enters a person and takes them through these steps.
async fn walked(app: &TestApp, mission: &Caller<'_>, person: Value, verbs: &[&str]) -> String {
    let id = mission.post("/delegations/FRA/members", person).await.id();
    let path = format!("/delegations/FRA/members/{id}");
    for verb in verbs {
        let who = match *verb {
            "submit" => mission.clone(),
            "pre-approve" => app.officer(),
            _ => app.security(),
        };
        who.act(&format!("{path}/{verb}"), json!({ "reason": "an invented reason" }))
            .await
            .expect(200);
    }
    path
}

#[tokio::test]
async fn r41_the_mission_submits_the_secretariat_passes_on_security_clears() {
    let app = TestApp::start().await;
    let mission = begin(&app, "FRA").await;
    let path = walked(&app, &mission, head("Sample"), &[]).await;
    for (verb, right, wrong) in [
        ("submit", &mission, &app.security()),
        ("pre-approve", &app.officer(), &app.security()),
        ("approve", &app.security(), &app.officer()),
    ] {
        let path = format!("{path}/{verb}");
        assert_eq!(wrong.act(&path, json!({})).await.problem(403), "forbidden");
        right.act(&path, json!({})).await.expect(200);
    }
    let cleared = mission.get(&path).await.expect(200);
    assert_eq!((&cleared["status"], &cleared["reason"]), (&json!("approved"), &Value::Null));
    let refused =
        mission.patch(&path, json!({ "functional_title": "Minister of Other Samples" })).await;
    assert_eq!(refused.problem(409), "illegal_transition");
    assert_eq!(refused.json()["allowed"], json!(["reject", "suspend", "revoke", "withdraw"]));
}

#[tokio::test]
async fn r34_rejecting_an_approved_member_works_revokes_and_says_so() {
    let app = TestApp::start().await;
    let mission = begin(&app, "FRA").await;
    let path = walked(&app, &mission, head("Sample"), &["submit", "pre-approve", "approve"]).await;
    let reject = format!("{path}/reject");
    assert_eq!(app.officer().act(&reject, json!({})).await.pointers(), ["/reason"]);
    let why = json!({ "reason": "The photograph is of somebody else." });
    let rejected = app.officer().act(&reject, why.clone()).await.expect(200);
    assert_eq!((&rejected["status"], &rejected["reason"]), (&json!("rejected"), &why["reason"]));
    assert_eq!(rejected["revoked"], json!(["approval"]));
    let entry = &mission.get("/delegations/FRA/history").await.expect(200)["items"][0];
    assert_eq!(
        (&entry["after"]["revoked"], &entry["reason"]),
        (&json!("approval"), &why["reason"])
    );
    // Said once, with the step itself.
    assert!(mission.get(&path).await.expect(200).get("revoked").is_none());
    let again = app.officer().act(&reject, why).await;
    assert_eq!(
        (again.problem(409), &again.json()["allowed"]),
        ("illegal_transition".into(), &json!([]))
    );
    // The place of the head is free again.
    mission.post("/delegations/FRA/members", head("Successor")).await.expect(201);
}

#[tokio::test]
async fn r34_a_hold_and_a_suspension_end_in_an_approval_or_not_at_all() {
    let app = TestApp::start().await;
    let (mission, security) = (begin(&app, "FRA").await, app.security());
    let why = json!({ "reason": "an invented reason" });
    let path = walked(&app, &mission, member("Sample"), &["submit", "pre-approve", "hold"]).await;
    let held = mission.get(&path).await.expect(200);
    assert_eq!((&held["status"], &held["reason"]), (&json!("on_hold"), &why["reason"]));
    for (verb, status, revoked) in [
        ("approve", "approved", Value::Null),
        ("suspend", "suspended", Value::Null),
        ("approve", "approved", Value::Null),
        ("suspend", "suspended", Value::Null),
        ("revoke", "revoked", json!(["approval"])),
    ] {
        let body = security.act(&format!("{path}/{verb}"), why.clone()).await.expect(200);
        assert_eq!((&body["status"], body["revoked"].clone()), (&json!(status), revoked), "{verb}");
    }
    let refused = mission.act(&format!("{path}/withdraw"), why).await;
    assert_eq!(refused.problem(409), "illegal_transition");
}

#[tokio::test]
async fn r34_nobody_of_a_withdrawn_delegation_comes_nearer() {
    let app = TestApp::start().await;
    let mission = begin(&app, "FRA").await;
    let path = walked(&app, &mission, member("Sample"), &["submit"]).await;
    let why = json!({ "reason": "an invented reason" });
    mission.act("/delegations/FRA/withdraw", why.clone()).await.expect(200);
    let refused = app.officer().act(&format!("{path}/pre-approve"), json!({})).await;
    assert_eq!(
        (refused.problem(409), &refused.json()["current"]),
        ("illegal_transition".into(), &json!("withdrawn"))
    );
    // Going back is always possible.
    app.officer().act(&format!("{path}/reject"), why).await.expect(200);
}
