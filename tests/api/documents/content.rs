//! The content of papers: sealed on the disk, proven before it is served, swept when it belongs to nothing.

use std::path::{Path, PathBuf};

use hanoi_ceremony::{documents, secret};
use reqwest::Method;
use sqlx::{ConnectOptions as _, Executor as _};

use super::{NOTE, NOTE_OF_FRANCE, lodge, stored};
use crate::app::{TestApp, send};

#[tokio::test]
async fn r50_the_content_is_sealed_on_the_disk_and_in_no_table() {
    let app = TestApp::start().await;
    lodge(&app.focal_point("FRA"), "passport").await.expect(201);
    let [file] = <[PathBuf; 1]>::try_from(stored(&app)).unwrap();
    let bytes = std::fs::read(file).unwrap();
    assert!(NOTE.windows(8).all(|part| !bytes.windows(8).any(|window| window == part)));

    let mut db = app.owner.connect().await.unwrap();
    let event: String =
        sqlx::query_scalar("select event::text from event where kind = 'document.uploaded'")
            .fetch_one(&mut db)
            .await
            .unwrap();
    assert!(
        !event.contains("hàm") && !event.contains(&secret::hex(&secret::sha256(NOTE))),
        "{event}"
    );
    let row: String =
        sqlx::query_scalar("select document::text from document").fetch_one(&mut db).await.unwrap();
    assert!(!row.contains(&secret::hex(NOTE)) && !row.contains("canary"), "{row}");
}

#[tokio::test]
async fn r50_an_altered_exchanged_or_lost_file_is_not_served_and_not_counted_as_read() {
    let app = TestApp::start().await;
    let france = app.focal_point("FRA");
    let made = lodge(&france, "note_verbale").await;
    let content = format!("/documents/{}/content", made.id());
    let [file] = <[PathBuf; 1]>::try_from(stored(&app)).unwrap();
    let whole = std::fs::read(&file).unwrap();
    lodge(&france, "letter").await.expect(201);
    let other = stored(&app).into_iter().find(|path| *path != file).unwrap();

    let mut altered = whole.clone();
    altered[40] ^= 1;
    for bytes in [altered, std::fs::read(other).unwrap(), Vec::new()] {
        std::fs::write(&file, bytes).unwrap();
        let reply = france.get(&content).await;
        assert_eq!(reply.problem(503), "unavailable");
        assert!(
            !reply.text.contains("canary") && !reply.text.contains("hash"),
            "the cause stays inside: {}",
            reply.text
        );
    }
    std::fs::remove_file(&file).unwrap();
    assert_eq!(france.get(&content).await.problem(503), "unavailable");
    let mut db = app.owner.connect().await.unwrap();
    let reads = "select count(*) from event where kind = 'document.read'";
    assert_eq!(sqlx::query_scalar::<_, i64>(reads).fetch_one(&mut db).await.unwrap(), 0);
    std::fs::write(&file, whole).unwrap();
    assert_eq!(france.get(&content).await.status, 200, "put back from a copy, it is served again");
}

#[tokio::test]
async fn r55_an_upload_repeated_is_one_paper_and_one_file() {
    let app = TestApp::start().await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        let request = app
            .focal_point("FRA")
            .request(Method::POST, NOTE_OF_FRANCE)
            .header("idempotency-key", "note-1");
        let reply = send(request.body(NOTE)).await;
        reply.expect(201);
        ids.push(reply.id());
    }
    assert_eq!(ids[0], ids[1]);
    assert_eq!(stored(&app).len(), 1);
    let dry = app
        .focal_point("FRA")
        .upload(&format!("{NOTE_OF_FRANCE}&dry_run=true"), "application/pdf", NOTE)
        .await;
    assert_eq!((dry.status, dry.header("dry-run")), (201, "true"));
    assert_eq!(stored(&app).len(), 1, "a dry run writes no file");
}

#[tokio::test]
async fn a_file_without_a_row_is_noticed_and_taken_away_a_week_later() {
    let app = TestApp::start().await;
    let now = app.app.db.clock.now();
    let written = |path: &Path, hours_ago: i64| {
        let file = std::fs::File::options().append(true).create(true).open(path).unwrap();
        file.set_modified((now - chrono::Duration::hours(hours_ago)).into()).unwrap();
    };
    let sweep = || async { documents::sweep(&app.app.db, &app.app.papers).await.unwrap() };
    lodge(&app.officer(), "letter").await.expect(201);
    let [kept] = <[PathBuf; 1]>::try_from(stored(&app)).unwrap();
    let folder = app.data_dir().join("documents/ab");
    std::fs::create_dir_all(&folder).unwrap();
    let (old, fresh) =
        (folder.join("ab".repeat(32)), folder.join(format!("{}cd", "ab".repeat(31))));
    written(&kept, 9000);
    written(&old, 9000);
    written(&fresh, 12);

    let mut owner = app.owner.connect().await.unwrap();
    for _ in 0..2 {
        assert_eq!(
            sweep().await,
            0,
            "however old a file is, it is not taken away when it is first seen"
        );
    }
    let noticed = "select count(*) from orphan_file";
    assert_eq!(sqlx::query_scalar::<_, i64>(noticed).fetch_one(&mut owner).await.unwrap(), 1);
    owner
        .execute("update orphan_file set seen_at = now() - interval '6 days 23 hours'")
        .await
        .unwrap();
    assert_eq!(sweep().await, 0);
    owner
        .execute("update orphan_file set seen_at = now() - interval '7 days 1 hour'")
        .await
        .unwrap();
    // What has a row is not taken away, whatever is remembered of it.
    let remembered = "insert into orphan_file select sealed_sha256, '2001-01-01' from document";
    owner.execute(remembered).await.unwrap();
    assert_eq!(sweep().await, 1);
    assert!(kept.exists() && fresh.exists() && !old.exists());
    assert_eq!(sweep().await, 0);
}

#[tokio::test]
async fn an_older_dump_put_back_takes_no_paper_away() {
    let app = TestApp::start().await;
    let paper = lodge(&app.officer(), "letter").await.id();
    let [file] = <[PathBuf; 1]>::try_from(stored(&app)).unwrap();
    let long_ago = app.app.db.clock.now() - chrono::Duration::days(400);
    std::fs::File::options()
        .append(true)
        .open(&file)
        .unwrap()
        .set_modified(long_ago.into())
        .unwrap();
    let mut owner = app.owner.connect().await.unwrap();
    // The dump is older than the paper, which its row comes back with when a newer one is put back.
    owner
        .execute("create table newer as select * from document; delete from document")
        .await
        .unwrap();
    assert_eq!(documents::sweep(&app.app.db, &app.app.papers).await.unwrap(), 0);
    assert_eq!(documents::sweep(&app.app.db, &app.app.papers).await.unwrap(), 0);
    owner.execute("insert into document select * from newer").await.unwrap();
    let content = app.officer().get(&format!("/documents/{paper}/content")).await;
    assert_eq!((content.status, file.exists()), (200, true));
}
