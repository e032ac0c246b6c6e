//! Numbers for a dashboard: each is the number of rows of its report.

use std::collections::BTreeMap;

use hanoi_ceremony::access::Role;
use hanoi_ceremony::reports::statistics::STATISTICS;
use serde_json::{Value, json};

use super::papers::rows;
use crate::app::{Caller, TestApp, member};
use crate::desk::signature;

/// The numbers of a statistic, summed by one of what they are counted by.
async fn counts(caller: &Caller<'_>, name: &str, by: &str) -> BTreeMap<String, i64> {
    let told = caller.get(&format!("/statistics/{name}")).await.expect(200);
    let mut sums = BTreeMap::new();
    for item in told["items"].as_array().unwrap() {
        if let Some(value) = item["by"][by].as_str() {
            *sums.entry(value.to_owned()).or_default() += item["count"].as_i64().unwrap();
        }
    }
    sums
}

/// How many rows have each value in a column.
fn of_rows(rows: &[Value], key: &str) -> BTreeMap<String, i64> {
    let mut sums = BTreeMap::new();
    for row in rows {
        *sums.entry(row[key].as_str().unwrap().to_owned()).or_default() += 1;
    }
    sums
}

#[tokio::test]
async fn every_number_is_the_number_of_rows_of_its_report() {
    let app = TestApp::start().await;
    let signer = app.entitle("FRA").await;
    app.entitle("BEL").await;
    app.record(signature("FRA", &signer.full_powers, "2025-10-25T11:02:00+07:00"))
        .await
        .expect(201);
    app.focal_point("VNM").post("/delegations", json!({ "participant": "VNM" })).await.expect(201);
    app.focal_point("VNM")
        .act("/delegations/VNM/withdraw", json!({ "reason": "An example." }))
        .await
        .expect(200);
    app.focal_point("BEL").post("/delegations/BEL/members", member("Another")).await.expect(201);
    let (officer, treaty) = (app.officer(), app.treaty());

    let delegations = rows(&officer, "delegations").await;
    for by in ["stage", "kind"] {
        assert_eq!(counts(&officer, "delegations", by).await, of_rows(&delegations, by));
    }
    let all = "draft,submitted,pre_approved,approved,rejected,on_hold,suspended,revoked,withdrawn";
    let members = rows(&officer, &format!("participants?status={all}")).await;
    assert_eq!(counts(&officer, "members", "status").await, of_rows(&members, "status"));
    let missing = rows(&officer, "missing-documents").await;
    assert!(!missing.is_empty());
    for by in ["item", "level"] {
        assert_eq!(counts(&officer, "missing-documents", by).await, of_rows(&missing, by));
    }
    let turns = rows(&treaty, "running-order").await;
    assert_eq!(counts(&treaty, "signatures", "turns").await, of_rows(&turns, "state"));
    let acts = rows(&treaty, "signatories").await;
    let by_hour = counts(&treaty, "signatures", "hour").await;
    assert_eq!(by_hour, BTreeMap::from([("2025-10-25T11:00+07:00".to_owned(), 1)]));
    assert_eq!(i64::try_from(acts.len()).unwrap(), by_hour.values().sum::<i64>());
    let programme = app.programme_officer();
    let side_events =
        rows(&programme, "side-events?state=draft,submitted,accepted,rejected,withdrawn").await;
    assert_eq!(counts(&programme, "side-events", "state").await, of_rows(&side_events, "state"));
}

#[tokio::test]
async fn r38_numbers_are_for_those_who_may_read_what_they_count() {
    let app = TestApp::start().await;
    let told = |name: &'static str| {
        let app = &app;
        async move {
            let mut told = Vec::new();
            for role in Role::ALL {
                if app.role(*role).get(&format!("/statistics/{name}")).await.status == 200 {
                    told.push(role.as_str());
                }
            }
            told
        }
    };
    let mut all = BTreeMap::new();
    for statistic in STATISTICS {
        all.insert(statistic.name, told(statistic.name).await);
    }
    let expected: [(&str, &[&str]); 5] = [
        ("delegations", &["accreditation", "treaty", "security", "auditor"]),
        ("members", &["accreditation", "treaty", "security", "auditor"]),
        ("missing-documents", &["accreditation"]),
        ("side-events", &["administrator", "programme", "auditor"]),
        ("signatures", &["treaty", "auditor"]),
    ];
    assert_eq!(all, BTreeMap::from(expected.map(|(name, roles)| (name, roles.to_vec()))));
    assert_eq!(app.officer().get("/statistics/secrets").await.problem(404), "not_found");
    assert_eq!(app.anybody().get("/statistics/members").await.problem(401), "unauthenticated");
}
