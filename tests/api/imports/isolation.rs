//! A mission's lists do not exist for another (R38).

use hanoi_ceremony::access::Role;
use serde_json::json;
use sqlx::{Connection as _, Executor as _};

use super::{begin, file, row, take_in, upload};
use crate::app::TestApp;

#[tokio::test]
async fn r38_another_missions_lists_do_not_exist() {
    let app = TestApp::start().await;
    let (france, germany) = (begin(&app, "FRA").await, begin(&app, "DEU").await);
    let import = format!("/imports/{}", upload(&france, &file(&[row(1)])).await.id());
    for path in [
        import.as_str(),
        "/delegations/FRA/members.csv",
        "/delegations/FRA/import-template.csv",
        "/delegations/FRA/import-template.xlsx",
        "/imports?participant=FRA",
    ] {
        assert_eq!(germany.get(path).await.problem(404), "not_found", "{path}");
        assert_eq!(app.role(Role::Gate).get(path).await.problem(404), "not_found", "{path}");
    }
    for step in ["commit", "rollback"] {
        let reply = germany.act(&format!("{import}/{step}"), json!({})).await;
        assert_eq!(reply.problem(404), "not_found");
    }
    assert_eq!(upload(&germany, &file(&[row(1)])).await.problem(404), "not_found");
    assert_eq!(germany.get("/imports").await.expect(200)["items"], json!([]));
    // Offices that see the delegation see that there is a list, and not what it says.
    for role in [Role::Treaty, Role::Security, Role::Auditor] {
        assert!(app.role(role).get(&import).await.expect(200).get("preview").is_none());
        let refused = app.role(role).get("/delegations/FRA/members.csv").await;
        assert_eq!(refused.problem(403), "forbidden");
    }
    assert!(app.officer().get(&import).await.expect(200)["preview"]["rows"].is_array());

    let mut service = app.as_service().await;
    let mut count = async |scope: &'static str| -> i64 {
        let mut tx = service.begin().await.unwrap();
        let set = "select set_config('ceremony.scope', $1, true)";
        sqlx::query(set).bind(scope).execute(&mut *tx).await.unwrap();
        sqlx::query_scalar("select count(*) from import").fetch_one(&mut *tx).await.unwrap()
    };
    assert_eq!((count("DEU").await, count("").await, count("FRA").await), (0, 0, 1));
    let refused = service.execute("delete from import").await.unwrap_err();
    assert_eq!(hanoi_ceremony::db::sqlstate(&refused).as_deref(), Some("42501"));
}

#[tokio::test]
async fn r36_an_address_of_another_delegation_is_taken_and_nobody_says_whose_it_is() {
    let app = TestApp::start().await;
    let (france, germany) = (begin(&app, "FRA").await, begin(&app, "DEU").await);
    let (of_france, id) = (file(&[row(1), row(2)]), row(1));
    take_in(&france, &of_france).await;
    let seen = germany.upload("/imports?participant=DEU", "text/csv", &file(&[id, row(3)])).await;
    let body = seen.expect(201);
    assert_eq!(body["counts"], json!({ "new": 1, "changed": 0, "unchanged": 0, "faulty": 1 }));
    let fault = &body["preview"]["faults"][0];
    assert_eq!(
        (&fault["row"], &fault["column"], &fault["code"]),
        (&json!(2), &json!("email"), &json!("taken"))
    );
    assert!(!seen.text.contains("FRA") && !seen.text.contains("s1@"));

    // An id of another delegation is as unknown as one that nobody has.
    let list = france.get("/delegations/FRA/members").await.expect(200);
    let id = list["items"][0]["id"].as_str().unwrap();
    let text = format!("id,family_name,given_names,function,rank\n{id},A,B,staff,none\n");
    let seen = germany.upload("/imports?participant=DEU", "text/csv", text.as_bytes()).await;
    assert_eq!(seen.expect(201)["preview"]["faults"][0]["code"], "unknown_member");
}

#[tokio::test]
async fn r36_officers_alone_are_warned_of_who_came_by_two_lists() {
    let app = TestApp::start().await;
    let (france, germany) = (begin(&app, "FRA").await, begin(&app, "DEU").await);
    take_in(&france, &file(&[row(1)])).await;
    let mut twice = row(1);
    twice[10] = "other@delegate.example".to_owned();
    let seen = germany.upload("/imports?participant=DEU", "text/csv", &file(&[twice])).await;
    assert_eq!(seen.expect(201)["counts"]["new"], 1, "nobody is refused for it");
    germany.act(&format!("/imports/{}/commit", seen.id()), json!({})).await.expect(200);
    let list = germany.get("/delegations/DEU/members").await.expect(200);
    let path = format!("/delegations/DEU/members/{}", list["items"][0]["id"].as_str().unwrap());
    let warnings = app.officer().get(&path).await.expect(200)["warnings"].clone();
    assert!(!warnings.as_array().unwrap().is_empty());
    assert!(germany.get(&path).await.expect(200).get("warnings").is_none());
}
