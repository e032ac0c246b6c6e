//! The server that comes with the service, shared by processes that come and go.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use hanoi_ceremony::db::embedded::{Options, Server};
use sqlx::ConnectOptions as _;
use tokio::time::{interval, timeout};

/// The program on these data, once it serves. It is to be killed.
fn start(data_dir: &Path) -> Child {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ceremony"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(data_dir)
        .current_dir(data_dir.parent().unwrap())
        .env_remove("DATABASE_URL")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(said.any(|line| line.unwrap().starts_with("Service ")), "it says where it listens");
    // Who prints into a closed pipe dies of it.
    std::thread::spawn(move || said.for_each(drop));
    child
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// The server's process.
fn postmaster(data_dir: &Path) -> Option<String> {
    let file = std::fs::read_to_string(data_dir.join("pg/postmaster.pid")).ok()?;
    file.lines().next().map(str::to_owned)
}

#[tokio::test]
async fn the_server_stops_when_its_last_user_is_killed_and_not_before() {
    let home = tempfile::tempdir().unwrap();
    // The server's user has to reach the data, also when the tests run as root.
    std::fs::set_permissions(home.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
    let data_dir = home.path().join("data");

    let first = start(&data_dir);
    let started = postmaster(&data_dir);
    assert!(started.is_some(), "another process has started the server");
    let options = Options { data_dir: Some(data_dir.clone()), throwaway: false };
    let server = Server::start(&options).await.unwrap();
    let control = server.bin_dir().join("pg_controldata");
    kill(first);
    let mut connection = server.connect_options("postgres", "postgres").connect().await.unwrap();
    sqlx::query("select 1").execute(&mut connection).await.unwrap();
    assert_eq!(postmaster(&data_dir), started, "the server that the killed process had started");

    let last = start(&data_dir);
    drop((connection, server));
    assert_eq!(postmaster(&data_dir), started, "the process that has joined still uses it");
    kill(last);
    let stopped = async {
        let mut looks = interval(Duration::from_millis(10));
        while postmaster(&data_dir).is_some() {
            looks.tick().await;
        }
    };
    timeout(Duration::from_mins(1), stopped).await.expect("without a user the server stops");
    let state = Command::new(control).arg(data_dir.join("pg")).output().unwrap();
    let state = String::from_utf8_lossy(&state.stdout).into_owned();
    assert!(state.contains("shut down\n"), "{state}");
}
