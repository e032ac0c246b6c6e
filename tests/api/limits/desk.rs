//! Connections of the signing desk: whatever others do with theirs, a signature finds one.

use futures_util::future::{join, join_all};
use hanoi_ceremony::db::Scope;
use serde_json::json;

use crate::app::{NOW, SETTINGS, TestApp};
use crate::desk::signature;

/// Few connections, and nobody waits long for one.
fn few() -> String {
    SETTINGS
        .replace("write_connections = 20", "write_connections = 2")
        .replace("acquire_timeout_ms = 8000", "acquire_timeout_ms = 2000")
        .replace("read_connections = 10", "read_connections = 2")
}

#[tokio::test]
async fn a_signature_is_recorded_while_all_other_connections_are_taken() {
    let app = TestApp::start_with(NOW, &few()).await;
    let signer = app.entitle("FRA").await;
    let act = signature("FRA", &signer.full_powers, "2025-10-25T11:02:00+07:00");
    // Every officer is known here by now.
    app.treaty().get("/treaty/acts").await.expect(200);
    app.officer().get("/delegations").await.expect(200);
    let db = &app.app.db;
    let reads = [db.read(&Scope::all()).await.unwrap(), db.read(&Scope::all()).await.unwrap()];
    let never = async || -> Result<(), _> { std::future::pending().await };
    let (taken, waiting) = tokio::sync::oneshot::channel::<()>();
    let others = async {
        let one = db.note(async |_| never().await);
        let other = db.note(async |_| {
            taken.send(()).unwrap();
            never().await
        });
        join(one, other).await
    };
    let desk = async {
        waiting.await.unwrap();
        // The negative control: another officer, a mission at the desk, and who keeps the desk elsewhere.
        let (officer, france, treaty) = (app.officer(), app.focal_point("FRA"), app.treaty());
        let elsewhere = ["/delegations", "/full-powers", "/delegations"];
        let others = [officer, france, treaty.clone()].into_iter().zip(elsewhere);
        for refused in join_all(others.map(async |(who, path)| who.get(path).await)).await {
            assert_eq!(refused.problem(503), "unavailable");
        }
        treaty.get("/signing/sessions").await.expect(200);
        treaty.post_once("/treaty/acts", "once", act).await.expect(201);
    };
    tokio::select! {
        _ = others => unreachable!("they wait for ever"),
        () = desk => {}
    }
    drop(reads);
    app.officer().post("/delegations", json!({ "participant": "DEU" })).await.expect(201);
}
