//! Budgets: whoever asks too much is told when to come back, and takes nothing from others.

use std::time::Instant;

use futures_util::future::join_all;
use hanoi_ceremony::access::Role;
use serde_json::json;

use super::{behind_a_proxy, log_in};
use crate::app::{NOW, Reply, SETTINGS, TestApp, statuses};

/// Five at once, and one more each second.
fn small(class: &str) -> String {
    format!("{SETTINGS}[budgets.{class}]\nburst = 5\nper_second = 1\n")
}

#[tokio::test]
async fn an_answer_says_how_much_is_left_and_a_refusal_when_to_come_back() {
    let app = TestApp::start_with(NOW, &small("reads")).await;
    let officer = app.officer();
    let first = officer.get("/delegations").await;
    first.expect(200);
    assert_eq!(first.header("ratelimit-policy"), "\"reads\";q=5;w=5");
    assert_eq!(first.header("ratelimit"), "\"reads\";r=4;t=1");
    let replies = join_all((0..20).map(|_| officer.get("/delegations"))).await;
    let refused: Vec<_> = replies.iter().filter(|reply| reply.status != 200).collect();
    assert!(!refused.is_empty(), "{:?}", statuses(&replies));
    for reply in refused {
        assert_eq!(reply.problem(429), "rate_limited");
        assert_eq!(reply.header("retry-after"), "1");
        assert!(reply.header("ratelimit").starts_with("\"reads\";r=0;t="), "{reply:?}");
    }
}

#[tokio::test]
async fn a_script_of_one_account_slows_neither_another_nor_the_signing_desk() {
    let app = TestApp::start_with(NOW, &small("reads")).await;
    let treaty = app.treaty();
    let script = join_all((0..30).map(|_| treaty.get("/participants"))).await;
    assert!(script.iter().any(|reply| reply.status == 429));
    let desk = treaty.get("/full-powers").await;
    desk.expect(200);
    assert_eq!(desk.header("ratelimit-policy"), "\"desk\";q=50000;w=50");
    app.second_treaty().get("/participants").await.expect(200);
}

#[tokio::test]
async fn tokens_that_are_none_are_not_asked_for_without_end_and_who_is_known_goes_on() {
    let app = TestApp::start_with(NOW, &small("strangers")).await;
    app.officer().get("/auth/me").await.expect(200);
    let began = Instant::now();
    let guesses = join_all((0..30).map(|n| {
        let stranger = app.bearer(&format!("hcs_guess_{n}"));
        async move { stranger.get("/auth/me").await.status }
    }))
    .await;
    let counts = |status| guesses.iter().filter(|told| **told == status).count();
    let fit = 5 + usize::try_from(began.elapsed().as_secs()).unwrap() + 1;
    assert!(counts(401) <= fit && counts(401) + counts(429) == 30, "{guesses:?}");
    app.officer().get("/auth/me").await.expect(200);
    let public = app.anybody().get("/treaty/status").await;
    public.expect(200);
    assert_eq!(public.header("ratelimit"), "", "what anybody may read is not counted");
}

#[tokio::test]
async fn strangers_are_counted_for_the_network_that_they_come_from() {
    let settings = behind_a_proxy("[budgets.strangers]\nburst = 3\nper_second = 1\n");
    let app = TestApp::start_with(NOW, &settings).await;
    let nobody = json!({ "email": "nobody@test.example", "password": "x" });
    let (app, nobody) = (&app, &nobody);
    let one_network =
        (0..12_u8).map(|n| async move { log_in(app, &format!("192.0.2.{n}"), nobody).await });
    let many =
        (0..12_u8).map(|n| async move { log_in(app, &format!("198.51.{n}.1"), nobody).await });
    let (one_network, many) = tokio::join!(join_all(one_network), join_all(many));
    let left = |reply: &Reply| reply.header("ratelimit").to_owned();
    assert!(one_network.iter().any(|reply| left(reply).starts_with("\"strangers\";r=0")));
    assert!(many.iter().all(|reply| left(reply).starts_with("\"strangers\";r=2")), "{many:?}");
}

#[tokio::test]
async fn ten_thousand_is_what_every_budget_has_room_for() {
    let app = TestApp::start().await;
    let officer = app.role(Role::Accreditation);
    for path in ["/delegations", "/reports/participants.csv", "/full-powers"] {
        let policy = officer.get(path).await.header("ratelimit-policy").to_owned();
        let burst = policy.split("q=").nth(1).and_then(|rest| rest.split(';').next());
        assert!(burst.unwrap().parse::<u32>().unwrap() >= 10_000, "{path}: {policy}");
    }
}
