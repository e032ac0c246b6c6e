//! The papers of the record: the status, and certificates. What is on them, `.ci/papers` has others read.

use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{Caller, TestApp};
use crate::desk::{signature, with};

async fn paper(caller: &Caller<'_>, path: &str) -> Vec<u8> {
    let response = caller.request(Method::GET, path).send().await.unwrap();
    assert_eq!(response.status(), 200, "{path}");
    assert_eq!(response.headers()["content-type"], "application/pdf");
    response.bytes().await.unwrap().to_vec()
}

/// For `.ci/papers`.
fn keep(name: &str, content: &[u8]) {
    if let Ok(folder) = std::env::var("SPECIMEN_DIR") {
        std::fs::write(format!("{folder}/{name}"), content).unwrap();
    }
}

#[tokio::test]
async fn r53_a_certificate_is_a_paper_in_each_language_and_leaves_a_trace() {
    let app = TestApp::start().await;
    let signer = app.entitle("FRA").await;
    let declared = json!([{ "kind": "reservation", "language": "fr", "text": "Sous réserve\n\tde l’article 63.",
        "translation": { "language": "en", "text": "Subject to article 63." } }]);
    let body = signature("FRA", &signer.full_powers, "2025-10-25T11:02:00+07:00");
    let act = app.record(with(body, &json!({ "declarations": declared }))).await;
    let (id, treaty) = (act.id(), app.treaty());
    for lang in ["en", "fr", "es", "vi"] {
        let path = format!("/treaty/acts/{id}/certificate.pdf?lang={lang}");
        let file = paper(&treaty, &path).await;
        assert!(file.starts_with(b"%PDF-1.7"));
        keep(&format!("certificate-{lang}.pdf"), &file);
    }
    keep("receipt.txt", act.expect(201)["ledger"]["receipt"].as_str().unwrap().as_bytes());

    let response = treaty
        .request(Method::GET, &format!("/treaty/acts/{id}/certificate.pdf"))
        .send()
        .await
        .unwrap();
    let export = response.headers()["export-id"].to_str().unwrap().to_owned();
    let file = response.bytes().await.unwrap();
    let mut owner = app.as_owner().await;
    let about: Value = sqlx::query_scalar(
        "select after from event where kind = 'report.exported' and subject = $1::uuid",
    )
    .bind(export)
    .fetch_one(&mut owner)
    .await
    .unwrap();
    let digest = hanoi_ceremony::secret::hex(&hanoi_ceremony::secret::sha256(&file));
    assert_eq!((&about["report"], &about["sha256"]), (&json!("certificate"), &json!(digest)));
    assert_eq!(about["filter"]["act"], id);
}

#[tokio::test]
async fn there_is_a_certificate_of_what_was_done_and_of_nothing_else() {
    let app = TestApp::start().await;
    let act = app.signed("FRA").await;
    let certify = format!("/treaty/acts/{act}/certify");
    app.second_treaty().act(&certify, json!({})).await.expect(200);
    let acts = app.treaty().get("/treaty/acts?kind=certification").await.expect(200);
    let certification = acts["items"][0]["id"].as_str().unwrap();
    let path = |id: &str| format!("/treaty/acts/{id}/certificate.pdf");
    assert_eq!(app.treaty().get(&path(certification)).await.problem(404), "not_found");
    paper(&app.treaty(), &path(&act)).await;
    let odd = app.treaty().get(&format!("{}?lang=tlh", path(&act))).await;
    assert_eq!(odd.pointers(), ["/lang"]);
}

#[tokio::test]
async fn what_was_withdrawn_or_corrected_has_another_certificate() {
    let app = TestApp::start().await;
    let (taken_back, mended) = (app.signed("FRA").await, app.signed("DEU").await);
    let path = |id: &str| format!("/treaty/acts/{id}/certificate.pdf");
    let before = paper(&app.treaty(), &path(&taken_back)).await;
    let why = json!({ "reason": "Another page was meant." });
    app.treaty().act(&format!("/treaty/acts/{taken_back}/withdraw"), why).await.expect(200);
    let after = paper(&app.treaty(), &path(&taken_back)).await;
    assert_ne!(before, after);
    keep("withdrawn.pdf", &after);

    let moved = json!({ "changes": { "done_at": "2025-10-26T09:00:00+07:00" }, "reason": "The page of the 26th." });
    let correction = app.treaty().act(&format!("/treaty/acts/{mended}/correct"), moved).await.id();
    let certify = format!("/treaty/acts/{correction}/certify");
    app.second_treaty().act(&certify, json!({})).await.expect(200);
    keep("corrected.pdf", &paper(&app.treaty(), &path(&mended)).await);
}

#[tokio::test]
async fn r27_the_status_is_a_paper_that_anybody_may_keep() {
    let app = TestApp::start().await;
    app.signed("FRA").await;
    app.signed("TUR").await;
    let file = paper(&app.anybody(), "/treaty/status.pdf").await;
    assert_eq!(file, paper(&app.anybody(), "/treaty/status.pdf").await);
    keep("status.pdf", &file);
}
