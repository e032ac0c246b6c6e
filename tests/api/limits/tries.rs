//! Failed logins and codes: counted by the database, for all services together, before a password is hashed.

use futures_util::StreamExt as _;
use futures_util::future::join_all;
use futures_util::stream;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::ConnectOptions as _;

use super::{behind_a_proxy, log_in, somebody, wrong};
use crate::app::{NOW, Reply, SETTINGS, TestApp, send, statuses};
use crate::factors::Person;
use crate::factors::device::{Device, ORIGIN};

/// How many failures are free by default.
const FREE: u64 = 5;

/// An address of a network of its own, for each number.
fn address(number: u32) -> String {
    std::net::Ipv4Addr::from_bits((11 << 24) + (number << 8) + 7).to_string()
}

/// A thousand wrong passwords for one account, each from another address as far as headers say, over two services. Answers
/// the statuses, how many passwords were verified, and what the owner's passkey opened on each service meanwhile and after.
async fn flood(settings: &str) -> (Vec<u16>, u64, Vec<u16>) {
    let named = format!("[server]\nbase_url = \"{ORIGIN}\"\n");
    let app = TestApp::start_with(NOW, &settings.replacen("[server]\n", &named, 1)).await;
    let replica = app.replica().await;
    let person = Person::hired(&app, "treaty").await;
    let mut device = Device::new();
    device.enrol(&app.bearer(&person.token)).await.expect(201);
    let wrong = wrong(&person.credentials);
    let both = [&app, &replica];
    let verified = || app.app.passwords.verified() + replica.app.passwords.verified();
    let before = verified();
    let attempts = (0..1000_u32).map(|number| {
        let (at, wrong) = (both[usize::from(number % 2 == 0)], &wrong);
        async move { log_in(at, &address(number), wrong).await }
    });
    let mut owner = Vec::new();
    let mut replies: Vec<Reply> = Vec::new();
    let mut flood = stream::iter(attempts).buffer_unordered(16);
    while let Some(reply) = flood.next().await {
        replies.push(reply);
        if [500, 1000].contains(&replies.len()) {
            for at in both {
                // From an address of the flood, too.
                let request = at.anybody().request(Method::POST, "/auth/login/passkey");
                let request = request.header("x-forwarded-for", address(1));
                owner.push(send(request.json(&device.answer(at).await)).await.status);
            }
        }
    }
    let verified = verified() - before;
    drop(flood);
    (statuses(&replies), verified, owner)
}

#[tokio::test]
async fn a_thousand_wrong_passwords_from_a_thousand_addresses_reach_the_hash_as_often_as_is_free() {
    let (statuses, verified, owner) = flood(&behind_a_proxy("")).await;
    assert_eq!(verified, FREE, "over both services");
    let refused = statuses.iter().filter(|status| **status == 429).count();
    assert_eq!((statuses[0], refused), (401, 995));
    assert_eq!(owner, [200; 4], "who has a passkey comes in at once");
}

#[tokio::test]
async fn a_ladder_without_an_end_lets_all_of_them_through() {
    // The negative control of the test above: what is counted there is what reaches the hash.
    let none = "[tries.account]\nfree_failures = 1000\n[tries.network]\nfree_failures = 1000\n";
    let (statuses, verified, _) = flood(&behind_a_proxy(none)).await;
    assert_eq!((statuses[0], statuses[999], verified), (401, 401, 1000));
}

#[tokio::test]
async fn tries_at_the_same_time_are_granted_one_after_the_other() {
    let app = TestApp::start().await;
    let (_, credentials) = somebody(&app, "somebody").await;
    let wrong = wrong(&credentials);
    let replies = join_all((0..30).map(|_| log_in(&app, "192.0.2.1", &wrong))).await;
    assert_eq!(app.app.passwords.verified(), FREE);
    assert_eq!(statuses(&replies)[4..6], [401, 429]);
}

#[tokio::test]
async fn headers_of_whom_nobody_trusts_change_nothing() {
    let network = "[tries.network]\nfree_failures = 8\n";
    let app = TestApp::start_with(NOW, &(SETTINGS.to_owned() + network)).await;
    let mut replies = Vec::new();
    for number in 0..12 {
        let unknown = json!({ "email": format!("{number}@test.example"), "password": "wrong" });
        replies.push(log_in(&app, &address(number), &unknown).await);
    }
    assert_eq!(statuses(&replies)[7..9], [401, 429], "they count for the network of the peer");
    // The control: a proxy that is trusted tells them apart.
    let app = TestApp::start_with(NOW, &behind_a_proxy(network)).await;
    for number in 0..12 {
        let unknown = json!({ "email": format!("{number}@test.example"), "password": "wrong" });
        assert_eq!(log_in(&app, &address(number), &unknown).await.status, 401);
    }
}

