//! Photographs as one archive: each matched by the name of its file, seen first, taken in and taken back whole.

use std::io::{Cursor, Write as _};

use serde_json::{Value, json};
use sqlx::ConnectOptions as _;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::begin;
use crate::app::{Caller, NOW, Reply, SETTINGS, TestApp, member, statuses};
use crate::documents::{jpeg, stored};

const PHOTOS: &str = "/imports?participant=FRA&kind=photos";

fn archive(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A photograph that is no other's.
fn photo(of: &str) -> Vec<u8> {
    [jpeg(600, 800), of.as_bytes().to_vec()].concat()
}

async fn upload(mission: &Caller<'_>, files: &[(&str, Vec<u8>)]) -> Reply {
    mission.upload(PHOTOS, "application/zip", &archive(files)).await
}

/// France with some people, and the paths of their entries.
async fn people<'a>(app: &'a TestApp, names: &[&str]) -> (Caller<'a>, Vec<String>) {
    let mission = begin(app, "FRA").await;
    let mut paths = Vec::new();
    for name in names {
        let made = mission.post("/delegations/FRA/members", member(name)).await;
        paths.push(format!("/delegations/FRA/members/{}", made.id()));
    }
    (mission, paths)
}

async fn take_in(mission: &Caller<'_>, files: &[(&str, Vec<u8>)]) -> (String, Value) {
    let seen = upload(mission, files).await;
    assert_eq!(seen.expect(201)["preview"]["faults"], json!([]), "{}", seen.text);
    let path = format!("/imports/{}", seen.id());
    let done = mission.act(&format!("{path}/commit"), json!({})).await.expect(200);
    (path, done)
}

async fn photos(mission: &Caller<'_>) -> Vec<Value> {
    let list = mission.get("/documents?participant=FRA&kind=photo").await.expect(200);
    list["items"].as_array().unwrap().clone()
}

fn counts(new: u64, changed: u64, unchanged: u64, faulty: u64) -> Value {
    json!({ "new": new, "changed": changed, "unchanged": unchanged, "faulty": faulty })
}

#[tokio::test]
async fn r36_photographs_are_matched_by_name_seen_taken_in_and_taken_back() {
    let app = TestApp::start().await;
    let (mission, paths) = people(&app, &["Ann", "Bo", "Claire"]).await;
    let id = paths[2].rsplit('/').next().unwrap();
    let by_id = format!("{id}.jpg");
    let files = [
        ("Photos/EXEMPLAR_Ann.jpg", photo("a")),
        ("__MACOSX/Photos/._EXEMPLAR_Ann.jpg", b"rubbish".to_vec()),
        ("Photos/bo@delegate.example.JPG", jpeg(800, 600)),
        (by_id.as_str(), photo("c")),
    ];
    let before = stored(&app).len();
    let seen = upload(&mission, &files).await;
    let body = seen.expect(201);
    assert_eq!((&body["counts"], &body["format"]), (&counts(3, 0, 0, 0), &json!("zip")));
    let matched: Vec<_> =
        body["preview"]["files"].as_array().unwrap().iter().map(|f| &f["member"]).collect();
    let ids: Vec<_> = paths.iter().map(|path| path.rsplit('/').next().unwrap()).collect();
    assert_eq!(json!(matched), json!(ids));
    assert_eq!(body["preview"]["files"][1]["warnings"][0]["code"], "not_3_to_4");
    let import = format!("/imports/{}", seen.id());
    assert_eq!(mission.get(&import).await.expect(200), body);
    assert_eq!(photos(&mission).await, Vec::<Value>::new(), "nothing is among the papers yet");
    assert_eq!(stored(&app).len(), before + 1, "the archive waits, sealed");

    mission.act(&format!("{import}/commit"), json!({})).await.expect(200);
    let taken = photos(&mission).await;
    assert_eq!((taken.len(), stored(&app).len()), (3, before + 3), "the archive is gone");
    assert_eq!(taken[0]["file_name"], "EXEMPLAR_Ann.jpg");
    let first = format!("/documents/{}", taken[0]["id"].as_str().unwrap());
    let read = mission.request(reqwest::Method::GET, &format!("{first}/content"));
    assert_eq!(read.send().await.unwrap().bytes().await.unwrap(), photo("a"));
    let told =
        "select count(*) from event where kind = 'document.uploaded' and after ->> 'import' = $1";
    let mut owner = app.owner.connect().await.unwrap();
    let told: i64 = sqlx::query_scalar(told).bind(seen.id()).fetch_one(&mut owner).await.unwrap();
    assert_eq!(told, 3);

    // The same archive changes nothing; another photograph of one is one change.
    let again = upload(&mission, &files).await.expect(201);
    assert_eq!(again["counts"], counts(0, 0, 3, 0));
    let (second, done) = take_in(&mission, &[("exemplar ann.jpg", photo("other"))]).await;
    assert_eq!((&done["counts"], photos(&mission).await.len()), (&counts(0, 1, 0, 0), 4));

    mission.act(&format!("{second}/rollback"), json!({})).await.expect(200);
    assert_eq!(photos(&mission).await, taken);
    mission.act(&format!("{import}/rollback"), json!({})).await.expect(200);
    assert_eq!(photos(&mission).await.len(), 0);
    // The archive that was not committed is still waiting.
    assert_eq!(stored(&app).len(), before + 1, "what was taken back is gone with its files");
    let refused = mission.act(&format!("{import}/rollback"), json!({})).await;
    assert_eq!(refused.problem(409), "illegal_transition");
}

