//! Backups: what is in them, what is refused as one, and what is left where one could not be taken. The program as people
//! run it, on the database and the files of a test.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use age::secrecy::ExposeSecret as _;
use serde_json::Value;
use sqlx::ConnectOptions as _;

use crate::app::{TestApp, member, path};

/// The program, with the settings of a test.
fn ceremony(app: &TestApp) -> Command {
    command(app, env!("CARGO_BIN_EXE_ceremony"))
}

fn command(app: &TestApp, program: &str) -> Command {
    let mut command = Command::new(program);
    command
        .env("DATABASE_URL", app.owner.to_url_lossy().as_str())
        .env("CEREMONY__DATABASE__DATA_DIR", app.data_dir())
        .env("CEREMONY__LEDGER__DURABLE_ONLY", "false")
        .env("PATH", path())
        .current_dir(app.data_dir());
    command
}

/// How it ended, and all that it said.
fn ended(command: &mut Command) -> (bool, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let said = [stdout, stderr].map(|said| String::from_utf8(said).unwrap());
    (status.success(), said.concat())
}

/// What it said to programs.
#[track_caller]
fn told(command: &mut Command) -> (bool, Value) {
    let Output { status, stdout, stderr } = command.arg("--json").output().unwrap();
    let read = serde_json::from_slice(&stdout);
    (status.success(), read.unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&stderr))))
}

/// A place of its own, an identity in it, and the recipient that goes with that.
struct Place {
    dir: tempfile::TempDir,
    recipient: String,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let identity = age::x25519::Identity::generate();
        let text = format!("# for a test\n{}\n", identity.to_string().expose_secret());
        fs::write(dir.path().join("identity"), text).unwrap();
        Self { dir, recipient: identity.to_public().to_string() }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// All that lies in it, but for the identity.
    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.dir.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name != "identity").collect()
    }
}

/// Somebody registered, with a paper, and somebody signed.
async fn something(app: &TestApp) {
    app.focal_point("FRA")
        .post("/delegations", serde_json::json!({ "participant": "FRA" }))
        .await
        .expect(201);
    app.focal_point("FRA").post("/delegations/FRA/members", member("exemple")).await.expect(201);
    app.signed("VNM").await;
    let path = "/documents?participant=FRA&kind=letter";
    app.officer().upload(path, "application/pdf", b"%PDF-1.7 a letter").await.expect(201);
}

fn paper(app: &TestApp) -> PathBuf {
    let shards = fs::read_dir(app.data_dir().join("documents")).unwrap().map(|e| e.unwrap().path());
    let shard = shards.filter(|path| path.is_dir()).min().unwrap();
    fs::read_dir(shard).unwrap().next().unwrap().unwrap().path()
}

/// The names of an archive that is not sealed.
fn names(archive: &Path) -> Vec<String> {
    let mut tar = tar::Archive::new(fs::File::open(archive).unwrap());
    let entries = tar.entries().unwrap();
    entries.map(|entry| entry.unwrap().path().unwrap().display().to_string()).collect()
}

