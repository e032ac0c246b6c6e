//! Uploaded papers: what is taken in, what is decided about it, and who may see it.

pub mod bucket;
mod content;

use std::path::{Path, PathBuf};

use hanoi_ceremony::access::Role;
use hanoi_ceremony::secret;
use reqwest::Method;
use serde_json::json;
use sqlx::{ConnectOptions as _, Executor as _};

use crate::app::{Caller, Reply, TestApp, send};

const NOTE: &[u8] = b"%PDF-1.7 canary 7f3a: the Embassy presents its compliments";
const NOTE_OF_FRANCE: &str = "/documents?participant=FRA&kind=note_verbale";

async fn lodge(caller: &Caller<'_>, kind: &str) -> Reply {
    let bytes = if kind == "photo" { jpeg(600, 800) } else { NOTE.to_vec() };
    let path = format!("/documents?participant=FRA&kind={kind}&file_name=C%C3%B4ng%20h%C3%A0m.pdf");
    caller.upload(&path, "application/octet-stream", &bytes).await
}

pub fn jpeg(width: u16, height: u16) -> Vec<u8> {
    let head = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xc0\0\x11\x08";
    [
        head.as_slice(),
        &height.to_be_bytes(),
        &width.to_be_bytes(),
        &[3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1],
    ]
    .concat()
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// The files of papers, without the one that says whose they are.
pub fn stored(app: &TestApp) -> Vec<PathBuf> {
    let mut all = files(&app.data_dir().join("documents"));
    all.retain(|path| !path.ends_with("installation"));
    all
}

#[tokio::test]
async fn r35_a_note_verbale_is_handed_in_looked_at_and_read() {
    let app = TestApp::start().await;
    let france = app.focal_point("FRA");
    let made = lodge(&france, "note_verbale").await;
    let body = made.expect(201);
    assert_eq!(
        (&body["state"], &body["media_type"]),
        (&json!("received"), &json!("application/pdf"))
    );
    assert_eq!(
        (&body["size_bytes"], &body["file_name"]),
        (&json!(NOTE.len()), &json!("Công hàm.pdf"))
    );
    assert_eq!(body["sha256"], secret::hex(&secret::sha256(NOTE)));
    let path = format!("/documents/{}", made.id());
    assert_eq!(made.header("location"), format!("/api/v1{path}"));
    assert_eq!(made.header("etag"), france.get(&path).await.header("etag"));

    let content = france.request(Method::GET, &format!("{path}/content")).send().await.unwrap();
    let header = |name: &str| content.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(
        header("content-disposition"),
        "attachment; filename=\"C_ng h_m.pdf\"; filename*=UTF-8''C%C3%B4ng%20h%C3%A0m.pdf"
    );
    assert_eq!(
        (header("content-type").as_str(), header("x-content-type-options").as_str()),
        ("application/pdf", "nosniff")
    );
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(content.bytes().await.unwrap(), NOTE);

    assert_eq!(france.act(&format!("{path}/verify"), json!({})).await.problem(403), "forbidden");
    assert_eq!(
        app.officer().post(&format!("{path}/verify"), json!({})).await.problem(428),
        "precondition_required"
    );
    let verified = app.officer().act(&format!("{path}/verify"), json!({})).await;
    assert_eq!(verified.expect(200)["state"], "verified");
    let stale = app
        .officer()
        .request(Method::POST, &format!("{path}/refuse"))
        .header("if-match", made.header("etag"));
    assert_eq!(
        send(stale.json(&json!({ "reason": "late" }))).await.problem(412),
        "version_mismatch"
    );

    let mut db = app.owner.connect().await.unwrap();
    let events: Vec<String> =
        sqlx::query_scalar("select kind from event where kind like 'document.%' order by event_id")
            .fetch_all(&mut db)
            .await
            .unwrap();
    assert_eq!(events, ["document.uploaded", "document.read", "document.verified"]);
}

#[tokio::test]
async fn an_illegal_decision_says_what_is_legal() {
    let app = TestApp::start().await;
    let path = format!("/documents/{}", lodge(&app.focal_point("FRA"), "letter").await.id());
    assert_eq!(
        app.officer().act(&format!("{path}/refuse"), json!({})).await.pointers(),
        ["/reason"]
    );
    let refused = app
        .officer()
        .act(&format!("{path}/refuse"), json!({ "reason": "no seal" }))
        .await
        .expect(200);
    assert_eq!((&refused["state"], &refused["reason"]), (&json!("refused"), &json!("no seal")));
    let again = app.officer().act(&format!("{path}/verify"), json!({})).await;
    assert_eq!(again.problem(409), "illegal_transition");
    assert_eq!(
        (&again.json()["current"], &again.json()["allowed"]),
        (&json!("refused"), &json!([]))
    );
}

#[tokio::test]
async fn r54_a_hostile_file_is_refused_and_nothing_of_it_stays() {
    let app = TestApp::start().await;
    let bomb = [b"PK\x03\x04\x14\0\0\0\x08\0".as_slice(), &[0; 200]].concat();
    let huge = vec![b'%'; 20 * 1024 * 1024 + 1];
    let table: [(&str, &str, &[u8], u16, &str); 9] = [
        (
            "note_verbale",
            "application/pdf",
            b"<!doctype html><script>alert(1)</script>%PDF-1.7",
            415,
            "unsupported_media_type",
        ),
        (
            "note_verbale",
            "application/pdf",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            415,
            "unsupported_media_type",
        ),
        (
            "note_verbale",
            "application/pdf",
            b"MZ\x90\0\x03\0\0\0\x04\0\0\0",
            415,
            "unsupported_media_type",
        ),
        (
            "note_verbale",
            "application/pdf",
            b"\x7fELF\x02\x01\x01 %PDF-1.7",
            415,
            "unsupported_media_type",
        ),
        ("note_verbale", "application/zip", &bomb, 415, "unsupported_media_type"),
        ("note_verbale", "application/pdf", b"", 415, "unsupported_media_type"),
        ("photo", "image/jpeg", NOTE, 415, "unsupported_media_type"),
        ("photo", "image/jpeg", &jpeg(60_000, 60_000), 413, "too_large"),
        ("note_verbale", "application/pdf", &huge, 413, "too_large"),
    ];
    for (kind, declared, bytes, status, code) in table {
        let path = format!("/documents?participant=FRA&kind={kind}&file_name=harmless.pdf");
        let reply = app.focal_point("FRA").upload(&path, declared, bytes).await;
        assert_eq!(reply.problem(status), code, "{kind} {declared}");
    }
    let accepted = app.focal_point("FRA").upload(NOTE_OF_FRANCE, "text/html", NOTE).await;
    assert_eq!(
        accepted.expect(201)["media_type"],
        "application/pdf",
        "the declared type counts for nothing"
    );
    assert_eq!(
        app.focal_point("FRA").get("/documents").await.json()["items"].as_array().unwrap().len(),
        1
    );
    assert_eq!(stored(&app).len(), 1);
}

#[tokio::test]
async fn r54_faulty_parameters_are_told_at_once() {
    let app = TestApp::start().await;
    let reply = app
        .officer()
        .upload("/documents?kind=diary&file_name=a%00b", "application/pdf", NOTE)
        .await;
    assert_eq!(
        (reply.problem(422), reply.pointers()),
        (
            "validation_failed".into(),
            vec!["/file_name".into(), "/kind".into(), "/participant".into()]
        )
    );
    let unknown = app
        .officer()
        .upload("/documents?participant=ZZZ&kind=letter", "application/pdf", NOTE)
        .await;
    assert_eq!(
        (unknown.problem(422), unknown.pointers()),
        ("validation_failed".into(), vec!["/participant".into()])
    );
    assert_eq!(app.officer().get("/documents?cursor=WyJ4Il0").await.pointers(), ["/cursor"]);
    assert!(stored(&app).is_empty(), "no file stays of what was refused");
}

#[tokio::test]
async fn r38_another_missions_papers_do_not_exist() {
    let app = TestApp::start().await;
    let path = format!("/documents/{}", lodge(&app.focal_point("FRA"), "note_verbale").await.id());
    let germany = app.focal_point("DEU");
    for reply in [
        germany.get(&path).await,
        germany.get(&format!("{path}/content")).await,
        germany.get("/documents?participant=FRA").await,
        germany.act(&format!("{path}/verify"), json!({})).await,
        germany.act(&format!("{path}/refuse"), json!({ "reason": "x" })).await,
        germany.upload(NOTE_OF_FRANCE, "application/pdf", NOTE).await,
        app.administrator().get(&path).await,
        app.role(Role::Programme).get("/documents").await,
        app.role(Role::Gate).get(&format!("{path}/content")).await,
    ] {
        assert_eq!(reply.problem(404), "not_found");
    }
    assert_eq!(germany.get("/documents").await.expect(200)["items"], json!([]));

    // And below the application's own checks, in the service's role.
    let mut db = app.as_service().await;
    let count = "select count(*) from document";
    for (scope, seen) in [("", 0_i64), ("DEU", 0), ("DEU,FRA", 1), ("*", 1)] {
        sqlx::query("select set_config('ceremony.scope', $1, false)")
            .bind(scope)
            .execute(&mut db)
            .await
            .unwrap();
        assert_eq!(
            sqlx::query_scalar::<_, i64>(count).fetch_one(&mut db).await.unwrap(),
            seen,
            "{scope}"
        );
    }
    for statement in
        ["update document set sha256 = sealed_sha256", "delete from document", "truncate document"]
    {
        let refused = db.execute(statement).await.unwrap_err();
        assert_eq!(hanoi_ceremony::db::sqlstate(&refused).as_deref(), Some("42501"), "{statement}");
    }
}

#[tokio::test]
async fn r41_each_office_sees_the_papers_that_its_task_needs() {
    let app = TestApp::start().await;
    let france = app.focal_point("FRA");
    for kind in ["note_verbale", "passport", "photo", "full_powers"] {
        lodge(&france, kind).await.expect(201);
    }
    let all = france.get("/documents").await.json();
    let id = |kind: &str| {
        all["items"].as_array().unwrap().iter().find(|d| d["kind"] == kind).unwrap()["id"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let listed = async |caller: Caller<'_>| {
        let list = caller.get("/documents").await.expect(200);
        let kinds: Vec<String> = list["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|d| d["kind"].as_str().unwrap().to_owned())
            .collect();
        kinds.join(" ")
    };
    assert_eq!(listed(app.officer()).await, "note_verbale passport photo full_powers");
    assert_eq!(listed(app.treaty()).await, "note_verbale full_powers");
    assert_eq!(listed(app.security()).await, "passport photo");
    assert_eq!(listed(app.role(Role::Auditor)).await, "full_powers");

    for (caller, kind, item, content) in [
        (app.treaty(), "passport", 403, 403),
        (app.treaty(), "full_powers", 200, 200),
        (app.security(), "passport", 200, 200),
        (app.security(), "note_verbale", 403, 403),
        (app.security(), "full_powers", 404, 404),
        (app.role(Role::Auditor), "full_powers", 200, 403),
        (app.officer(), "photo", 200, 200),
    ] {
        let path = format!("/documents/{}", id(kind));
        assert_eq!(caller.get(&path).await.status, item, "{kind}");
        let reply = caller.request(Method::GET, &format!("{path}/content")).send().await.unwrap();
        assert_eq!(reply.status().as_u16(), content, "{kind}");
    }
    let powers = format!("/documents/{}/verify", id("full_powers"));
    assert_eq!(app.officer().act(&powers, json!({})).await.problem(403), "forbidden");
    assert_eq!(app.treaty().act(&powers, json!({})).await.expect(200)["state"], "verified");
    let passports = app.treaty().get("/documents?kind=passport").await;
    assert_eq!(passports.problem(403), "forbidden");
}

#[tokio::test]
async fn lists_are_cut_into_pages_and_filtered() {
    let app = TestApp::start().await;
    for kind in ["note_verbale", "letter", "letter"] {
        lodge(&app.focal_point("FRA"), kind).await.expect(201);
    }
    let first = app.officer().get("/documents?limit=2").await.json();
    let next = first["next"].as_str().unwrap();
    let second = app.officer().get(&format!("/documents?limit=2&cursor={next}")).await.json();
    assert_eq!(
        (first["items"].as_array().unwrap().len(), second["items"].as_array().unwrap().len()),
        (2, 1)
    );
    assert_eq!(second["next"], json!(null));
    for (query, count) in [
        ("kind=letter", 2),
        ("kind=letter,note_verbale&state=received", 3),
        ("state=verified,refused", 0),
        ("participant=FRA", 3),
        ("participant=DEU", 0),
        ("updated_after=2030-01-01T00:00:00Z", 0),
    ] {
        let list = app.officer().get(&format!("/documents?{query}")).await.expect(200);
        assert_eq!(list["items"].as_array().unwrap().len(), count, "{query}");
    }
}
