//! Many officers call at once: one is called (R31).

use futures_util::future::join_all;
use sqlx::Executor as _;

use crate::app::{NOW, Reply, SETTINGS, TestApp};

const CODES: [&str; 6] = ["FRA", "BEL", "DEU", "VNM", "USA", "TUR"];

/// A service whose officers wait for each other for as long as it takes: on a slow machine a call that gives up would
/// never be in the race.
async fn patient() -> TestApp {
    let limits = "lock_timeout_ms = 60000\nstatement_timeout_ms = 60000";
    TestApp::start_with(NOW, &SETTINGS.replace("lock_timeout_ms = 6000", limits)).await
}

/// Six are called at the same moment. The turns are held shut until several calls have been decided and stand before them.
async fn all_call(app: &TestApp) -> Vec<Reply> {
    for code in CODES {
        app.entitle(code).await;
    }
    let mut gate = app.as_owner().await;
    gate.execute("begin; lock table signing_turn in exclusive mode").await.unwrap();
    let open = async {
        let waiting = "select count(*) from pg_locks
            where not granted and database in (select oid from pg_database where datname = current_database())
               or not granted and transactionid is not null";
        while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut gate).await.unwrap() < 4 {}
        gate.execute("commit").await.unwrap();
    };
    let all = join_all(CODES.map(|code| app.step(code, "call")));
    tokio::join!(all, open).0
}

#[tokio::test]
async fn r31_six_calls_at_once_call_one() {
    let app = patient().await;
    let replies = all_call(&app).await;
    let called: Vec<_> = replies.iter().filter(|reply| reply.status == 200).collect();
    assert_eq!(called.len(), 1);
    let code = called[0].json()["participant"].clone();
    for reply in replies.iter().filter(|reply| reply.status != 200) {
        assert_eq!(reply.problem(409), "illegal_transition");
        assert_eq!(reply.json()["because_of"], code);
    }
}

#[tokio::test]
async fn r31_each_guard_alone_is_enough_and_without_both_several_are_called() {
    const NO_LOCK: &str = "create or replace function lock_signing_session(place_wanted text, day_wanted date)
        returns void language plpgsql volatile as $$
        begin
            insert into signing_session (place, held_on) values (place_wanted, day_wanted) on conflict do nothing;
        end $$";
    const NO_INDEX: &str = "drop index signing_turn_one_is_called";
    for (guards, dropped, is_guarded) in [
        ("the index alone", vec![NO_LOCK], true),
        ("the lock alone", vec![NO_INDEX], true),
        ("neither", vec![NO_LOCK, NO_INDEX], false),
    ] {
        let app = patient().await;
        let mut owner = app.as_owner().await;
        for guard in dropped {
            owner.execute(guard).await.unwrap();
        }
        // Begun before, so that nobody waits for the session's first row.
        let begun = "insert into signing_session (place, held_on) values ('hanoi', '2025-10-25')";
        owner.execute(begun).await.unwrap();
        let replies = all_call(&app).await;
        let called = app.count("signing_turn where state = 'called'").await;
        let told = replies.iter().filter(|reply| reply.status == 200).count();
        assert_eq!(i64::try_from(told).unwrap(), called, "{guards}");
        assert_eq!(called == 1, is_guarded, "{guards}: {called} were called");
    }
}