/// Seventeen files that are no photograph of somebody of France, and one that is.
fn no_photographs() -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let plain = SimpleFileOptions::default();
    for (name, content) in [
        ("Exemplar Ann.jpg", photo("a")),
        ("exemplar_ann.png", photo("b")),
        ("Nobody Known.jpg", photo("c")),
        ("Exemplar Same.jpg", photo("d")),
        ("Exemplar Bo.jpg", b"<html><script>x</script></html>".to_vec()),
        ("svg.jpg", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_vec()),
        ("program.jpg", b"MZ\x90\0".to_vec()),
        ("nested.jpg", archive(&[("x.jpg", photo("x"))])),
        ("large.jpg", [photo("e"), vec![0; 5000]].concat()),
        ("tiny.jpg", jpeg(100, 100)),
        ("huge.jpg", jpeg(60_000, 60_000)),
        ("../Exemplar Bo.jpg", photo("f")),
        ("/etc/passwd", photo("g")),
        ("a\\..\\b.jpg", photo("h")),
        ("c:x.jpg", photo("i")),
        ("a//b.jpg", photo("j")),
        ("locked.jpg", photo("k")),
    ] {
        writer.start_file(name, plain).unwrap();
        writer.write_all(&content).unwrap();
    }
    writer.add_symlink("link.jpg", "/etc/passwd", plain).unwrap();
    locked(writer.finish().unwrap().into_inner(), b"locked.jpg")
}

#[tokio::test]
async fn r54_every_file_that_is_no_photograph_of_somebody_is_named_and_nothing_is_written() {
    let small = format!("{SETTINGS}\n[documents.photo]\nlimit_bytes = 4096\n");
    let app = TestApp::start_with(NOW, &small).await;
    let (mission, _) = people(&app, &["Ann", "Bo", "Same"]).await;
    let mut same = member("Same");
    same["email"] = json!("other@delegate.example");
    mission.post("/delegations/FRA/members", same).await.expect(201);
    let seen = mission.upload(PHOTOS, "application/zip", &no_photographs()).await;
    let body = seen.expect(201);
    let faults: Vec<_> = body["preview"]["faults"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| (f["file"].as_str().unwrap(), f["code"].as_str().unwrap()))
        .collect();
    assert_eq!(
        faults,
        [
            ("exemplar_ann.png", "twice"),
            ("Nobody Known.jpg", "unknown_member"),
            ("Exemplar Same.jpg", "ambiguous"),
            ("Exemplar Bo.jpg", "not_an_image"),
            ("svg.jpg", "not_an_image"),
            ("program.jpg", "not_an_image"),
            ("nested.jpg", "not_an_image"),
            ("large.jpg", "too_large"),
            ("tiny.jpg", "too_small"),
            ("huge.jpg", "too_many_pixels"),
            ("../Exemplar Bo.jpg", "unsafe_path"),
            ("/etc/passwd", "unsafe_path"),
            ("a\\..\\b.jpg", "unsafe_path"),
            ("c:x.jpg", "unsafe_path"),
            ("a//b.jpg", "unsafe_path"),
            ("locked.jpg", "encrypted"),
            ("link.jpg", "not_a_file"),
        ]
    );
    assert_eq!(body["counts"], counts(1, 0, 0, 17));
    let refused = mission.act(&format!("/imports/{}/commit", seen.id()), json!({})).await;
    assert_eq!(refused.problem(409), "import_blocked");
    assert_eq!(
        (&refused.json()["why"], refused.json()["faults"].as_array().unwrap().len()),
        (&json!("faulty"), 17)
    );
    assert_eq!(photos(&mission).await.len(), 0);
}