#[tokio::test]
async fn r51_a_backup_is_sealed_with_its_keys_told_to_the_trail_and_proven_where_it_lies() {
    let (app, place) = (TestApp::start().await, Place::new());
    something(&app).await;
    let (is_well, taken) = told(
        ceremony(&app)
            .args(["backup", "--recipient", &place.recipient, "--to"])
            .arg(place.dir.path()),
    );
    assert!(is_well, "{taken}");
    let archive = PathBuf::from(taken["file"].as_str().unwrap());
    let bytes = fs::read(&archive).unwrap();
    assert!(bytes.starts_with(b"age-encryption.org/v1"));
    let sha256 = hanoi_ceremony::secret::hex(&hanoi_ceremony::secret::sha256(&bytes));
    assert_eq!((&taken["sha256"], &taken["bytes"]), (&sha256.as_str().into(), &bytes.len().into()));
    assert_eq!(taken["manifest"]["keys"], serde_json::json!(["field.key", "ledger.key"]));
    assert_eq!(fs::metadata(&archive).unwrap().permissions().mode() & 0o777, 0o600);

    let mut owner = app.owner.connect().await.unwrap();
    let event: Value = sqlx::query_scalar("select after from event where kind = 'backup.taken'")
        .fetch_one(&mut owner)
        .await
        .unwrap();
    assert_eq!((&event["sha256"], &event["sealed"]), (&sha256.as_str().into(), &true.into()));
    let measures = app.anybody().get("//metrics").await.text;
    let age = measures.lines().find_map(|line| line.strip_prefix("backup_age_seconds "));
    assert!(age.unwrap().parse::<f64>().unwrap() < 600.0, "{age:?}");

    let (is_well, proof) = told(
        ceremony(&app)
            .args(["restore", "--verify", "--identity"])
            .arg(place.file("identity"))
            .arg(&archive),
    );
    assert!(is_well, "{proof}");
    assert_eq!(
        (&proof["data_dir"], &proof["proof"]["faults"]),
        (&Value::Null, &serde_json::json!([]))
    );
    assert_eq!(proof["proof"]["record"]["faults"], serde_json::json!([]));
    assert!(proof["proof"]["rows"].as_i64().unwrap() > 400, "{proof}");

    refused_as_it_is(&app, &place, &archive, &bytes);
}

/// Whatever is wrong with an archive is found before anything is put back.
fn refused_as_it_is(app: &TestApp, place: &Place, archive: &Path, bytes: &[u8]) {
    let into = place.file("nothing");
    let refused = |archive: &Path, identity: &Path| {
        let mut restore = ceremony(app);
        restore.arg("restore").arg(archive).arg("--identity").arg(identity);
        let (is_well, said) = ended(restore.arg("--data-dir").arg(&into));
        assert!(!is_well && !into.exists(), "{said}");
        said
    };
    let identity = place.file("identity");
    let other = Place::new();
    assert!(refused(archive, &other.file("identity")).contains("sealed for somebody else"));
    assert!(refused(archive, archive).contains("cannot be read"));
    for at in [bytes.len() / 2, bytes.len() - 1] {
        let mut damaged = bytes.to_vec();
        damaged[at] ^= 1;
        let copy = place.file("damaged");
        fs::write(&copy, damaged).unwrap();
        assert!(refused(&copy, &identity).contains("damaged"));
        fs::write(&copy, &bytes[..at]).unwrap();
        let said = refused(&copy, &identity);
        assert!(said.contains("damaged") || said.contains("cut off"), "{said}");
    }
    // Where something is, nothing is put back.
    fs::create_dir(&into).unwrap();
    fs::write(into.join("something"), "of somebody's").unwrap();
    let mut restore = ceremony(app);
    restore.arg("restore").arg(archive).arg("--identity").arg(&identity);
    let (is_well, said) = ended(restore.arg("--data-dir").arg(&into));
    assert!(!is_well && said.contains("is not empty"), "{said}");
    assert_eq!(fs::read_dir(&into).unwrap().count(), 1);
}