#[tokio::test]
async fn who_fails_waits_longer_each_time_over_restarts_and_comes_in_after_it() {
    let mut app = TestApp::start_at("2025-10-20T10:00:00Z").await;
    let (_, credentials) = somebody(&app, "somebody").await;
    let wrong = wrong(&credentials);
    for _ in 0..FREE {
        assert_eq!(log_in(&app, "", &wrong).await.problem(401), "unauthenticated");
    }
    for (moment, wait) in
        [("10:00:00", "30"), ("10:00:30", "60"), ("10:01:30", "120"), ("10:03:30", "300")]
    {
        app.go_to(&format!("2025-10-20T{moment}Z")).await;
        if moment != "10:00:00" {
            assert_eq!(log_in(&app, "", &wrong).await.status, 401, "one try at {moment}");
        }
        let shut = log_in(&app, "", &credentials).await;
        assert_eq!((shut.problem(429), shut.header("retry-after")), ("rate_limited".into(), wait));
    }
    // The right password after the wait: in at once, and all is forgotten.
    app.go_to("2025-10-20T10:08:30Z").await;
    log_in(&app, "", &credentials).await.expect(200);
    for _ in 0..FREE {
        assert_eq!(log_in(&app, "", &wrong).await.status, 401);
    }
    assert_eq!(log_in(&app, "", &wrong).await.status, 429);
}

#[tokio::test]
async fn who_was_overtaken_or_asks_by_a_clock_that_is_behind_is_counted_like_anybody_else() {
    let mut app = TestApp::start_at("2025-10-20T10:00:01Z").await;
    let (_, credentials) = somebody(&app, "somebody").await;
    let wrong = wrong(&credentials);
    assert_eq!(log_in(&app, "", &wrong).await.status, 401);
    app.go_to("2025-10-20T10:00:00Z").await;
    for _ in 1..FREE {
        assert_eq!(log_in(&app, "", &wrong).await.status, 401, "it is free, and counts once");
    }
    let shut = log_in(&app, "", &credentials).await;
    assert_eq!((shut.problem(429), shut.header("retry-after")), ("rate_limited".into(), "31"));
}

#[tokio::test]
async fn one_failure_is_forgotten_after_the_other() {
    let mut app = TestApp::start_at("2025-10-20T10:00:00Z").await;
    let (_, credentials) = somebody(&app, "somebody").await;
    let wrong = wrong(&credentials);
    for _ in 0..FREE {
        log_in(&app, "", &wrong).await;
    }
    app.go_to("2025-10-20T12:00:00Z").await;
    let replies = join_all((0..4).map(|_| log_in(&app, "", &wrong))).await;
    assert_eq!(statuses(&replies), [401, 401, 429, 429], "two are forgotten after two hours");
}

#[tokio::test]
async fn a_flood_from_elsewhere_keeps_nobody_out_where_they_are_known() {
    let app = TestApp::start_with(NOW, &behind_a_proxy("")).await;
    let (id, credentials) = somebody(&app, "minister").await;
    let (home, wrong) = ("198.51.100.7", wrong(&credentials));
    log_in(&app, home, &credentials).await.expect(200);
    for number in 0..20 {
        log_in(&app, &address(number), &wrong).await;
    }
    assert_eq!(log_in(&app, &address(20), &credentials).await.status, 429, "shut elsewhere");
    log_in(&app, "198.51.100.200", &credentials).await.expect(200);
    // In the network in which they are known failures count, too, and apart.
    for _ in 0..FREE {
        assert_eq!(log_in(&app, home, &wrong).await.status, 401);
    }
    assert_eq!(log_in(&app, home, &credentials).await.status, 429);
    // Who lets them in by a new password, opens the door: everywhere.
    let path = format!("/accounts/{id}/reset-password");
    let reset = app.administrator().act(&path, json!({})).await.expect(200);
    let fresh = json!({ "email": credentials["email"], "password": reset["initial_password"] });
    log_in(&app, &address(21), &fresh).await.expect(200);
    log_in(&app, home, &fresh).await.expect(200);
}

#[tokio::test]
async fn a_network_that_fails_for_many_waits_and_who_is_known_in_it_does_not() {
    let network = "[tries.network]\nfree_failures = 4\n";
    let app = TestApp::start_with(NOW, &behind_a_proxy(network)).await;
    let (_, credentials) = somebody(&app, "delegate").await;
    let (venue, elsewhere) = ("203.0.113.9", "198.51.100.9");
    log_in(&app, venue, &credentials).await.expect(200);
    let spray = |number: u32| json!({ "email": format!("{number}@test.example"), "password": "x" });
    for number in 0..4 {
        assert_eq!(log_in(&app, venue, &spray(number)).await.status, 401);
    }
    // Asked of the database, and then of what is remembered of it.
    for number in 4..6 {
        let shut = log_in(&app, venue, &spray(number)).await;
        assert_eq!((shut.problem(429), shut.header("retry-after")), ("rate_limited".into(), "1"));
    }
    log_in(&app, venue, &credentials).await.expect(200);
    // By whichever door it was last found shut.
    let code = json!({ "code": "hci_of_nothing", "password": "a sentence of my own" });
    let request = app.anybody().request(Method::POST, "/invitations/accept");
    let shut = send(request.header("x-forwarded-for", venue).json(&code)).await;
    assert_eq!(shut.problem(429), "rate_limited");
    log_in(&app, venue, &credentials).await.expect(200);
    assert_eq!(log_in(&app, elsewhere, &spray(7)).await.status, 401);
}

