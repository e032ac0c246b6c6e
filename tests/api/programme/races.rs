//! Many officers book one room at once: one gets it (R44).

use std::pin::pin;

use futures_util::future::{Either, join_all, select};
use serde_json::json;
use sqlx::Executor as _;

use crate::app::{NOW, Reply, SETTINGS, TestApp, statuses};

/// How many book at once.
const BOOKINGS: usize = 200;

const NO_LOCK: &str = "create or replace function hold_programme() returns void language plpgsql volatile as $$ begin end $$;
    create or replace function move_programme() returns trigger language plpgsql as $$ begin return null; end $$";
/// The same of seats.
pub const NO_LOCK_OF_SEATS: &str =
    "create or replace function hold_seating(wanted uuid) returns void language plpgsql volatile
    as $$ begin end $$";
const NO_CONSTRAINT: &str = "alter table session drop constraint session_room_is_free";

/// A service whose officers wait for each other for as long as it takes: on a slow machine a booking that gives up would
/// never be in the race.
pub async fn patient() -> TestApp {
    let settings = SETTINGS
        .replace(
            "lock_timeout_ms = 6000",
            "lock_timeout_ms = 600000\nstatement_timeout_ms = 600000",
        )
        .replace(
            "acquire_timeout_ms = 8000",
            "acquire_timeout_ms = 600000\ncommit_timeout_ms = 600000",
        );
    TestApp::start_with(NOW, &settings).await
}

/// One was done, and all others were refused. A machine that is too slow for so many may turn some of them away, and leave the
/// one in doubt: what is stored then says that it was one.
pub fn one_was_done(replies: &[Reply]) {
    let count = |status: u16| replies.iter().filter(|reply| reply.status == status).count();
    let [done, refused, turned_away] = [201, 409, 503].map(count);
    assert_eq!(done + refused + turned_away, replies.len(), "{:?}", statuses(replies));
    assert!(done == 1 || done == 0 && turned_away > 0, "{done} were done");
    assert!(refused > 0, "or there was no race");
    for reply in replies.iter().filter(|reply| reply.status == 503) {
        assert_eq!(reply.problem(503), "unavailable", "turned away, and not broken");
    }
}

async fn all_book(app: &TestApp, bookings: usize) -> Vec<Reply> {
    let room = app.room("Room").await;
    join_all((0..bookings).map(|_| app.plan(Some(&room), "09:00", "10:00", json!({})))).await
}

#[tokio::test]
async fn r44_two_hundred_bookings_of_one_room_at_once_book_it_once() {
    let app = patient().await;
    let replies = all_book(&app, BOOKINGS).await;
    one_was_done(&replies);
    for refused in replies.iter().filter(|reply| reply.status == 409) {
        assert_eq!(refused.problem(409), "schedule_conflict");
    }
    assert_eq!(app.count("session where starts_at < '2025-10-25'").await, 1);
}

/// Requests that are all made at once. The audit trail is held shut until several stand before it or before each other, so
/// that each has been judged before the first of them is committed.
pub async fn behind_a_gate(app: &TestApp, all: impl Future<Output = Vec<Reply>>) -> Vec<Reply> {
    let mut gate = app.as_owner().await;
    gate.execute("begin; lock table event in exclusive mode").await.unwrap();
    let open = async {
        let waiting = "select count(*) from pg_locks
            where not granted and database in (select oid from pg_database where datname = current_database())
               or not granted and transactionid is not null";
        while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut gate).await.unwrap() < 4 {}
        gate.execute("commit").await.unwrap();
    };
    match select(pin!(all), pin!(open)).await {
        Either::Left((replies, _)) => panic!("nobody came to the gate: {:?}", statuses(&replies)),
        Either::Right(((), all)) => all.await,
    }
}

#[tokio::test]
async fn r44_each_guard_alone_is_enough_and_without_both_the_room_is_booked_twice() {
    for (guards_gone, is_safe) in [
        (vec![NO_LOCK], true),
        (vec![NO_CONSTRAINT], true),
        // The negative control.
        (vec![NO_LOCK, NO_CONSTRAINT], false),
    ] {
        let app = patient().await;
        let mut owner = app.as_owner().await;
        let room = app.room("Room").await;
        for gone in &guards_gone {
            owner.execute(*gone).await.unwrap();
        }
        let all = join_all((0..8).map(|_| app.plan(Some(&room), "09:00", "10:00", json!({}))));
        let replies = behind_a_gate(&app, all).await;
        assert!(
            replies.iter().all(|reply| [201, 409].contains(&reply.status)),
            "{:?}",
            statuses(&replies)
        );
        let booked = app.count("session where starts_at < '2025-10-25'").await;
        assert_eq!(booked == 1, is_safe, "{guards_gone:?}: {booked}");
    }
}
