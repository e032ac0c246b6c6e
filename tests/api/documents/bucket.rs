//! Papers in a bucket instead of the data directory, with a real server that speaks S3.

use std::path::Path;

use hanoi_ceremony::config::Config;
use hanoi_ceremony::db::Clock;
use hanoi_ceremony::{documents, secret, server};
use hyper_util::rt::TokioIo;
use reqwest::Method;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use sqlx::ConnectOptions as _;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

use super::{NOTE, files, lodge, stored};
use crate::app::{NOW, SETTINGS, TestApp};

/// A server over a directory, in which one bucket is.
pub struct Store {
    dir: tempfile::TempDir,
    pub address: std::net::SocketAddr,
    serving: JoinHandle<()>,
}

impl Store {
    pub async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("papers")).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut builder = S3ServiceBuilder::new(s3s_fs::FileSystem::new(dir.path()).unwrap());
        builder.set_auth(SimpleAuth::from_single("sample", "sample-secret"));
        let service = builder.build();
        let serving = tokio::spawn(async move {
            // Connections end with the server.
            let mut connections = JoinSet::new();
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let http = hyper::server::conn::http1::Builder::new();
                connections.spawn(http.serve_connection(TokioIo::new(socket), service.clone()));
            }
        });
        Self { dir, address, serving }
    }

    fn settings(&self, bucket: &str, secret: &str) -> String {
        format!(
            "{SETTINGS}[documents]\nstore = 's3'\n[documents.s3]\nendpoint = 'http://{}'\nbucket = '{bucket}'\n\
             access_key_id = 'sample'\nsecret_access_key = '{secret}'\n",
            self.address
        )
    }

    pub fn bucket(&self) -> std::path::PathBuf {
        self.dir.path().join("papers")
    }
}

/// The files of papers in the bucket; the server keeps its own notes beside them.
fn papers(bucket: &Path) -> Vec<std::path::PathBuf> {
    files(bucket).into_iter().filter(|file| file.file_name().unwrap().len() == 64).collect()
}

#[tokio::test]
async fn r50_papers_lie_sealed_in_a_bucket_and_are_proven_before_they_are_served() {
    let store = Store::start().await;
    let app = TestApp::start_with(NOW, &store.settings("papers", "sample-secret")).await;
    let france = app.focal_point("FRA");
    let made = lodge(&france, "passport").await;
    made.expect(201);
    assert!(stored(&app).is_empty(), "nothing in the data directory");
    let [file] = papers(&store.bucket()).try_into().unwrap();
    let bytes = std::fs::read(&file).unwrap();
    assert_eq!(file.file_name().unwrap().to_str().unwrap(), secret::hex(&secret::sha256(&bytes)));
    assert!(NOTE.windows(8).all(|part| !bytes.windows(8).any(|window| window == part)));

    let content = format!("/documents/{}/content", made.id());
    let read = france.request(Method::GET, &content).send().await.unwrap();
    assert_eq!(read.bytes().await.unwrap(), NOTE);

    let mut altered = bytes.clone();
    altered[40] ^= 1;
    std::fs::write(&file, altered).unwrap();
    assert_eq!(france.get(&content).await.problem(503), "unavailable");
}

#[tokio::test]
async fn what_belongs_to_no_paper_is_swept_from_the_bucket() {
    let store = Store::start().await;
    let app =
        TestApp::start_with("2100-01-01T00:00:00Z", &store.settings("papers", "sample-secret"))
            .await;
    lodge(&app.focal_point("FRA"), "note_verbale").await.expect(201);
    lodge(&app.focal_point("FRA"), "letter").await.expect(201);
    let mut db = app.owner.connect().await.unwrap();
    let [first, second] = papers(&store.bucket()).try_into().unwrap();
    let name = first.file_name().unwrap().to_str().unwrap();
    let sql = "delete from document where sealed_sha256 = decode($1, 'hex')";
    assert_eq!(sqlx::query(sql).bind(name).execute(&mut db).await.unwrap().rows_affected(), 1);

    assert_eq!(documents::sweep(&app.app.db, &app.app.papers).await.unwrap(), 0);
    let later = "update orphan_file set seen_at = now() - interval '8 days'";
    assert_eq!(sqlx::query(later).execute(&mut db).await.unwrap().rows_affected(), 1);
    assert_eq!(documents::sweep(&app.app.db, &app.app.papers).await.unwrap(), 1);
    assert_eq!(papers(&store.bucket()), [second]);
}

#[tokio::test]
async fn while_the_store_is_away_an_upload_is_told_to_come_back_and_leaves_no_row() {
    let store = Store::start().await;
    let app = TestApp::start_with(NOW, &store.settings("papers", "sample-secret")).await;
    store.serving.abort();
    let refused = lodge(&app.focal_point("FRA"), "note_verbale").await;
    assert_eq!(refused.problem(503), "unavailable");
    let address = store.address.to_string();
    assert!(
        !refused.text.contains("papers") && !refused.text.contains(&address),
        "{}",
        refused.text
    );
    let list = app.focal_point("FRA").get("/documents").await;
    assert_eq!(list.expect(200)["items"], serde_json::json!([]));
    assert_eq!(app.anybody().get("/treaty/status").await.status, 200, "all else goes on");
}

#[tokio::test]
async fn a_bucket_that_is_not_there_or_not_ours_is_told_at_the_start_and_no_secret_is() {
    let store = Store::start().await;
    let app = TestApp::start().await;
    let start = async |settings: &str| {
        let config = Config::from_toml(settings).unwrap();
        let clock = Clock::Fixed(NOW.parse().unwrap());
        server::assemble(config, &app.owner, app.data_dir(), clock)
            .await
            .err()
            .map(|e| e.to_string())
    };
    assert_eq!(start(&store.settings("papers", "sample-secret")).await, None, "the control");
    for settings in
        [store.settings("nowhere", "sample-secret"), store.settings("papers", "wrong-secret")]
    {
        let told = start(&settings).await.unwrap();
        assert!(told.contains("place of the papers") && !told.contains("-secret"), "{told}");
    }
}
