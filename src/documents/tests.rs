//! Papers without HTTP and without a database: names, types, states, and the files on the disk.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use actix_web::web::Bytes;
use chrono::{DateTime, Days, Utc};

use super::model::{Digest, Document, DocumentKind, DocumentState, FileName};
use super::papers::{Broken, Locator, Papers, Parcel};
use super::sniff::{MediaType, Unacceptable, examine};
use crate::ids::{AccountId, DocumentId};
use crate::page::Version;
use crate::text::{ParticipantCode, Reason};
use crate::vault::{Vault, Wrapped};

const CANARY: &[u8] = b"%PDF-1.7 canary 7f3a passport of EXEMPLAR";

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes.extend([8, 2, 0, 0, 0]);
    bytes
}

fn jpeg(width: u16, height: u16) -> Vec<u8> {
    let mut bytes =
        b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xc0\0\x11\x08".to_vec();
    bytes.extend(height.to_be_bytes());
    bytes.extend(width.to_be_bytes());
    bytes.extend([3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]);
    bytes
}

#[test]
fn r54_a_file_is_what_it_holds() {
    use DocumentKind::{NoteVerbale, Passport, Photo};
    use Unacceptable::{OtherType, TooManyPixels};
    let huge = Err(TooManyPixels { limit_per_side: 10_000 });
    let polyglot = b"<!doctype html><script>alert(1)</script>%PDF-1.7".as_slice();
    let zip_in_png = [b"\x89PNGPK\x03\x04".as_slice(), &[0; 40]].concat();
    let table: Vec<(DocumentKind, Vec<u8>, Result<MediaType, Unacceptable>)> = vec![
        (NoteVerbale, b"%PDF-1.7\n".to_vec(), Ok(MediaType::Pdf)),
        (NoteVerbale, png(600, 800), Ok(MediaType::Png)),
        (Passport, jpeg(600, 800), Ok(MediaType::Jpeg)),
        (Photo, jpeg(10_000, 10_000), Ok(MediaType::Jpeg)),
        (Photo, b"%PDF-1.7\n".to_vec(), Err(OtherType)),
        (Photo, png(60_000, 60_000), huge),
        (Photo, jpeg(1, 10_001), huge),
        (Photo, png(u32::MAX, 1), huge),
        (Photo, png(0, 800), Err(OtherType)),
        (Photo, png(600, 800)[..20].to_vec(), Err(OtherType)),
        (Photo, b"\xff\xd8\xff\xe0\0\0\0\0\0\0\0\0\0\0".to_vec(), Err(OtherType)),
        (Photo, b"\xff\xd8\xff".to_vec(), Err(OtherType)),
        (Photo, zip_in_png, Err(OtherType)),
        (NoteVerbale, Vec::new(), Err(OtherType)),
        (NoteVerbale, b"<html><body>hello</body></html>".to_vec(), Err(OtherType)),
        (NoteVerbale, polyglot.to_vec(), Err(OtherType)),
        (NoteVerbale, b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(), Err(OtherType)),
        (NoteVerbale, b"MZ\x90\0\x03\0\0\0\x04".to_vec(), Err(OtherType)),
        (NoteVerbale, b"\x7fELF\x02\x01\x01%PDF-1.7".to_vec(), Err(OtherType)),
        (NoteVerbale, b"PK\x03\x04\x14\0\x06\0[Content_Types].xml".to_vec(), Err(OtherType)),
        (NoteVerbale, b"PK\x03\x04\x14\0\0\0\x08\0".to_vec(), Err(OtherType)),
        (NoteVerbale, b"GIF89a\x01\0\x01\0".to_vec(), Err(OtherType)),
        (NoteVerbale, b"#!/bin/sh\nrm -rf /\n".to_vec(), Err(OtherType)),
        (NoteVerbale, b"just text".to_vec(), Err(OtherType)),
    ];
    for (kind, bytes, expected) in table {
        let found = examine(kind, &bytes).map(|found| found.media_type);
        assert_eq!(found, expected, "{kind}: {}", bytes.escape_ascii());
    }
}

