//! A second witness as a process of its own (C2SP `tlog-witness`): what it cosigns, what it refuses, and what is refused without it.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use hanoi_ceremony::config::Origin;
use hanoi_ceremony::ledger::{
    Checkpoint, Cosigner, Known, LogKey, Question, Submission, Verifier, leaf_hash,
};

use super::{AT_THE_TABLE, protocol, proven};
use crate::app::{TestApp, client};
use crate::desk::signature;
use crate::program::Program;

/// A witness, until it is let go.
struct Witness {
    child: Child,
    address: String,
    key: Cosigner,
}

impl Witness {
    fn start(folder: &Path, log: &Verifier) -> Self {
        Self::start_at(folder, log, "127.0.0.1:0")
    }

    fn start_at(folder: &Path, log: &Verifier, address: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ceremony"))
            .args(["witness", "--name", "witness.example/one", "--listen", address, "--log"])
            .arg(log.to_string())
            .arg("--dir")
            .arg(folder)
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut say =
            |what: &str| said.next().unwrap().unwrap().strip_prefix(what).unwrap().to_owned();
        let key = Cosigner::parse(&say("Key        ")).unwrap();
        let address = say("Witness    http://");
        Self { child, address, key }
    }

    async fn ask(&self, body: String) -> (u16, String, String) {
        let url = format!("http://{}/add-checkpoint", self.address);
        let answer = client().post(url).body(body).send().await.unwrap();
        let kind = answer.headers().get("content-type");
        let kind = kind.map_or("", |kind| kind.to_str().unwrap()).to_owned();
        (answer.status().as_u16(), kind, answer.text().await.unwrap())
    }

