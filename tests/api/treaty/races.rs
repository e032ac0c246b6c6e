//! Many at once: one signature (R5), whatever they send and however often.

use std::collections::HashSet;

use futures_util::future::join_all;
use sqlx::Executor as _;

use crate::app::{Reply, TestApp};
use crate::desk::signature;

const AT_ONCE: usize = 50;

/// As many requests as there are, each with a key of its own. The record is held shut until several of them stand
/// before it, so that nobody comes too late to race.
async fn all_sign(app: &TestApp) -> Vec<Reply> {
    let signer = app.entitle("FRA").await;
    let body = signature("FRA", &signer.full_powers, "2025-10-25T11:02:00+07:00");
    let mut gate = app.as_owner().await;
    gate.execute("select pg_advisory_lock(18, 16)").await.unwrap();
    let open = async {
        let waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted
            and (database, classid, objid) = ((select oid from pg_database where datname = current_database()), 18, 16)";
        while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut gate).await.unwrap() < 10 {}
        gate.execute("select pg_advisory_unlock(18, 16)").await.unwrap();
    };
    let all = join_all((0..AT_ONCE).map(|_| app.record(body.clone())));
    tokio::join!(all, open).0
}

async fn signatures(app: &TestApp) -> i64 {
    app.count("act where kind = 'signature'").await
}

fn successes(replies: &[Reply]) -> usize {
    replies.iter().filter(|reply| reply.status == 201).count()
}

#[tokio::test]
async fn r05_fifty_signatures_of_one_state_at_once_are_one() {
    let app = TestApp::start().await;
    let replies = all_sign(&app).await;
    assert_eq!(successes(&replies), 1);
    let first = replies.iter().find(|reply| reply.status == 201).unwrap().id();
    for reply in replies.iter().filter(|reply| reply.status != 201) {
        assert_eq!(reply.problem(409), "duplicate");
        assert_eq!(reply.json()["first"], first);
    }
    assert_eq!(signatures(&app).await, 1);
}

#[tokio::test]
async fn r05_each_guard_alone_is_enough_and_without_both_there_are_doubles() {
    // Who wants the record to itself shares it with all others.
    const NO_LOCK: &str = "create or replace function lock_record() returns timestamptz language plpgsql volatile as $$
        begin
            perform pg_advisory_xact_lock_shared(18, 16);
            return (select max(recorded_at) from act);
        end $$";
    // Every place is given to whoever asks: the statement that takes one finds nothing in its way.
    const NO_SLOT: &str = "alter table act_slot drop constraint act_slot_once;
        alter table act_slot add constraint act_slot_once unique (participant, slot, act_id)";
    for (guards, dropped, is_guarded) in [
        ("the constraint alone", vec![NO_LOCK], true),
        ("the lock alone", vec![NO_SLOT], true),
        ("neither", vec![NO_LOCK, NO_SLOT], false),
    ] {
        let app = TestApp::start().await;
        let mut owner = app.as_owner().await;
        for guard in dropped {
            owner.execute(guard).await.unwrap();
        }
        let replies = all_sign(&app).await;
        let count = signatures(&app).await;
        assert_eq!(i64::try_from(successes(&replies)).unwrap(), count, "{guards}");
        assert_eq!(count == 1, is_guarded, "{guards}: {count} signatures");
    }
}

#[tokio::test]
async fn r55_fifty_requests_with_one_key_have_one_effect_and_one_answer() {
    let app = TestApp::start().await;
    let signer = app.entitle("FRA").await;
    let body = signature("FRA", &signer.full_powers, "2025-10-25T11:02:00+07:00");
    let (app, body) = (&app, &body);
    let ask = || async move { app.treaty().post_once("/treaty/acts", "one", body.clone()).await };
    let mut replies = join_all((0..AT_ONCE).map(|_| ask())).await;
    for reply in replies.iter().filter(|reply| reply.status != 201) {
        assert_eq!(reply.problem(409), "request_in_progress");
        assert_eq!(reply.header("retry-after"), "1");
    }
    replies.push(ask().await);
    let answers: HashSet<_> = replies
        .iter()
        .filter(|reply| reply.status == 201)
        .map(|reply| reply.text.clone())
        .collect();
    assert_eq!(answers.len(), 1);
    assert_eq!(signatures(app).await, 1);
}

#[tokio::test]
async fn r04_the_union_and_its_only_signatory_do_not_pass_each_other() {
    let app = TestApp::start().await;
    let france = app.signed("FRA").await;
    let union = app.entitle("EUE").await;
    let withdraw = format!("/treaty/acts/{france}/withdraw");
    let officer = app.treaty();
    let why = serde_json::json!({ "reason": "Wrong line." });
    let (signed, withdrawn) = tokio::join!(
        app.record(signature("EUE", &union.full_powers, "2025-10-25T11:03:00+07:00")),
        officer.act(&withdraw, why)
    );
    assert!(
        matches!((signed.status, withdrawn.status), (201, 409) | (409, 200)),
        "{} and {}",
        signed.text,
        withdrawn.text
    );
}
