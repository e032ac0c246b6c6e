//! A database that answers late, or not at all, and does not say so.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;

use crate::account::settle;
use crate::chance::Chance;
use crate::clients::{Clients, answer_to};
use crate::proxy::{Proxy, Way};
use crate::world::{World, start_server};

/// The longest that anybody waits for an answer: for a connection, then for the database, then some.
const ANSWERED_WITHIN: Duration = Duration::from_secs(17);
/// How long a service may need to be itself again.
const RECOVERED_WITHIN: Duration = Duration::from_secs(20);

/// Asks readers and writers at once. Each is told in time: what it asked for, or to come back.
async fn everybody_is_told(world: &World, what: &str) {
    let base = format!("http://{}/api/v1", world.services[0].address);
    let began = Instant::now();
    let (registrar, recorder) = (&world.registrar, &world.recorder);
    let requests = (0..8).flat_map(|number| {
        let member = json!({ "family_name": format!("LATE {number}"), "given_names": "Exemplar", "function": "adviser", "rank": "official" });
        let entered = world.http.post(format!("{base}/delegations/BEL/members"));
        [
            world.http.get(format!("{base}/members")).bearer_auth(registrar),
            world.http.get(format!("{base}/treaty/acts")).bearer_auth(recorder),
            entered.bearer_auth(registrar).json(&member),
        ]
    });
    let answers = join_all(requests.map(answer_to)).await;
    let longest = began.elapsed();
    for answer in answers {
        let (status, says_when, body) = answer.expect("each is answered");
        let is_shed = status == 503 && says_when;
        assert!(is_shed || [200, 201].contains(&status), "{what}: {status} {body}");
    }
    println!("{what}: all 24 are answered after {longest:?}");
    assert!(longest < ANSWERED_WITHIN, "{what}: {longest:?}");
}

/// Sees the service do its work again, by itself.
async fn all_is_well_again(world: &World, what: &str) {
    let began = Instant::now();
    world.all_ready().await;
    println!("{what}: ready again after {:?}", began.elapsed());
    assert!(began.elapsed() < RECOVERED_WITHIN, "{what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_slow_or_does_not_answer_keeps_nobody_waiting_for_ever() {
    let mut chance = Chance::of("slow");
    let (server, home) = start_server().await;
    let socket = server.connect_options("postgres", "postgres").get_socket().unwrap().clone();
    let proxy = Proxy::start(socket).await;
    let database = format!("postgresql://postgres@{}/postgres?sslmode=disable", proxy.address);
    let world = World::on(server, home, Some(database)).await;

    proxy.make(Way::Slow(Duration::from_millis(20)));
    let mut clients = Clients::start(&world, 6, &mut chance, Arc::default());
    clients.go_on(20).await;
    everybody_is_told(&world, "slow").await;
    clients.go_on(1).await;

    proxy.make(Way::Blocked);
    everybody_is_told(&world, "blocked").await;
    proxy.make(Way::Open);
    all_is_well_again(&world, "blocked, then open").await;
    clients.go_on(20).await;

    proxy.strand();
    everybody_is_told(&world, "stranded").await;
    all_is_well_again(&world, "stranded").await;
    clients.go_on(20).await;

    let seen = clients.finish().await;
    assert!(seen.sheds.load(Ordering::Relaxed) > 0, "somebody met the fault");
    assert_eq!(settle(&world, &seen).await, Vec::<String>::new());
}
