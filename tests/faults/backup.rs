//! A backup taken under load, put back where nothing is.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use age::secrecy::ExposeSecret as _;
use hanoi_ceremony::db::embedded::{Options, Server};
use serde_json::Value;
use sqlx::ConnectOptions as _;
use uuid::Uuid;

use crate::chance::Chance;
use crate::clients::{Acknowledged, Clients};
use crate::world::World;

/// Runs it off the reactor, on which the clients are; what it said to programs, and to people.
async fn run(mut command: Command) -> (bool, Value, String) {
    let ended = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let Output { status, stdout, stderr } = ended;
    let said = String::from_utf8(stderr).unwrap();
    (status.success(), serde_json::from_slice(&stdout).unwrap_or_default(), said)
}

/// How many of these writes are not in the database of a directory.
async fn missing(data_dir: &Path, told: &[Acknowledged]) -> usize {
    let options = Options { data_dir: Some(data_dir.to_owned()), throwaway: false };
    let server = Server::start(&options).await.unwrap();
    let mut owner = server.connect_options("postgres", "postgres").connect().await.unwrap();
    let mut missing = 0;
    for one in told {
        let id: Uuid = one.answer["id"].as_str().unwrap().parse().unwrap();
        let question = "select exists (select from member where member_id = $1) or exists (select from act where act_id = $1)";
        let is_there: bool =
            sqlx::query_scalar(question).bind(id).fetch_one(&mut owner).await.unwrap();
        missing += usize::from(!is_there);
    }
    missing
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_before_a_backup_is_missing_in_it_and_an_old_one_is_noticed() {
    let mut chance = Chance::of("backup");
    let mut world = World::begin().await;
    let witness = ("CEREMONY__LEDGER__WITNESS_FILE", world.file("witness").display().to_string());
    world.restart_with(vec![witness.clone()]).await;
    let identity = age::x25519::Identity::generate();
    fs::write(world.file("identity"), identity.to_string().expose_secret()).unwrap();

    let mut clients = Clients::start(&world, 6, &mut chance, Arc::default());
    clients.go_on(60 + chance.below(30)).await;
    let before = clients.seen.acknowledged.lock().unwrap().clone();
    let mut backup = world.command();
    let archive = world.file("archive.tar.age");
    backup.args(["backup", "--json", "--recipient", &identity.to_public().to_string(), "--to"]);
    backup.arg(&archive).arg("--data-dir").arg(world.file("service-0"));
    backup.env("DATABASE_URL", world.server.url("postgres", "postgres"));
    let (is_well, taken, said) = run(backup).await;
    assert!(is_well, "{said}");
    let during = clients.seen.acknowledged.lock().unwrap().len() - before.len();
    clients.go_on(20).await;
    let seen = clients.finish().await;
    assert_eq!(seen.faults.lock().unwrap().clone(), Vec::<String>::new());
    let after = seen.acknowledged.lock().unwrap().clone();

    let data_dir = world.file("restored");
    let mut restore = world.command();
    restore.arg("restore").arg(&archive).arg("--identity").arg(world.file("identity"));
    restore.args(["--json", "--data-dir"]).arg(&data_dir).env(witness.0, &witness.1);
    let (is_well, restored, said) = run(restore).await;
    println!(
        "backup: {} writes acknowledged before it, {during} while it was taken, {} answers 503; {} bytes of it",
        before.len(),
        seen.sheds.load(Ordering::Relaxed),
        taken["bytes"]
    );
    let proof = &restored["proof"];
    for faults in [&proof["faults"], &proof["record"]["faults"], &proof["trail"]["faults"]] {
        assert_eq!(faults, &serde_json::json!([]), "{said}");
    }
    assert_eq!(missing(&data_dir, &before).await, 0);
    assert!(missing(&data_dir, &after).await > 0, "whoever counts is blind");

    // The record has gone on since, and its witness knows.
    assert!(!is_well && said.contains("nothing will be signed on it"), "{said}");
    let why = restored["hindrances"][0].as_str().unwrap_or_default();
    assert!(why.contains("and its witness has seen"), "{why}");
}