#[test]
fn a_file_name_is_for_people_and_its_ending_tells_the_truth() {
    for (given, kept) in [
        ("note.pdf", "note.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\papers\\Note Verbale.PDF", "Note Verbale.PDF"),
        ("invoice.exe", "invoice.exe.pdf"),
        ("page.html", "page.html.pdf"),
        (".htaccess", "htaccess.pdf"),
        ("a\"b:c?.pdf", "a_b_c_.pdf"),
        ("công hàm.pdf", "công hàm.pdf"),
    ] {
        let name = FileName::parse(given).unwrap();
        let kept_name = FileName::of(Some(name), DocumentKind::NoteVerbale, MediaType::Pdf);
        assert_eq!(kept_name.as_str(), kept, "{given}");
        assert_eq!(FileName::parse(kept).unwrap().as_str(), kept, "comes back from the database");
    }
    for (given, code) in [
        ("..", "blank"),
        ("dir/", "blank"),
        ("cod\u{202E}fdp.exe", "direction_override"),
        ("a\r\nSet-Cookie: b", "control_character"),
        (&"x".repeat(201), "too_long"),
    ] {
        assert_eq!(FileName::parse(given).unwrap_err().code, code);
    }
    let longest = FileName::parse(&"x".repeat(200)).unwrap();
    let kept = FileName::of(Some(longest), DocumentKind::Photo, MediaType::Jpeg);
    assert!(FileName::parse(kept.as_str()).is_ok());
    assert_eq!(FileName::of(None, DocumentKind::Photo, MediaType::Png).as_str(), "photo.png");
}

#[test]
fn a_paper_is_decided_on_once_and_refused_for_good() {
    let (officer, at) = (AccountId::fresh(), DateTime::UNIX_EPOCH);
    let why = Reason::parse("the seal is missing").unwrap();
    let received = received();
    let verified = received.clone().verify(officer, at, None).unwrap();
    assert_eq!(
        (verified.state, verified.decided_by, verified.version),
        (DocumentState::Verified, Some(officer), Version(2))
    );
    let again = verified.clone().verify(officer, at, None).unwrap_err();
    assert_eq!((again.from, again.wanted), (DocumentState::Verified, "verify"));

    for paper in [received, verified] {
        let refused = paper.refuse(officer, at, why.clone()).unwrap();
        assert_eq!((refused.state, &refused.reason), (DocumentState::Refused, &Some(why.clone())));
        assert!(refused.clone().verify(officer, at, None).is_err());
        assert!(refused.refuse(officer, at, why.clone()).is_err());
    }
}

#[test]
fn what_may_follow_is_what_the_state_machine_does() {
    let (officer, at) = (AccountId::fresh(), DateTime::UNIX_EPOCH);
    for (state, original_seen_at) in
        DocumentState::ALL.iter().flat_map(|state| [(*state, None), (*state, Some(at))])
    {
        let paper = Document { state, original_seen_at, ..received() };
        let mut can = Vec::new();
        if paper.clone().verify(officer, at, None).is_ok() {
            can.push("verify");
        }
        if paper.clone().refuse(officer, at, Reason::parse("x").unwrap()).is_ok() {
            can.push("refuse");
        }
        if paper.clone().see_original(officer, at).is_ok() {
            can.push("original-seen");
        }
        assert_eq!(paper.allowed(), can);
    }
}

#[test]
fn a_paper_holds_until_the_end_of_its_last_day() {
    let day = |text: &str| text.parse::<chrono::NaiveDate>().unwrap();
    let (officer, at) = (AccountId::fresh(), DateTime::UNIX_EPOCH);
    let lasting = received();
    assert!(!lasting.is_expired(day("2999-01-01")));
    let paper = Document { expires_on: Some(day("2025-10-26")), ..received() };
    assert!(!paper.is_expired(day("2025-10-26")) && paper.is_expired(day("2025-10-27")));
    // What the officer reads on the paper is worth more than what the upload said, and silence changes nothing.
    let read = paper.clone().verify(officer, at, Some(day("2025-12-31"))).unwrap();
    assert_eq!(read.expires_on, Some(day("2025-12-31")));
    assert_eq!(paper.clone().verify(officer, at, None).unwrap().expires_on, paper.expires_on);
}

#[test]
fn a_digest_is_read_as_it_is_written() {
    let digest = Digest::of(b"x");
    assert_eq!(Digest::parse(&digest.to_string()), Some(digest));
    let upper = digest.to_string().to_uppercase();
    for input in ["", "0", "zz", &upper, &format!("{digest}0"), &"é".repeat(32)] {
        assert_eq!(Digest::parse(input), None, "{input}");
    }
}

#[tokio::test]
async fn r50_nothing_on_the_disk_shows_what_a_paper_says() {
    let shelf = Shelf::new();
    let locator = shelf.put(CANARY).await;
    let file = shelf.only_file();
    let stored = std::fs::read(&file).unwrap();
    for part in CANARY.windows(8) {
        assert!(!stored.windows(8).any(|window| window == part));
    }
    let name = file.file_name().unwrap().to_str().unwrap().to_owned();
    assert_eq!(
        Digest::parse(&name).unwrap(),
        Digest::of(&stored),
        "it can be checked without a key"
    );
    assert_eq!(shelf.papers.fetch(&shelf.vault, locator).await.unwrap(), CANARY);

    let mode = std::fs::metadata(shelf.dir.path().join("papers")).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "the directory is its owner's only");
}