#[tokio::test]
async fn r54_a_hostile_archive_is_refused_as_a_whole_before_it_is_unpacked() {
    // Before the service is there: it would close a connection that waits for so long.
    let good = archive(&[("Exemplar Ann.jpg", photo("a"))]);
    let bomb = archive(&[("Exemplar Ann.jpg", vec![0; 80 * 1024 * 1024])]);
    assert!(bomb.len() < 200_000, "{}", bomb.len());
    let many: Vec<_> = (0..501).map(|n| format!("{n}.jpg")).collect();
    let many: Vec<_> = many.iter().map(|name| (name.as_str(), Vec::new())).collect();
    // Two files of one name: the second entry of the directory is given the name of the first.
    let twins = archive(&[("aa.jpg", photo("a")), ("bb.jpg", photo("b"))]);
    let twins = replaced(&twins, b"bb.jpg", b"aa.jpg");
    // Two entries of the directory that share the bytes of one file.
    let shared = overlapping(&archive(&[("aa.jpg", photo("a")), ("bb.jpg", photo("b"))]));
    let app = TestApp::start().await;
    let (mission, _) = people(&app, &["Ann"]).await;
    let before = stored(&app).len();
    for (what, bytes, status, why) in [
        ("nothing", Vec::new(), 415, "no_archive"),
        ("an empty archive", archive(&[]), 415, "no_archive"),
        ("a photograph", photo("a"), 415, "no_archive"),
        ("half of it", good[..good.len() / 2].to_vec(), 415, "no_archive"),
        ("twins", twins, 415, "hostile"),
        ("shared bytes", shared, 415, "hostile"),
        ("a bomb", bomb, 413, ""),
        ("too many files", archive(&many), 413, ""),
    ] {
        let refused = mission.upload(PHOTOS, "application/zip", &bytes).await;
        let code = if status == 413 { "too_large" } else { "unsupported_media_type" };
        assert_eq!(refused.problem(status), code, "{what}");
        assert_eq!(refused.json()["why"].as_str().unwrap_or_default(), why, "{what}");
    }
    assert_eq!(stored(&app).len(), before);
    assert_eq!(mission.get("/imports").await.expect(200)["items"], json!([]));
    // The control: what is no attack is taken.
    mission.upload(PHOTOS, "application/zip", &good).await.expect(201);
    // A list is no archive of photographs, and the other way round.
    assert_eq!(
        mission.upload("/imports?participant=FRA", "application/zip", &good).await.problem(415),
        "unsupported_media_type"
    );
    let list = mission.get("/delegations/FRA/members.csv").await;
    assert_eq!(
        mission.upload(PHOTOS, "text/csv", list.text.as_bytes()).await.problem(415),
        "unsupported_media_type"
    );
}

/// The same archive, in which a file says, in both of its headers, that it opens with a password.
fn locked(mut bytes: Vec<u8>, name: &[u8]) -> Vec<u8> {
    for at in 46..bytes.len() - name.len() {
        if &bytes[at..at + name.len()] == name {
            if bytes[at - 30..].starts_with(b"PK\x03\x04") {
                bytes[at - 24] |= 1;
            }
            if bytes[at - 46..].starts_with(b"PK\x01\x02") {
                bytes[at - 38] |= 1;
            }
        }
    }
    bytes
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    while let Some(at) = bytes.windows(from.len()).position(|w| w == from) {
        bytes[at..at + to.len()].copy_from_slice(to);
    }
    bytes
}

/// The same archive, whose last entry of the directory begins where the first does.
fn overlapping(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let entry = b"PK\x01\x02";
    let at = bytes.windows(4).rposition(|w| w == entry).unwrap();
    bytes[at + 42..at + 46].copy_from_slice(&[0; 4]);
    bytes
}

#[tokio::test]
async fn r37_a_new_photograph_of_somebody_approved_sends_them_back_once_it_is_found_in_order() {
    let app = TestApp::start().await;
    let (mission, paths) = people(&app, &["Ann"]).await;
    take_in(&mission, &[("exemplar ann.jpg", photo("a"))]).await;
    mission.act(&format!("{}/submit", paths[0]), json!({})).await.expect(200);
    app.officer().act(&format!("{}/pre-approve", paths[0]), json!({})).await.expect(200);
    app.security().act(&format!("{}/approve", paths[0]), json!({})).await.expect(200);
    let mut app = app;
    app.go_to("2025-10-26T11:00:00Z").await;
    let mission = app.focal_point("FRA");
    take_in(&mission, &[("exemplar ann.jpg", photo("another"))]).await;
    assert_eq!(
        mission.get(&paths[0]).await.expect(200)["status"],
        "approved",
        "it holds until then"
    );
    let newest = photos(&mission).await.pop().unwrap();
    let path = format!("/documents/{}/verify", newest["id"].as_str().unwrap());
    let verified = app.officer().act(&path, json!({})).await.expect(200);
    assert_eq!(verified["sent_back"]["status"], "pre_approved");
}