    /// What a service is told of it.
    fn settings(&self, required: &'static str) -> [(&'static str, String); 3] {
        [
            ("CEREMONY__LEDGER__WITNESS__URL", format!("http://{}", self.address)),
            ("CEREMONY__LEDGER__WITNESS__KEY", self.key.to_string()),
            ("CEREMONY__LEDGER__WITNESS__REQUIRED", required.to_owned()),
        ]
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn serve(app: &TestApp, settings: &[(&'static str, String)]) -> Program {
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Program::start_with(app, &settings)
}

fn get(program: &Program, path: &str) -> String {
    let answer =
        program.ask(&format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}

/// A log of so many entries, as a test needs one.
struct Log {
    key: LogKey,
    known: Known,
    size: u64,
}

impl Log {
    fn of(entries: &[&str]) -> Self {
        let key = LogKey::of(&[9; 32], &Origin::parse("log.example/test").unwrap()).unwrap();
        let mut log = Self { key, known: Known::default(), size: 0 };
        for entry in entries {
            log.known.push(log.size, leaf_hash(entry.as_bytes())).unwrap();
            log.size += 1;
        }
        log
    }

    fn note(&self, size: u64) -> String {
        let root = Question::Root { size }.answer(&self.known).unwrap()[0];
        self.key.sign(&Checkpoint { size, root }).unwrap()
    }

    fn submission(&self, old: u64, size: u64) -> Submission {
        let proof = match old {
            0 => Vec::new(),
            from if from == size => Vec::new(),
            from => Question::Consistency { from, to: size }.answer(&self.known).unwrap(),
        };
        Submission { old, proof, note: self.note(size) }
    }
}

#[tokio::test]
async fn r24_a_witness_cosigns_what_grew_and_answers_all_else_as_c2sp_says() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::of(&["a", "b", "c", "d", "e", "f", "g"]);
    let other = Log::of(&["a", "b", "c", "x", "y", "z", "0"]);
    let witness = Witness::start(folder.path(), log.key.verifier());
    let add = |submission: Submission| witness.ask(submission.to_string());

    let first = log.submission(0, 3);
    let (status, _, line) = add(first.clone()).await;
    assert_eq!(status, 200, "{line}");
    assert_eq!(witness.key.find(&line, &first.note), Ok(line.as_str()));
    assert_eq!(add(log.submission(3, 3)).await.0, 200, "once more, where the answer was lost");
    assert_eq!(add(log.submission(3, 7)).await.0, 200);
    // It is at 7 now.
    let stale = (409, "text/x.tlog.size".to_owned(), "7\n".to_owned());
    assert_eq!(add(log.submission(0, 3)).await, stale);
    assert_eq!(add(log.submission(3, 7)).await, stale);
    assert_eq!(add(log.submission(3, 3)).await, stale, "turned back");
    assert_eq!(add(other.submission(7, 7)).await, stale, "another tree of the same size");
    assert_eq!(add(Submission { old: 9, ..log.submission(7, 7) }).await.0, 400);
    for wrong in ["", "old 7\n", "old x\n\n", "old 7\n!\n\nx", "old 07\n\nlog.example/test\n"] {
        assert_eq!(witness.ask(wrong.to_owned()).await.0, 400, "{wrong:?}");
    }
    let grown = Log::of(&["a", "b", "c", "d", "e", "f", "g", "h", "i"]);
    let forged = other_of_nine();
    assert_eq!(add(Submission { note: forged.note(9), ..grown.submission(7, 9) }).await.0, 422);
    assert_eq!(add(Submission { proof: Vec::new(), ..grown.submission(7, 9) }).await.0, 422);
    let foreign = LogKey::of(&[8; 32], &Origin::parse("log.example/test").unwrap()).unwrap();
    let checkpoint = log.key.verifier().open(&grown.note(9)).unwrap();
    let unsigned =
        Submission { note: foreign.sign(&checkpoint).unwrap(), ..grown.submission(7, 9) };
    assert_eq!(add(unsigned).await.0, 403);
    let elsewhere = LogKey::of(&[9; 32], &Origin::parse("log.example/other").unwrap()).unwrap();
    let unknown =
        Submission { note: elsewhere.sign(&checkpoint).unwrap(), ..grown.submission(7, 9) };
    assert_eq!(add(unknown).await.0, 404);

    // It has forgotten nothing, and its key is the same.
    let (key, seen) =
        (witness.key.clone(), std::fs::read_to_string(folder.path().join("seen")).unwrap());
    assert!(seen.starts_with("log.example/test 7 "), "{seen}");
    drop(witness);
    let witness = Witness::start(folder.path(), log.key.verifier());
    assert_eq!(witness.key, key);
    assert_eq!(witness.ask(log.submission(0, 3).to_string()).await, stale);
    assert_eq!(witness.ask(grown.submission(7, 9).to_string()).await.0, 200);
}

fn other_of_nine() -> Log {
    Log::of(&["a", "b", "c", "d", "e", "x", "g", "h", "i"])
}

#[tokio::test]
async fn r24_two_witnesses_do_not_share_a_memory_and_none_begins_anew_over_one_that_it_cannot_read()
{
    let folder = tempfile::tempdir().unwrap();
    let log = Log::of(&["a"]);
    let witness = Witness::start(folder.path(), log.key.verifier());
    let second = |folder: &Path| {
        let output = Command::new(env!("CARGO_BIN_EXE_ceremony"))
            .args(["witness", "--name", "witness.example/one", "--listen", "127.0.0.1:0", "--log"])
            .arg(log.key.verifier().to_string())
            .arg("--dir")
            .arg(folder)
            .current_dir(folder)
            .output()
            .unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(second(folder.path()).contains("another witness"));
    drop(witness);
    std::fs::write(folder.path().join("seen"), "log.example/test seven\n").unwrap();
    assert!(second(folder.path()).contains("line 1 of "));
}

#[tokio::test]
async fn r23_nothing_is_acknowledged_that_a_required_witness_has_not_cosigned() {
    let (app, folder) = (TestApp::start().await, tempfile::tempdir().unwrap());
    let log = app.app.ledger.verifier().unwrap();
    let witness = Witness::start(folder.path(), log);
    let program = serve(&app, &witness.settings("true"));
    let mut requests = Vec::new();
    for code in ["FRA", "DEU", "BEL"] {
        let signer = app.entitle(code).await;
        let body = signature(code, &signer.full_powers, AT_THE_TABLE);
        requests.push(protocol::request(code, &body));
    }
    proven(&app, &protocol::answered(&program.ask(&requests[0]))["ledger"]);
    let checkpoint = get(&program, "/api/v1/ledger/checkpoint");
    let signed = log.open_cosigned(&checkpoint).unwrap();
    assert!(witness.key.find(&checkpoint, &checkpoint).is_ok(), "{checkpoint}");
    assert_eq!(signed.size, 2);

    let (address, key) = (witness.address.clone(), witness.key.clone());
    drop(witness);
    // What was under way is in the record, and not acknowledged; after it nothing comes in.
    let acts = app.count("act").await;
    assert!(program.ask(&requests[1]).starts_with("HTTP/1.1 503"));
    assert_eq!(app.count("act").await, acts + 1);
    for request in &requests[1..] {
        let refused = program.ask(request);
        assert!(
            refused.starts_with("HTTP/1.1 503") && refused.contains("\"unavailable\""),
            "{refused}"
        );
    }
    assert_eq!(app.count("act").await, acts + 1);
    assert!(get(&program, "/api/v1/treaty/status").contains("FRA"), "reads go on");

    let witness = Witness::start_at(folder.path(), log, &address);
    assert_eq!(witness.key, key);
    for request in &requests[1..] {
        proven(&app, &protocol::answered(&program.ask(request))["ledger"]);
    }
    assert_eq!(app.count("act").await, acts + 2);
    assert!(
        witness
            .key
            .find(
                &get(&program, "/api/v1/ledger/checkpoint"),
                &get(&program, "/api/v1/ledger/checkpoint")
            )
            .is_ok()
    );
    program.stop();
}

#[tokio::test]
async fn r23_a_witness_that_is_not_required_holds_nothing_up_and_catches_up() {
    let (app, folder) = (TestApp::start().await, tempfile::tempdir().unwrap());
    let log = app.app.ledger.verifier().unwrap();
    let witness = Witness::start(folder.path(), log);
    let program = serve(&app, &witness.settings("false"));
    let (address, settings) = (witness.address.clone(), witness.settings("false"));
    drop(witness);
    let signer = app.entitle("FRA").await;
    let request = protocol::request("one", &signature("FRA", &signer.full_powers, AT_THE_TABLE));
    protocol::answered(&program.ask(&request));
    assert_eq!(app.count("ledger_cosignature").await, 1, "of the start");
    assert!(program.stop().contains("is not cosigned"));
    let witness = Witness::start_at(folder.path(), log, &address);
    let program = serve(&app, &settings);
    assert_eq!(app.count("ledger_cosignature where tree_size = 2").await, 1, "made up for");
    drop(witness);
    program.stop();
}

#[tokio::test]
async fn r24_nothing_is_signed_over_an_older_database_than_the_second_witness_has_seen() {
    let (mut app, folder) = (TestApp::start().await, tempfile::tempdir().unwrap());
    app.signed("VNM").await;
    let old = app.twin().await;
    let verifier = app.app.ledger.verifier().unwrap().clone();
    let witness = Witness::start(folder.path(), &verifier);
    let program = serve(&app, &witness.settings("false"));
    let signer = app.entitle("FRA").await;
    let request = protocol::request("one", &signature("FRA", &signer.full_powers, AT_THE_TABLE));
    protocol::answered(&program.ask(&request));
    program.stop();

    let program = serve(&old, &witness.settings("false"));
    let said = get(&program, "/health/ready");
    assert!(said.contains("2 entries") && said.contains("has seen 3"), "both sizes: {said}");
    let signer = old.entitle("DEU").await;
    let request = protocol::request("two", &signature("DEU", &signer.full_powers, AT_THE_TABLE));
    let refused = program.ask(&request);
    assert!(
        refused.starts_with("HTTP/1.1 503") && refused.contains("ledger_integrity"),
        "{refused}"
    );
    assert_eq!(old.count("act where participant = 'DEU'").await, 0);
    program.stop();

    // Grown as far by itself, it is another one.
    old.signed("BEL").await;
    let program = serve(&old, &witness.settings("false"));
    let said = get(&program, "/health/ready");
    assert!(said.contains("the first 3 entries are not those"), "{said}");
    program.stop();
}