#[tokio::test]
async fn r50_a_file_that_was_altered_cut_lost_or_exchanged_is_not_served() {
    let shelf = Shelf::new();
    let first = shelf.put(CANARY).await;
    let file = shelf.only_file();
    let whole = std::fs::read(&file).unwrap();
    let mut altered = whole.clone();
    *altered.last_mut().unwrap() ^= 1;
    for bytes in [altered.as_slice(), &whole[..whole.len() - 1], b"", CANARY] {
        std::fs::write(&file, bytes).unwrap();
        assert!(matches!(shelf.fetch(&first).await, Err(Broken::Altered)));
    }
    std::fs::remove_file(&file).unwrap();
    assert!(matches!(shelf.fetch(&first).await, Err(Broken::Store(_))));

    // Whoever can write the row, too, and points it at another paper's file, or brings that paper's key along.
    let second = shelf.put(b"%PDF-1.7 another").await;
    let pointed = Locator { sealed_sha256: second.sealed_sha256, ..copy(&first) };
    assert!(matches!(shelf.fetch(&pointed).await, Err(Broken::Unopened(_))));
    let moved = Locator { id: first.id, ..copy(&second) };
    assert!(matches!(shelf.fetch(&moved).await, Err(Broken::Unopened(_))));
    let rehashed = Locator { sha256: first.sha256, ..copy(&second) };
    assert!(matches!(shelf.fetch(&rehashed).await, Err(Broken::Altered)));
    assert!(shelf.fetch(&second).await.is_ok());
}

#[tokio::test]
async fn files_are_found_by_age_and_taken_away_once_or_twice() {
    let shelf = Shelf::new();
    let locator = shelf.put(CANARY).await;
    let written: DateTime<Utc> =
        std::fs::metadata(shelf.only_file()).unwrap().modified().unwrap().into();
    assert_eq!(shelf.papers.written_before(written - Days::new(1)).await.unwrap(), []);
    let found = shelf.papers.written_before(written + Days::new(1)).await.unwrap();
    assert_eq!(found, [locator.sealed_sha256]);
    for _ in 0..2 {
        shelf.papers.remove(&locator.sealed_sha256).await.unwrap();
    }
    assert_eq!(shelf.papers.written_before(written + Days::new(1)).await.unwrap(), []);
}

/// A file store with a vault.
struct Shelf {
    dir: tempfile::TempDir,
    papers: Papers,
    vault: Arc<Vault>,
}

impl Shelf {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let papers = Papers::open(&dir.path().join("papers")).unwrap();
        Self { dir, papers, vault: Arc::new(Vault::ephemeral()) }
    }

    async fn put(&self, plain: &'static [u8]) -> Locator {
        let Parcel { id, sha256, name, key } =
            self.papers.deposit(Bytes::from_static(plain), true).await.unwrap();
        let sealed_key = self.vault.wrap(Wrapped::Document, id, &key);
        Locator { id, sha256, sealed_sha256: name, sealed_key }
    }

    async fn fetch(&self, locator: &Locator) -> Result<Bytes, Broken> {
        self.papers.fetch(&self.vault, copy(locator)).await
    }

    fn only_file(&self) -> PathBuf {
        let mut files = Vec::new();
        collect(&self.dir.path().join("papers"), &mut files);
        assert_eq!(files.len(), 1, "{files:?}");
        files.remove(0)
    }
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { collect(&path, files) } else { files.push(path) }
    }
}

fn copy(locator: &Locator) -> Locator {
    Locator { sealed_key: locator.sealed_key.clone(), ..*locator }
}

fn received() -> Document {
    Document {
        id: DocumentId::fresh(),
        participant: ParticipantCode::parse("FRA").unwrap(),
        member: None,
        kind: DocumentKind::NoteVerbale,
        state: DocumentState::Received,
        reason: None,
        file_name: FileName::parse("note.pdf").unwrap(),
        media_type: MediaType::Pdf,
        size_bytes: 9,
        sha256: Digest::of(b"%PDF-1.7\n"),
        expires_on: None,
        uploaded_by: AccountId::fresh(),
        uploaded_at: DateTime::UNIX_EPOCH,
        original_seen_by: None,
        original_seen_at: None,
        decided_by: None,
        decided_at: None,
        updated_at: DateTime::UNIX_EPOCH,
        version: Version(1),
    }
}
