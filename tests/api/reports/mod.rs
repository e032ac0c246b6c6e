//! Reports: what is taken away, by whom, and what it leaves behind.

mod at_server;
mod destinations;
mod jobs;
mod mechanism;
mod papers;
mod schedules;
mod statistics;

use serde_json::json;

use crate::app::{TestApp, member};

/// A delegation of France with three members, one of them named like a formula.
pub async fn france(app: &TestApp) {
    let officer = app.officer();
    officer.post("/delegations", json!({ "participant": "FRA" })).await.expect(201);
    officer.post("/delegations", json!({ "participant": "CIV" })).await.expect(201);
    for (name, function) in [("Second", "adviser"), ("First", "head"), ("Third", "adviser")] {
        let mut body = member(name);
        body["function"] = json!(function);
        if name == "Third" {
            body["family_name"] = json!("=HYPERLINK(\"http://x.example\")");
        }
        officer.post("/delegations/FRA/members", body).await.expect(201);
    }
}

#[tokio::test]
async fn r27_the_delegations_stand_in_the_depositarys_order_with_their_numbers() {
    let app = TestApp::start().await;
    france(&app).await;
    app.officer().post("/delegations", json!({ "participant": "CRI" })).await.expect(201);
    let reply = app.officer().get("/reports/delegations.csv").await;
    assert_eq!(reply.status, 200);
    assert!(reply.header("content-disposition").starts_with("attachment"));
    let mut lines = csv::Reader::from_reader(reply.text.as_bytes());
    let rows: Vec<_> = lines.records().map(|r| r.unwrap()).collect();
    let codes: Vec<_> = rows.iter().map(|r| r[0].to_owned()).collect();
    assert_eq!(codes, ["CRI", "CIV", "FRA"], "Côte d'Ivoire follows Costa Rica");
    assert_eq!((&rows[2][6], &rows[2][8], &rows[2][9]), ("Exemplar First", "3", "3"));
}

#[tokio::test]
async fn r53_the_list_of_participants_opens_safely_and_its_export_is_audited() {
    let app = TestApp::start().await;
    france(&app).await;
    let reply = app.officer().get("/reports/participants.csv?status=draft&lang=fr").await;
    assert_eq!(reply.status, 200);
    let mut lines = csv::Reader::from_reader(reply.text.as_bytes());
    assert_eq!(lines.headers().unwrap().get(5), Some("Nom"));
    let rows: Vec<_> = lines.records().map(|r| r.unwrap()).collect();
    let names: Vec<_> = rows.iter().map(|r| r[5].to_owned()).collect();
    assert_eq!(
        names,
        ["FIRST", "'=HYPERLINK(\"http://x.example\")", "SECOND"],
        "the head first, then by name"
    );
    assert!(!reply.text.contains("X0000000"), "no passport leaves with the list");

    let mut db = sqlx::ConnectOptions::connect(&app.owner).await.unwrap();
    let about: serde_json::Value =
        sqlx::query_scalar("select after from event where kind = 'report.exported'")
            .fetch_one(&mut db)
            .await
            .unwrap();
    let hash = hanoi_ceremony::secret::hex(&hanoi_ceremony::secret::sha256(&reply.text));
    assert_eq!((&about["rows"], &about["sha256"]), (&json!(3), &json!(hash)));
    assert_eq!(about["filter"], json!({ "status": ["draft"], "lang": "fr" }));
}
