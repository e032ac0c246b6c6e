//! The service and its database, killed under load.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::account::{losses, settle};
use crate::chance::{Chance, count};
use crate::clients::Clients;
use crate::world::World;

/// Clients at the same time.
const CLIENTS: u8 = 12;
/// The latest moment of a kill after the writes that were waited for.
const JITTER: Duration = Duration::from_millis(60);

/// How long it took from each fault until writes were acknowledged that were sent after it.
#[derive(Default)]
struct Pauses(Vec<Duration>);

impl Pauses {
    fn tell(mut self, what: &str) {
        self.0.sort_unstable();
        let last = self.0.len().saturating_sub(1);
        let at = |share: usize| self.0.get(last * share / 100).copied().unwrap_or_default();
        println!(
            "{what}: {} kills; writes are acknowledged again after {:?} (median), {:?} (longest)",
            self.0.len(),
            at(50),
            at(100)
        );
    }
}

/// Lets some writes pass, kills, and sees writes go on.
async fn kill(
    clients: &mut Clients,
    chance: &mut Chance,
    pauses: &mut Pauses,
    strike: impl FnOnce(&mut Chance),
) {
    clients.go_on(1 + chance.below(30)).await;
    chance.hesitate(JITTER).await;
    strike(chance);
    let struck = Instant::now();
    // More than can have been on their way when it struck.
    clients.go_on(u64::from(CLIENTS) + 1).await;
    pauses.0.push(struck.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_or_doubled_when_the_service_is_killed() {
    let mut chance = Chance::of("service");
    let mut world = World::begin().await;
    let kills = count("FAULTS_SERVICE_KILLS", 6);

    let (mut clients, mut pauses) =
        (Clients::start(&world, CLIENTS.into(), &mut chance, Arc::default()), Pauses::default());
    for _ in 0..kills.div_ceil(2) {
        kill(&mut clients, &mut chance, &mut pauses, |_| world.services[0].kill()).await;
    }
    let seen = clients.finish().await;
    pauses.tell("one service");
    world.all_ready().await;
    assert_eq!(settle(&world, &seen).await, Vec::<String>::new());

    world.add_service().await;
    let (mut clients, mut pauses) =
        (Clients::start(&world, CLIENTS.into(), &mut chance, seen), Pauses::default());
    for _ in 0..kills / 2 {
        let services = &world.services;
        kill(&mut clients, &mut chance, &mut pauses, |chance| {
            services[usize::from(chance.below(2) == 1)].kill();
        })
        .await;
    }
    let seen = clients.finish().await;
    pauses.tell("one of two services");
    world.all_ready().await;
    assert_eq!(settle(&world, &seen).await, Vec::<String>::new());
    let starts: u32 = world.services.iter().map(|s| s.starts.load(Ordering::Relaxed)).sum();
    assert!(starts >= kills, "they were killed: {starts} starts");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_is_asked_to_end_under_load_answers_what_it_is_at() {
    let mut chance = Chance::of("asked to end");
    let mut world = World::begin().await;
    let rounds = count("FAULTS_STOPS", 1);
    for _ in 0..rounds {
        let mut clients = Clients::start(&world, CLIENTS.into(), &mut chance, Arc::default());
        clients.go_on(30 + chance.below(30)).await;
        chance.hesitate(JITTER).await;
        let asked = Instant::now();
        let status = world.services[0].stop(Duration::from_secs(25)).await;
        let ended = asked.elapsed();
        let seen = clients.abandon();
        assert!(status.success(), "{status}");
        // What was on its way in at that moment may meet a door that closes; what was inside is answered.
        let inside = |began: Instant| began + Duration::from_millis(20) < asked;
        let broken = seen.broken.lock().unwrap().clone();
        let cut = broken.into_iter().filter(|broken| inside(broken.began));
        let cut: Vec<_> = cut.map(|broken| broken.why).collect();
        assert!(cut.is_empty(), "requests that were under way got no answer: {cut:?}");
        println!("asked to end: it has ended after {ended:?}");

        world.restart_with(Vec::new()).await;
        // What came in while it ended was perhaps done, and nobody told of it: only what was told is asked for.
        let lost = losses(&world, &seen).await;
        assert_eq!((lost, world.verify().0), (0, true));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_or_doubled_when_the_database_is_killed() {
    let mut chance = Chance::of("database");
    let mut world = World::begin().await;
    let kills = count("FAULTS_DATABASE_KILLS", 4);

    let (mut clients, mut pauses) =
        (Clients::start(&world, CLIENTS.into(), &mut chance, Arc::default()), Pauses::default());
    for _ in 0..kills {
        kill(&mut clients, &mut chance, &mut pauses, |chance| {
            world.kill_database(chance.below(2) == 1);
        })
        .await;
    }
    let seen = clients.finish().await;
    pauses.tell("database");
    world.all_ready().await;
    assert_eq!(settle(&world, &seen).await, Vec::<String>::new());

    // The negative control: a database that answers before it has written loses what it acknowledged, and it is seen.
    world.run(&["alter database postgres set synchronous_commit = off"]).await;
    world.restart_with(vec![("CEREMONY__LEDGER__DURABLE_ONLY", "false".to_owned())]).await;
    let mut clients = Clients::start(&world, CLIENTS.into(), &mut chance, Arc::default());
    clients.go_on(20).await;
    world.stop_writing();
    clients.go_on(40).await;
    let seen = clients.seen.clone();
    world.kill_database(true);
    drop(clients.abandon());
    world.owner().await;
    world.run(&["alter database postgres reset synchronous_commit"]).await;
    world.restart_with(vec![("CEREMONY__LEDGER__DURABLE_ONLY", "false".to_owned())]).await;
    let lost = losses(&world, &seen).await;
    println!("database: without waiting for the disk {lost} acknowledged writes are lost");
    assert!(lost > 0, "the harness is blind");
}
