//! The audit trail, for who audits (R51).

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _};

use crate::app::{Caller, TestApp, member};

/// The entries of a question, the latest first.
async fn entries(auditor: &Caller<'_>, question: &str) -> Vec<Value> {
    let page = auditor.get(&format!("/audit?{question}")).await.expect(200);
    page["items"].as_array().unwrap().clone()
}

fn kinds(entries: &[Value]) -> Vec<&str> {
    entries.iter().map(|entry| entry["kind"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn r51_who_audits_reads_who_did_what_and_why_and_not_what_a_field_holds() {
    let app = TestApp::start().await;
    let (france, officer) = (app.focal_point("FRA"), app.officer());
    france.post("/delegations", json!({ "participant": "FRA" })).await.expect(201);
    let person = france.post("/delegations/FRA/members", member("Beispiel")).await;
    person.expect(201);
    let path = format!("/delegations/FRA/members/{}", person.id());
    france.act(&format!("{path}/submit"), json!({})).await.expect(200);
    let reason = json!({ "reason": "No such office." });
    officer.act(&format!("{path}/reject"), reason).await.expect(200);

    let auditor = app.role(hanoi_ceremony::access::Role::Auditor);
    let of_member = entries(&auditor, &format!("subject={}", person.id())).await;
    assert_eq!(kinds(&of_member), ["member.rejected", "member.submitted", "member.created"]);
    let [rejected, submitted, created] = of_member.as_slice() else { unreachable!() };
    assert_eq!((&rejected["participant"], &rejected["api_key"]), (&json!("FRA"), &Value::Null));
    assert_ne!(rejected["account"], submitted["account"]);
    assert_eq!(rejected["fields"], json!(["revoked", "status"]));
    assert!(created["fields"].as_array().is_some_and(|fields| !fields.is_empty()));
    let told = serde_json::to_string(&of_member).unwrap();
    assert!(!told.to_lowercase().contains("beispiel"), "{told}");

    // By who did it, by kind, by the hour, and page by page.
    let account = rejected["account"].as_str().unwrap();
    let by_officer = entries(&auditor, &format!("account={account}&participant=FRA")).await;
    assert_eq!(kinds(&by_officer), ["member.rejected"]);
    let of_kind = entries(&auditor, "kind=member.submitted").await;
    assert_eq!(of_kind, std::slice::from_ref(submitted));
    let at = submitted["happened_at"].as_str().unwrap();
    // The clock stands still here: all of it is not before this moment, and nothing is.
    let question = format!("subject={}&from={at}", person.id());
    assert_eq!(entries(&auditor, &question).await, of_member);
    let question = format!("subject={}&until={at}", person.id());
    assert!(entries(&auditor, &question).await.is_empty());
    let (mut paged, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/audit?participant=FRA&limit=1{cursor}");
        let page = auditor.get(&path).await.expect(200);
        paged.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(paged, entries(&auditor, "participant=FRA").await);
    let wrong = auditor.get("/audit?account=nobody&from=noon&cursor=x").await;
    assert_eq!(wrong.problem(422), "validation_failed");
}

#[tokio::test]
async fn r51_who_audits_has_all_of_it_looked_at_and_is_told_of_an_edit_one_look_at_a_time() {
    let app = TestApp::start().await;
    app.signed("FRA").await;
    let auditor = app.role(hanoi_ceremony::access::Role::Auditor);
    let sound = auditor.get("/audit/verify").await.expect(200);
    assert_eq!(sound["record"]["entries"], 2, "the treaty, and the signature: {sound}");
    assert_eq!((&sound["record"]["faults"], &sound["audit"]["faults"]), (&json!([]), &json!([])));

    let mut owner = app.owner.connect().await.unwrap();
    let edit = "set session_replication_role = replica; alter table ledger_leaf disable trigger all;
                update ledger_leaf set content = content || ' ' where log = 'treaty' and leaf_index = 1;
                alter table ledger_leaf enable trigger all";
    owner.execute(AssertSqlSafe(edit)).await.unwrap();
    let edited = auditor.get("/audit/verify").await.expect(200);
    assert_eq!(edited["record"]["faults"][0]["entry"], 1, "{edited}");

    let _turn = app.app.looks.try_acquire().unwrap();
    let busy = auditor.get("/audit/verify").await;
    assert_eq!((busy.problem(503), busy.header("retry-after")), ("unavailable".into(), "2"));
}
