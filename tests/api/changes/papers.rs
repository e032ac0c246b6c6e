//! A photograph or a passport handed in for somebody who was approved (R37).

use serde_json::json;

use super::cleared;
use crate::app::{TestApp, member};

const LATER: &str = "2025-10-26T11:00:00Z";

async fn hand_in(app: &TestApp, path: &str, kind: &str) -> String {
    let id = path.rsplit('/').next().unwrap();
    let query = format!("/documents?participant=FRA&kind={kind}&member={id}");
    let paper = b"%PDF-1.7 an invented paper of an invented person";
    let made = app.focal_point("FRA").upload(&query, "application/pdf", paper).await;
    made.expect(201);
    format!("/documents/{}", made.id())
}

#[tokio::test]
async fn r37_a_new_passport_is_a_material_change_once_an_officer_finds_it_in_order() {
    let mut app = TestApp::start().await;
    let path = cleared(&app, member("Sample")).await;
    app.go_to(LATER).await;
    let paper = hand_in(&app, &path, "passport").await;
    let mission = app.focal_point("FRA");
    assert_eq!(mission.get(&path).await.json()["status"], "approved", "it holds until then");

    let verified = app.officer().act(&format!("{paper}/verify"), json!({})).await.expect(200);
    assert_eq!(verified["state"], "verified");
    let told = json!({ "status": "pre_approved", "revoked": ["approval"] });
    assert_eq!(verified["sent_back"], told);
    let now = mission.get(&path).await.expect(200);
    assert_eq!(
        (&now["status"], &now["status_changed_at"]),
        (&json!("pre_approved"), &json!(LATER))
    );
    let history = app.officer().get("/delegations/FRA/history").await.expect(200);
    let kinds: Vec<_> = history["items"].as_array().unwrap().iter().map(|e| &e["kind"]).collect();
    assert!(kinds.contains(&&json!("member.sent_back")), "{kinds:?}");
    app.security().act(&format!("{path}/approve"), json!({})).await.expect(200);
}

#[tokio::test]
async fn r37_papers_that_show_nobody_anew_leave_an_approval_alone() {
    let mut app = TestApp::start().await;
    let path = cleared(&app, member("Sample")).await;
    // Handed in by the moment of the approval: it is what security looked at.
    let earlier = hand_in(&app, &path, "passport").await;
    app.go_to(LATER).await;
    let press_card = hand_in(&app, &path, "press_card").await;
    let wanting = hand_in(&app, &path, "passport").await;
    for paper in [earlier, press_card] {
        let verified = app.officer().act(&format!("{paper}/verify"), json!({})).await.expect(200);
        assert_eq!(verified.get("sent_back"), None);
    }
    let why = json!({ "reason": "The copy cannot be read" });
    app.officer().act(&format!("{wanting}/refuse"), why).await.expect(200);
    assert_eq!(app.focal_point("FRA").get(&path).await.json()["status"], "approved");
}
