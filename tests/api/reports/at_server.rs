//! What is taken away at the server: the program as somebody runs it.

use std::path::Path;
use std::process::{Command, Output};

use hanoi_ceremony::reports::REPORTS;
use hanoi_ceremony::secret;
use sqlx::ConnectOptions as _;

use super::france;
use super::mechanism::bytes;
use crate::app::TestApp;

fn export(app: &TestApp, folder: &Path) -> (bool, String) {
    let Output { status, stderr, .. } = Command::new(env!("CARGO_BIN_EXE_ceremony"))
        .arg("export")
        .arg(folder)
        .args(["--format", "csv", "--format", "jsonl", "--data-dir"])
        .arg(app.data_dir())
        .env("DATABASE_URL", app.owner.to_url_lossy().as_str())
        .current_dir(app.data_dir())
        .output()
        .unwrap();
    (status.success(), String::from_utf8(stderr).unwrap())
}

#[tokio::test]
async fn every_report_goes_into_a_folder_that_is_whole_and_each_is_audited() {
    let app = TestApp::start().await;
    france(&app).await;
    let folder = app.data_dir().join("taken-away");
    let (is_well, told) = export(&app, &folder);
    assert!(is_well, "{told}");

    let sums = std::fs::read_to_string(folder.join("SHA256SUMS")).unwrap();
    for line in sums.lines() {
        let (sum, name) = line.split_once("  ").unwrap();
        let file = std::fs::read(folder.join(name)).unwrap();
        assert_eq!(secret::hex(&secret::sha256(file)), sum, "{name}");
    }
    assert_eq!(sums.lines().count(), REPORTS.len() * 2);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), sums.lines().count() + 1);
    let list = std::fs::read(folder.join("participants.csv")).unwrap();
    assert_eq!(list, bytes(&app.officer(), "/reports/participants.csv").await);

    let mut db = app.owner.connect().await.unwrap();
    let audited =
        "select count(*) from event where kind = 'report.exported' and account_id is null";
    let audited: i64 = sqlx::query_scalar(audited).fetch_one(&mut db).await.unwrap();
    assert_eq!(usize::try_from(audited).unwrap(), sums.lines().count());

    let (is_well, told) = export(&app, &folder);
    assert!(!is_well && told.contains("is there already"), "{told}");
    assert_eq!(std::fs::read_to_string(folder.join("SHA256SUMS")).unwrap(), sums);
}
