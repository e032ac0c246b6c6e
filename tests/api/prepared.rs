//! What the world reads is made once for all, and is never older than what has just been written.

use std::io::Read as _;

use flate2::read::GzDecoder;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, Executor as _};

use crate::app::TestApp;
use crate::desk::signature;

const AT_THE_TABLE: &str = "2025-10-25T11:02:00+07:00";

async fn signatories(app: &TestApp) -> Value {
    app.anybody().get("/treaty/status").await.expect(200)["signatories"].clone()
}

async fn sign(app: &TestApp, code: &str) {
    let signer = app.entitle(code).await;
    app.record(signature(code, &signer.full_powers, AT_THE_TABLE)).await.expect(201);
}

#[tokio::test]
async fn r27_whoever_has_recorded_a_signature_sees_it_in_the_next_answer_and_other_services_soon() {
    let app = TestApp::start().await;
    let other = app.replica().await;
    for here in [&app, &other] {
        assert_eq!(signatories(here).await, 0);
    }
    for (count, code) in ["FRA", "BEL", "VNM"].into_iter().enumerate() {
        sign(&app, code).await;
        assert_eq!(signatories(&app).await, json!(count + 1));
        while signatories(&other).await != json!(count + 1) {}
    }
    // Whoever does not hear the database any more keeps nothing until it does.
    let mut owner = app.owner.connect().await.unwrap();
    let deaf = "select pg_terminate_backend(pid) from pg_stat_activity
                where datname = current_database() and query like 'LISTEN%'";
    owner.execute(deaf).await.unwrap();
    sign(&app, "DEU").await;
    while signatories(&other).await != 4 {}
}

#[tokio::test]
async fn r27_what_was_made_once_is_the_same_for_all_who_read_it_compressed_or_not() {
    let app = TestApp::start().await;
    sign(&app, "FRA").await;
    for path in
        ["/treaty/status", "/treaty/status.csv", "/treaty/status.xml", "/treaty/entry-into-force"]
    {
        let first = app.anybody().get(path).await;
        let again = app.anybody().get(path).await;
        assert_eq!((&again.text, again.header("etag")), (&first.text, first.header("etag")));
        let compressed = app.anybody().request(Method::GET, path).header("accept-encoding", "gzip");
        let compressed = compressed.send().await.unwrap();
        assert_eq!(compressed.headers()["content-encoding"], "gzip");
        assert_eq!(compressed.headers()["etag"], first.header("etag"));
        let mut text = String::new();
        let bytes = compressed.bytes().await.unwrap();
        GzDecoder::new(&*bytes).read_to_string(&mut text).unwrap();
        assert_eq!(text, first.text, "{path}");
        let known = app.anybody().request(Method::GET, path);
        let known = known.header("if-none-match", first.header("etag")).send().await.unwrap();
        assert_eq!((known.status().as_u16(), known.bytes().await.unwrap().len()), (304, 0));
    }
    // Who asks for another day or another group is told of that.
    for question in ["?as_of=2025-10-24", "?group=african"] {
        let asked = app.anybody().get(&format!("/treaty/status{question}")).await.expect(200);
        assert_ne!(asked, app.anybody().get("/treaty/status").await.json());
    }
}
