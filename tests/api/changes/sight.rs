//! What of a change request is seen by whom, and what is not kept of it.

use hanoi_ceremony::access::Role;
use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, Executor as _};

use super::{ask, cleared};
use crate::app::{TestApp, member};

const CANARY: &str = "CANARY7F3A";

#[tokio::test]
async fn r50_what_is_sealed_of_a_member_is_sealed_in_a_request_and_forgotten_with_the_decision() {
    let app = TestApp::start().await;
    let path = cleared(&app, member("Sample")).await;
    let (mission, officer) = (app.focal_point("FRA"), app.officer());
    let changes = json!({ "passport": { "number": CANARY, "expires_on": "2033-03-03" } });
    let (request, request_path) = ask(&mission, &path, changes).await;
    let passport = |before: Value, after: Value| json!({ "field": "passport_number", "is_material": true, "before": before, "after": after });
    assert_eq!(request["difference"][0], passport(json!("•••000"), json!("•••F3A")));
    assert_eq!(officer.get(&request_path).await.json()["difference"], request["difference"]);
    let listed = officer.get("/change-requests").await.expect(200);
    assert_eq!(listed["items"][0]["difference"][0], passport(Value::Null, json!("changed")));

    let mut owner = app.owner.connect().await.unwrap();
    let kept = "select string_agg(r::text, '') from change_request r";
    let dumped = |text: String| {
        text.contains(CANARY)
            || text.contains("2033-03-03")
            || text.contains(&hanoi_ceremony::secret::hex(CANARY.as_bytes()))
    };
    let row: String = sqlx::query_scalar(kept).fetch_one(&mut owner).await.unwrap();
    assert!(!dumped(row));
    officer.act(&format!("{request_path}/accept"), json!({})).await.expect(200);
    let decided = officer.get(&request_path).await.expect(200);
    assert_eq!(decided["difference"][0], passport(Value::Null, json!("changed")));
    let boxes: i64 = sqlx::query_scalar("select count(sealed_difference) from change_request")
        .fetch_one(&mut owner)
        .await
        .unwrap();
    assert_eq!(boxes, 0);
    let trail = "select string_agg(e::text, '') from event e";
    let trail: String = sqlx::query_scalar(trail).fetch_one(&mut owner).await.unwrap();
    assert!(!dumped(trail));
    let versions = "select string_agg(v::text, '') from member_version v";
    let versions: String = sqlx::query_scalar(versions).fetch_one(&mut owner).await.unwrap();
    assert!(!dumped(versions));
    let read = app.security().get(&format!("{path}/passport?reason=An%20example.")).await;
    assert_eq!(read.expect(200)["number"], CANARY);
}

#[tokio::test]
async fn r41_each_office_sees_of_a_request_what_it_sees_of_the_member() {
    let app = TestApp::start().await;
    let path = cleared(&app, member("Sample")).await;
    let mission = app.focal_point("FRA");
    let changes = json!({
        "badge_name": "Ex Sample", "rank": "official", "email": "new@delegate.example", "date_of_birth": "1981-01-01",
    });
    let body = json!({ "changes": changes, "note": "A word of the mission." });
    let request = mission.post(&format!("{path}/change-requests"), body).await;
    request.expect(201);
    let request = format!("/change-requests/{}", request.id());
    for (role, fields, note) in [
        (Role::FocalPoint, vec!["badge_name", "rank", "email", "date_of_birth"], true),
        (Role::Accreditation, vec!["badge_name", "rank", "email", "date_of_birth"], true),
        (Role::Security, vec!["badge_name", "date_of_birth"], false),
        (Role::Treaty, vec!["badge_name", "rank"], true),
        (Role::Auditor, vec!["badge_name", "rank"], true),
    ] {
        let single = app.role(role).get(&request).await.expect(200);
        let list = app.role(role).get("/change-requests").await.expect(200);
        for seen in [&single, &list["items"][0]] {
            let names: Vec<_> =
                seen["difference"].as_array().unwrap().iter().map(|c| &c["field"]).collect();
            assert_eq!(names, fields, "{role}");
            assert_eq!(seen.get("note").is_some(), note, "{role}");
        }
    }
    for role in [Role::Administrator, Role::Programme, Role::Gate] {
        for path in [request.as_str(), "/change-requests", &format!("{path}/change-requests")] {
            assert_eq!(app.role(role).get(path).await.problem(404), "not_found");
        }
    }
    // R38: to another mission it does not exist, whatever it sends.
    let germany = app.focal_point("DEU");
    assert_eq!(germany.get(&request).await.problem(404), "not_found");
    for verb in ["accept", "refuse", "withdraw"] {
        let theirs = format!("{request}/{verb}");
        assert_eq!(germany.act(&theirs, json!({ "nonsense": 1 })).await.problem(404), "not_found");
    }
    let mut service = app.as_service().await;
    service.execute("select set_config('ceremony.scope', 'DEU', false)").await.unwrap();
    for table in ["change_request", "member_version", "delegation_version"] {
        let count = format!("select count(*) from {table}");
        let seen: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(count.clone()))
            .fetch_one(&mut service)
            .await
            .unwrap();
        assert_eq!(seen, 0, "{table}");
        service.execute("select set_config('ceremony.scope', 'FRA', false)").await.unwrap();
        let seen: i64 =
            sqlx::query_scalar(sqlx::AssertSqlSafe(count)).fetch_one(&mut service).await.unwrap();
        assert!(seen > 0, "the control: {table}");
        service.execute("select set_config('ceremony.scope', 'DEU', false)").await.unwrap();
    }
}