#[tokio::test]
async fn right_passwords_meet_no_limit_however_many_come_from_one_address() {
    let network = "[tries.network]\nfree_failures = 40\n";
    let app = TestApp::start_with(NOW, &(SETTINGS.to_owned() + network)).await;
    let mut people = Vec::new();
    for number in 0..10 {
        people.push(somebody(&app, &format!("somebody.{number}")).await.1);
    }
    for _ in 0..12 {
        let replies = join_all(people.iter().map(|one| log_in(&app, "", one))).await;
        assert_eq!(statuses(&replies), [200; 10]);
    }
    // One account, as often at the same time as there is room for.
    let replies = join_all((0..30).map(|_| log_in(&app, "", &people[0]))).await;
    assert_eq!(statuses(&replies), [200; 30]);
}

#[tokio::test]
async fn an_account_that_is_unknown_or_closed_is_refused_like_any_other() {
    let app = TestApp::start_with(NOW, &behind_a_proxy("")).await;
    let (_, open) = somebody(&app, "open").await;
    let (id, closed) = somebody(&app, "closed").await;
    app.administrator().act(&format!("/accounts/{id}/disable"), json!({})).await.expect(200);
    let unknown = json!({ "email": "nobody@test.example", "password": "x" });
    let mut told = Vec::new();
    for (number, credentials) in [wrong(&open), closed, unknown].iter().enumerate() {
        let from = address(u32::try_from(number).unwrap());
        let mut answers = Vec::new();
        for _ in 0..7 {
            let reply = log_in(&app, &from, credentials).await;
            let body = reply.json();
            answers.push((reply.status, body["code"].clone(), body["detail"].clone()));
            answers.push((0, reply.header("retry-after").into(), Value::Null));
        }
        told.push(answers);
    }
    assert_eq!((&told[0], &told[0]), (&told[1], &told[2]));
    assert_eq!(told[0][10].0, 429);
}

#[tokio::test]
async fn the_present_password_and_codes_cannot_be_tried_for_ever() {
    let network = "[tries.network]\nfree_failures = 6\n";
    let app = TestApp::start_with(NOW, &(SETTINGS.to_owned() + network)).await;
    let (_, credentials) = somebody(&app, "somebody").await;
    let login = app.anybody().post("/auth/login", credentials.clone()).await.expect(200);
    let gate = app.bearer(login["token"].as_str().unwrap());
    let change = |current: &Value| json!({ "current": current, "new": "a sentence of my own" });
    for _ in 0..FREE {
        let tried = gate.post("/auth/password", change(&json!("not this one"))).await;
        assert_eq!(tried.problem(422), "validation_failed");
    }
    let shut = gate.post("/auth/password", change(&credentials["password"])).await;
    assert_eq!((shut.problem(429), shut.header("retry-after")), ("rate_limited".into(), "30"));
    // Their login is another door.
    app.anybody().post("/auth/login", credentials).await.expect(200);

    let code = json!({ "code": "hci_of_nothing", "password": "a sentence of my own" });
    let hashed = app.app.passwords.verified();
    let mut replies = Vec::new();
    for _ in 0..8 {
        replies.push(app.anybody().post("/invitations/accept", code.clone()).await);
    }
    assert_eq!(statuses(&replies)[5..7], [404, 429]);
    assert_eq!(app.app.passwords.verified(), hashed);
}

#[tokio::test]
async fn neither_addresses_nor_networks_stand_in_the_tables_in_clear_and_both_are_swept() {
    let mut app = TestApp::start_at("2025-10-20T10:00:00Z").await;
    let (_, credentials) = somebody(&app, "somebody").await;
    log_in(&app, "", &credentials).await.expect(200);
    log_in(&app, "", &wrong(&credentials)).await;
    let mut connection = app.owner.connect().await.unwrap();
    let rows = "select (select string_agg(a::text, ' ') from attempt a) ||
                       (select string_agg(k::text, ' ') from known_network k)";
    let rows: String = sqlx::query_scalar(rows).fetch_one(&mut connection).await.unwrap();
    assert!(!rows.contains("somebody") && !rows.contains("127.0.0"), "{rows}");
    assert_eq!(app.app.tries.sweep(&app.app.db).await.unwrap(), 0, "what counts stays");
    app.go_to("2026-03-01T10:00:00Z").await;
    assert!(app.app.tries.sweep(&app.app.db).await.unwrap() >= 2);
    let left = "select (select count(*) from attempt) + (select count(*) from known_network)";
    let left: i64 = sqlx::query_scalar(left).fetch_one(&mut connection).await.unwrap();
    assert_eq!(left, 0);
}
