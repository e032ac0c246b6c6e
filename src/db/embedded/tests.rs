//! Real servers in temporary directories.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, getpgid, kill_process, kill_process_group};
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

use super::*;

fn durable(dir: &TempDir) -> Options {
    Options { data_dir: Some(dir.path().join("data")), throwaway: false }
}

/// A directory that the server's user can reach, also when the tests run as root.
fn reachable_dir() -> TempDir {
    dir_of_mode(0o711)
}

fn dir_of_mode(mode: u32) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(mode)).unwrap();
    dir
}

async fn connect(server: &Server) -> PgConnection {
    PgConnection::connect_with(&server.connect_options("postgres", "postgres")).await.unwrap()
}

async fn setting(connection: &mut PgConnection, name: &str) -> String {
    sqlx::query_scalar("select current_setting($1)").bind(name).fetch_one(connection).await.unwrap()
}

fn postmaster(root: &Path) -> Option<i32> {
    fs::read_to_string(root.join("pg/postmaster.pid")).ok()?.lines().next()?.trim().parse().ok()
}

fn kill(pid: i32) {
    kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
}

async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let start = Instant::now();
    while !holds().await {
        assert!(start.elapsed() < Duration::from_mins(1), "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn until_stopped(root: &Path) {
    until("the server has stopped", async || postmaster(root).is_none()).await;
}

#[tokio::test]
async fn a_new_server_is_durable_private_and_utf8() {
    let dir = reachable_dir();
    let start = Instant::now();
    let server = Server::start(&durable(&dir)).await.unwrap();
    println!("cold start: {:?}; {}", start.elapsed(), server.describe());

    let mut connection = connect(&server).await;
    for (name, value) in [
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
        ("data_checksums", "on"),
        ("listen_addresses", ""),
        ("server_encoding", "UTF8"),
        ("dynamic_shared_memory_type", "mmap"),
        ("log_min_messages", "log"),
        ("log_parameter_max_length", "0"),
        ("max_connections", "100"),
    ] {
        assert_eq!(setting(&mut connection, name).await, value, "{name}");
    }
    let upper: String =
        sqlx::query_scalar("select upper('hà nội')").fetch_one(&mut connection).await.unwrap();
    assert_eq!(upper, "HÀ NỘI");
    let socket_dir = fs::metadata(&server.place.socket_dir).unwrap();
    assert_eq!(socket_dir.permissions().mode() & 0o777, 0o700);
}

#[tokio::test]
async fn the_url_leads_to_the_server_however_long_and_odd_its_path_is() {
    let dir = reachable_dir();
    let data_dir = dir.path().join(format!("{}, đại lễ", "long".repeat(25)));
    let server =
        Server::start(&Options { data_dir: Some(data_dir), throwaway: true }).await.unwrap();
    let url = server.url("postgres", "postgres");
    PgConnection::connect(&url).await.expect(&url).close().await.unwrap();

    let (root, socket_dir) = (server.data_dir().to_owned(), server.place.socket_dir.clone());
    assert!(!socket_dir.starts_with(&root));
    drop(server);
    until_stopped(&root).await;
    fs::remove_dir_all(socket_dir).unwrap();
}

#[tokio::test]
async fn a_directory_that_the_servers_user_cannot_reach_is_refused() {
    let private = dir_of_mode(0o700);
    let refused =
        Server::start(&Options { data_dir: Some(private.path().join("data")), throwaway: true })
            .await;
    let hands_over = rustix::process::geteuid().is_root();
    assert_eq!(matches!(refused, Err(Unavailable::Unreachable { .. })), hands_over, "{refused:?}");
}

#[tokio::test]
async fn what_was_written_is_there_at_the_next_start() {
    let dir = reachable_dir();
    let options = durable(&dir);
    let server = Server::start(&options).await.unwrap();
    sqlx::raw_sql("create table kept (answer int); insert into kept values (42)")
        .execute(&mut connect(&server).await)
        .await
        .unwrap();
    let root = server.data_dir().to_owned();
    drop(server);
    until_stopped(&root).await;

    let start = Instant::now();
    let server = Server::start(&options).await.unwrap();
    println!("warm start: {:?}", start.elapsed());
    let kept: i32 = sqlx::query_scalar("select answer from kept")
        .fetch_one(&mut connect(&server).await)
        .await
        .unwrap();
    assert_eq!(kept, 42);
}

#[tokio::test]
async fn a_server_that_is_killed_while_used_comes_back_with_its_data() {
    let dir = reachable_dir();
    let server = Server::start(&durable(&dir)).await.unwrap();
    sqlx::raw_sql("create table kept (answer int)")
        .execute(&mut connect(&server).await)
        .await
        .unwrap();
    let killed = postmaster(server.data_dir()).unwrap();
    kill(killed);

    let connects = async || {
        let options = server.connect_options("postgres", "postgres");
        match PgConnection::connect_with(&options).await {
            Ok(mut connection) => {
                sqlx::query("select from kept").execute(&mut connection).await.is_ok()
            }
            Err(_) => false,
        }
    };
    until("the server is back", async || {
        postmaster(server.data_dir()) != Some(killed) && connects().await
    })
    .await;
}

#[tokio::test]
async fn a_start_just_after_a_kill_recovers_too() {
    let dir = reachable_dir();
    let options = durable(&dir);
    let server = Server::start(&options).await.unwrap();
    sqlx::raw_sql("create table kept (answer int)")
        .execute(&mut connect(&server).await)
        .await
        .unwrap();
    kill(postmaster(server.data_dir()).unwrap());
    drop(server);

    let server = Server::start(&options).await.unwrap();
    sqlx::query("select from kept").execute(&mut connect(&server).await).await.unwrap();
}

#[tokio::test]
async fn however_many_start_at_once_there_is_one_server() {
    let dir = reachable_dir();
    let options = durable(&dir);
    let starts = futures_util::future::join_all((0..4).map(|_| Server::start(&options))).await;
    let servers: Vec<Server> = starts.into_iter().collect::<Result<_, _>>().unwrap();
    let root = servers[0].data_dir().to_owned();
    let pid = postmaster(&root);
    assert!(pid.is_some());

    drop(servers);
    until_stopped(&root).await;
}

#[tokio::test]
async fn a_server_whose_watchdog_was_killed_is_replaced_by_a_watched_one() {
    let dir = reachable_dir();
    let options = durable(&dir);
    let server = Server::start(&options).await.unwrap();
    let unwatched = postmaster(server.data_dir()).unwrap();
    // Stands for a killed watchdog: the pipe has no reader that a newcomer could find.
    for pipe in fs::read_dir(server.place.run()).unwrap().filter_map(Result::ok) {
        if pipe.file_name().to_string_lossy().starts_with("users-") {
            fs::remove_file(pipe.path()).unwrap();
        }
    }
    let joined = Server::start(&options).await.unwrap();
    sqlx::query("select 1").execute(&mut connect(&joined).await).await.unwrap();
    assert_ne!(postmaster(joined.data_dir()), Some(unwatched));
}

#[tokio::test]
async fn what_was_written_survives_the_kill_of_server_and_watchdog_together() {
    let dir = reachable_dir();
    let options = durable(&dir);
    let server = Server::start(&options).await.unwrap();
    sqlx::raw_sql("create table kept (answer int)")
        .execute(&mut connect(&server).await)
        .await
        .unwrap();
    let group = getpgid(Pid::from_raw(postmaster(server.data_dir()).unwrap())).unwrap();
    assert_ne!(
        group,
        getpgid(None).unwrap(),
        "the server is out of reach of this process's terminal"
    );
    kill_process_group(group, Signal::KILL).unwrap();

    let restarted = Server::start(&options).await.unwrap();
    sqlx::query("select from kept").execute(&mut connect(&restarted).await).await.unwrap();
}

#[tokio::test]
async fn all_tests_share_one_throwaway_server() {
    let options = Options { data_dir: None, throwaway: true };
    let start = Instant::now();
    let first = Server::start(&options).await.unwrap();
    println!("throwaway start: {:?}; {}", start.elapsed(), first.describe());
    let second = Server::start(&options).await.unwrap();
    let started = "select pg_postmaster_start_time()::text";
    let [a, b] = [&first, &second].map(async |server| {
        sqlx::query_scalar::<_, String>(started)
            .fetch_one(&mut connect(server).await)
            .await
            .unwrap()
    });
    assert_eq!(a.await, b.await);
}

#[tokio::test]
async fn throwaway_data_that_are_broken_are_made_anew() {
    let dir = reachable_dir();
    let options = Options { throwaway: true, ..durable(&dir) };
    let server = Server::start(&options).await.unwrap();
    let root = server.data_dir().to_owned();
    assert_eq!(setting(&mut connect(&server).await, "fsync").await, "off");
    drop(server);
    until_stopped(&root).await;
    fs::remove_file(root.join("pg/global/pg_control")).unwrap();

    let server = Server::start(&options).await.unwrap();
    connect(&server).await;
}

#[tokio::test]
async fn data_of_a_version_that_is_not_installed_are_refused_with_three_ways_out() {
    let dir = reachable_dir();
    let options = durable(&dir);
    let pg = options.data_dir.as_ref().unwrap().join("pg");
    fs::create_dir_all(&pg).unwrap();
    fs::write(pg.join("PG_VERSION"), "99\n").unwrap();

    let refused = Server::start(&options).await.unwrap_err().to_string();
    let lines: Vec<&str> = refused.lines().collect();
    assert_eq!(lines.len(), 4, "{refused}");
    assert!(lines[0].contains("written by PostgreSQL 99"), "{refused}");
    assert!(lines[1].contains("DATABASE_URL"), "{refused}");
    assert!(lines[2].contains("install PostgreSQL 99"), "{refused}");
    assert!(lines[3].contains("--data-dir"), "{refused}");
    assert!(pg.join("PG_VERSION").exists(), "the data were not touched");
}

#[test]
fn without_any_server_the_error_names_the_three_ways_out() {
    let error = Unavailable::NoBinaries { reason: "no network".to_owned() }.to_string();
    let ways: Vec<&str> = error.lines().skip(1).collect();
    assert_eq!(ways.len(), 3, "{error}");
    assert!(
        ways[0].contains("DATABASE_URL")
            && ways[1].contains("install PostgreSQL 15")
            && ways[2].contains("fetched")
    );
}

#[test]
fn a_second_service_on_the_same_data_is_told_so() {
    let dir = reachable_dir();
    let first = lock_service(dir.path()).unwrap();
    assert!(matches!(lock_service(dir.path()), Err(Unavailable::AlreadyServed { .. })));
    drop(first);
    assert!(lock_service(dir.path()).is_ok());
}