#[tokio::test]
async fn a_paper_that_is_missing_is_named_by_the_backup_and_by_its_proof() {
    let (app, place) = (TestApp::start().await, Place::new());
    something(&app).await;
    let lost = paper(&app);
    let name = lost.file_name().unwrap().to_str().unwrap().to_owned();
    fs::remove_file(lost).unwrap();
    let archive = place.file("archive.tar");
    let (is_well, said) = ended(ceremony(&app).args(["backup", "--to"]).arg(&archive));
    assert!(!is_well && said.contains(&name) && said.contains("keys/ledger.key apart"), "{said}");
    let held = names(&archive);
    assert_eq!(held.last().unwrap(), "manifest.json.sha256");
    assert!(!held.iter().any(|name| name.starts_with("keys/")), "{held:?}");

    let mut verify = ceremony(&app);
    verify.args(["restore", "--verify"]).arg(&archive);
    let (is_well, said) = ended(&mut verify);
    assert!(!is_well && said.contains("--keys"), "{said}");
    let (is_well, said) = ended(verify.arg("--keys").arg(app.data_dir().join("keys")));
    assert!(!is_well && said.contains(&format!("the paper {name} of a row is missing")), "{said}");

    // Of an archive that is open, each part is held against what the manifest says of it.
    let bytes = fs::read(&archive).unwrap();
    let at = bytes.windows(5).position(|window| window == b"PGDMP").unwrap();
    let mut damaged = bytes.clone();
    damaged[at + 2000] ^= 1;
    fs::write(&archive, damaged).unwrap();
    let (is_well, said) = ended(&mut verify);
    assert!(
        !is_well && said.contains("the dump of the database is not what was written"),
        "{said}"
    );
}

#[tokio::test]
async fn where_a_backup_cannot_be_written_nothing_is_left_of_it() {
    let (app, place) = (TestApp::start().await, Place::new());
    let nowhere = place.file("nowhere/archive.tar");
    let (is_well, said) = ended(ceremony(&app).args(["backup", "--to"]).arg(&nowhere));
    assert!(
        !is_well && said.contains("could not be written") && said.contains("No such file"),
        "{said}"
    );

    // A disk that is full in the middle, as far as the program can tell: no file may grow past 64 KiB.
    let mut full = command(&app, "sh");
    full.args(["-c", "trap '' XFSZ; ulimit -f 128; exec \"$0\" backup --to \"$1\""]);
    let (is_well, said) = ended(full.arg(env!("CARGO_BIN_EXE_ceremony")).arg(place.file("a.tar")));
    assert!(
        !is_well && said.contains("could not be written") && said.contains("too large"),
        "{said}"
    );
    assert_eq!(place.files(), Vec::<String>::new());

    let mut owner = app.owner.connect().await.unwrap();
    let told: i64 = sqlx::query_scalar("select count(*) from event where kind = 'backup.taken'")
        .fetch_one(&mut owner)
        .await
        .unwrap();
    assert_eq!(told, 0, "the trail knows of no backup that is none");

    // Nobody's file is replaced.
    fs::write(place.file("a.tar"), "something else").unwrap();
    let (is_well, said) = ended(ceremony(&app).args(["backup", "--to"]).arg(place.file("a.tar")));
    assert!(!is_well && said.contains("is there already"), "{said}");
    assert_eq!(fs::read_to_string(place.file("a.tar")).unwrap(), "something else");
}

#[tokio::test]
async fn the_doctor_says_what_is_wrong_and_what_only_to_look_at() {
    let app = TestApp::start().await;
    let (is_well, found) = told(ceremony(&app).arg("doctor"));
    let verdict = |found: &Value, about: &str| {
        let found = found["findings"].as_array().unwrap().iter();
        let verdicts = found.filter(|finding| finding["about"] == about);
        verdicts.map(|finding| finding["verdict"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert!(is_well, "{found}");
    for about in ["database", "schema", "clock", "programs", "start", "record"] {
        assert_eq!(verdict(&found, about), ["ok"], "{about} in {found}");
    }
    assert!(verdict(&found, "settings").iter().all(|verdict| verdict == "look"), "{found}");

    // The same as a start would find it: a database that may lose what it acknowledged.
    let durable = told(ceremony(&app).arg("doctor").env("CEREMONY__LEDGER__DURABLE_ONLY", "true"));
    assert_eq!((durable.0, verdict(&durable.1, "record")), (false, vec!["wrong".to_owned()]));

    fs::remove_file(app.data_dir().join("keys/field.key")).unwrap();
    let (is_well, said) = ended(ceremony(&app).arg("doctor"));
    assert!(
        !is_well && said.contains("wrong    start") && said.contains("Put back keys/field.key"),
        "{said}"
    );
}