#[tokio::test]
async fn what_something_was_built_on_is_not_taken_back() {
    let app = TestApp::start().await;
    let (mission, paths) = people(&app, &["Ann", "Bo", "Claire"]).await;
    let files = [
        ("exemplar ann.jpg", photo("a")),
        ("exemplar bo.jpg", photo("b")),
        ("exemplar claire.jpg", photo("c")),
    ];
    let (import, _) = take_in(&mission, &files).await;
    let first = photos(&mission).await.remove(0);
    let path = format!("/documents/{}/verify", first["id"].as_str().unwrap());
    app.officer().act(&path, json!({})).await.expect(200);
    mission.act(&format!("{}/submit", paths[1]), json!({})).await.expect(200);
    let refused = mission.act(&format!("{import}/rollback"), json!({})).await;
    assert_eq!(refused.problem(409), "import_blocked");
    assert_eq!(refused.json()["why"], "built_on");
    let ids: Vec<_> = paths.iter().map(|path| path.rsplit('/').next().unwrap()).collect();
    assert_eq!(refused.json()["members"], json!(ids[..2]));
    assert_eq!(photos(&mission).await.len(), 3, "and nothing is taken back");
}

#[tokio::test]
async fn a_commit_does_what_its_preview_said_once_or_nothing() {
    let app =
        TestApp::start_with(NOW, &format!("{SETTINGS}\n[documents]\nquota_papers = 3\n")).await;
    let (mission, paths) = people(&app, &["Ann", "Bo"]).await;
    let files = [("exemplar ann.jpg", photo("a")), ("exemplar bo.jpg", photo("b"))];
    let before = stored(&app).len();
    let tried = mission
        .upload(&format!("{PHOTOS}&dry_run=true"), "application/zip", &archive(&files))
        .await;
    assert_eq!(tried.json()["counts"], counts(2, 0, 0, 0), "{}", tried.text);
    assert_eq!(stored(&app).len(), before, "a trial leaves nothing");

    let seen = upload(&mission, &files).await;
    let path = format!("/imports/{}/commit", seen.id());
    mission.act(&format!("{path}?dry_run=true"), json!({})).await.expect(200);
    assert_eq!((photos(&mission).await.len(), stored(&app).len()), (0, before + 1));
    let (one, other) = tokio::join!(mission.act(&path, json!({})), mission.act(&path, json!({})));
    assert_eq!(statuses(&[one, other]), [200, 409]);
    assert_eq!((photos(&mission).await.len(), stored(&app).len()), (2, before + 2));

    // Two more would be one too many.
    let others = [("exemplar ann.jpg", photo("x")), ("exemplar bo.jpg", photo("y"))];
    let seen = upload(&mission, &others).await;
    let path = format!("/imports/{}/commit", seen.id());
    assert_eq!(mission.act(&path, json!({})).await.problem(409), "quota_exceeded");
    assert_eq!((photos(&mission).await.len(), stored(&app).len()), (2, before + 3));

    // Somebody has another name now.
    let seen = upload(&mission, &[("exemplar ann.jpg", photo("z"))]).await;
    let named = json!({ "family_name": "OTHER", "badge_name": "Exemplar Other" });
    mission.patch(&paths[0], named).await.expect(200);
    let refused = mission.act(&format!("/imports/{}/commit", seen.id()), json!({})).await;
    assert_eq!(
        (refused.problem(409), &refused.json()["why"]),
        ("import_blocked".into(), &json!("outdated"))
    );
}

#[tokio::test]
async fn r38_r50_another_missions_photographs_do_not_exist_and_are_sealed_where_they_wait() {
    let app = TestApp::start().await;
    let (mission, _) = people(&app, &["Ann"]).await;
    let germany = begin(&app, "DEU").await;
    let seen = upload(&mission, &[("exemplar ann.jpg", photo("CANARY7F3A"))]).await;
    let path = format!("/imports/{}", seen.id());
    for step in ["", "/commit", "/rollback"] {
        let path = format!("{path}{step}");
        let reply = if step.is_empty() {
            germany.get(&path).await
        } else {
            germany.act(&path, json!({})).await
        };
        assert_eq!(reply.problem(404), "not_found", "{path}");
    }
    let refused = germany.upload(PHOTOS, "application/zip", b"no archive").await;
    assert_eq!(refused.problem(404), "not_found");
    let good = archive(&[("exemplar ann.jpg", photo("b"))]);
    assert_eq!(germany.upload(PHOTOS, "application/zip", &good).await.problem(404), "not_found");
    mission.act(&format!("{path}/commit"), json!({})).await.expect(200);
    assert_eq!(germany.get("/documents?kind=photo").await.expect(200)["items"], json!([]));
    for file in stored(&app) {
        let bytes = std::fs::read(file).unwrap();
        assert!(!bytes.windows(10).any(|w| w == b"CANARY7F3A"));
    }
    // Who sees the delegation sees that there is an archive, and not what it says.
    let other = upload(&mission, &[("exemplar ann.jpg", photo("c"))]).await;
    let shown = app.security().get(&format!("/imports/{}", other.id())).await.expect(200);
    assert!(shown.get("preview").is_none());
}
