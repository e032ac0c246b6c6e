//! Hashing: a few at a time, a queue with an end, and nobody makes room by hanging up.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::json;

use super::{log_in, somebody};
use crate::app::{NOW, SETTINGS, TestApp};

const TWO_AT_A_TIME: &str = "[access]\nhashing_permits = 2\n";

#[tokio::test]
async fn five_hundred_logins_at_once_are_let_in_or_told_to_come_back_and_hash_two_at_a_time() {
    // As much work for each as lets a crowd gather.
    let settings = SETTINGS.replace("memory_kib = 8\n", "memory_kib = 2048\n")
        + TWO_AT_A_TIME
        + "[tries.network]\nfree_failures = 1000\n";
    let app = TestApp::start_with(NOW, &settings).await;
    let (_, credentials) = somebody(&app, "somebody").await;
    let replies = join_all((0..500).map(|_| log_in(&app, "", &credentials))).await;
    let count = |status| replies.iter().filter(|reply| reply.status == status).count();
    assert_eq!(count(200) + count(503), 500);
    assert!(count(200) >= 66 && count(503) > 0, "{} let in", count(200));
    assert!(app.app.passwords.most_at_once() <= 2);
    let turned_away = replies.iter().filter(|reply| reply.status == 503);
    let waits = turned_away.map(|told| {
        assert_eq!(told.problem(503), "unavailable");
        told.header("retry-after").parse().unwrap()
    });
    let waits: BTreeSet<u8> = waits.collect();
    assert!(waits.iter().all(|seconds| (2..=9).contains(seconds)), "{waits:?}");
    assert!(waits.len() > 4, "those turned away together come back together: {waits:?}");
    log_in(&app, "", &credentials).await.expect(200);
}

#[tokio::test]
async fn who_hangs_up_makes_no_room_for_another_hash() {
    let app = TestApp::start_with(NOW, &(SETTINGS.to_owned() + TWO_AT_A_TIME)).await;
    let passwords = &app.app.passwords;
    let places: Vec<_> = std::iter::from_fn(|| passwords.queue().ok()).collect();
    assert_eq!(places.len(), 66, "two that hash, thirty-two that wait for each");
    assert!(passwords.queue().is_err());
    let password = hanoi_ceremony::access::Password::parse("whoever this is").unwrap();
    for place in places {
        // Asked once, which sends the work on its way, and given up.
        let mut hashing = Box::pin(place.hash(&password));
        let _ = futures_util::poll!(&mut hashing);
    }
    while passwords.queue().is_err() {
        tokio::task::yield_now().await;
    }
    assert!(passwords.most_at_once() <= 2);
}

#[tokio::test]
async fn a_common_password_and_one_of_ones_own_name_are_refused_wherever_one_is_chosen() {
    let app = TestApp::start().await;
    let wanted = json!({ "email": "claire.exemplar@ministry.example", "name": "Claire Exemplar", "role": "gate" });
    let made = app.administrator().post("/accounts", wanted).await.expect(201);
    let first = made["initial_password"].clone();
    let login = json!({ "email": "claire.exemplar@ministry.example", "password": first });
    let login = app.anybody().post("/auth/login", login).await.expect(200);
    let claire = app.bearer(login["token"].as_str().unwrap());
    for weak in
        ["passwordpassword", "Claire.Exemplar.2025", "hanoi ceremony 2025", "fourteen chars"]
    {
        let change = json!({ "current": first, "new": weak });
        let refused = claire.post("/auth/password", change).await;
        assert_eq!(refused.problem(422), "validation_failed", "{weak}");
        assert_eq!(
            (refused.pointers(), refused.json()["errors"][0]["code"].clone()),
            (vec!["/new".to_owned()], json!("weak_password"))
        );
    }
    // To the last of 128 characters, with its spaces, however its accents were typed.
    let long = format!("  {} m\u{1ead}t kh\u{1ea9}u ", "nine wrens in a garden, ".repeat(4));
    let change = json!({ "current": first, "new": long });
    claire.post("/auth/password", change).await.expect(204);
    let with = |password: &str| json!({ "email": "claire.exemplar@ministry.example", "password": password });
    for wrong in [long.trim(), &long[..long.len() - 1], &long.to_uppercase()] {
        assert_eq!(app.anybody().post("/auth/login", with(wrong)).await.status, 401);
    }
    let apart = long.replace('\u{1ead}', "a\u{323}\u{302}").replace('\u{1ea9}', "a\u{302}\u{309}");
    app.anybody().post("/auth/login", with(&apart)).await.expect(200);
}
