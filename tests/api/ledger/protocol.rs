//! The protocol of signing, broken off at each of its steps (R23, R55): what comes of it is one act, one leaf, one receipt.

use futures_util::future::join_all;
use serde_json::Value;

use super::{AT_THE_TABLE, proven};
use crate::app::TestApp;
use crate::desk::signature;
use crate::program::Program;

/// In the order in which they are reached.
const STEPS: [&str; 6] = ["entered", "committed", "confirmed", "signed", "sealed", "witnessed"];

/// Those of the record: the programs seal the audit trail as well.
const LEAVES: &str = "ledger_leaf where log = 'treaty'";

const AT_ONCE: usize = 200;

/// A request as it goes over the wire.
pub fn request(key: &str, body: &Value) -> String {
    let body = body.to_string();
    format!(
        "POST /api/v1/treaty/acts HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer hcs_test_treaty\r\n\
         Idempotency-Key: {key}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

pub fn answered(answer: &str) -> Value {
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}"))
}

#[tokio::test]
async fn r23_killed_at_any_step_a_retry_finds_one_act_one_leaf_and_one_receipt() {
    let app = TestApp::start().await;
    for (step, code) in STEPS.iter().zip(["VNM", "FRA", "DEU", "BEL", "ITA", "ESP"]) {
        let signer = app.entitle(code).await;
        let request = request(step, &signature(code, &signer.full_powers, AT_THE_TABLE));
        let before = [app.count("act").await, app.count(LEAVES).await];

        let program = Program::start_with(&app, &[("CEREMONY_DIES_AT", step)]);
        assert_eq!(program.ask(&request), "", "it died before it could answer: {step}");
        program.stop();
        let (entered, committed) = (app.count("act").await, *step != "entered");
        assert_eq!(entered, before[0] + i64::from(committed), "{step}");

        // The start alone finishes what was left.
        let program = Program::start(&app);
        let leaves = app.count(LEAVES).await;
        assert_eq!(leaves, before[1] + i64::from(committed), "{step}");
        assert_eq!(app.count("ledger_receipt").await, leaves, "{step}");
        let (first, second) = (answered(&program.ask(&request)), answered(&program.ask(&request)));
        assert_eq!(first, second, "{step}");
        assert_eq!(proven(&app, &first["ledger"])["participant"], *code);
        program.stop();
        let after =
            [app.count("act").await, app.count(LEAVES).await, app.count("ledger_receipt").await];
        assert_eq!(after, [before[0] + 1, before[1] + 1, before[1] + 1], "{step}");
    }
    let checkpoints = app.count("ledger_checkpoint where log = 'treaty'").await;
    assert_eq!(checkpoints, app.count(LEAVES).await, "one for each, none twice");
}

#[tokio::test]
async fn r55_two_hundred_requests_with_one_key_or_with_as_many_are_one_act_and_one_leaf() {
    for keys in [1, AT_ONCE] {
        let app = TestApp::start().await;
        let signer = app.entitle("FRA").await;
        let (app, body) = (&app, &signature("FRA", &signer.full_powers, AT_THE_TABLE));
        let ask = |n: usize| async move {
            app.treaty().post_once("/treaty/acts", &format!("key-{}", n % keys), body.clone()).await
        };
        let replies = join_all((0..AT_ONCE).map(ask)).await;
        let mut answers: Vec<_> =
            replies.iter().filter(|reply| reply.status == 201).map(|reply| &reply.text).collect();
        answers.dedup();
        assert_eq!(answers.len(), 1, "of {keys} keys");
        // Whoever was turned away asks again, and learns the same.
        assert!(replies.iter().all(|reply| [201, 409, 503].contains(&reply.status)), "{replies:?}");
        for table in
            ["act", "ledger_leaf where leaf_index > 0", "ledger_receipt where leaf_index > 0"]
        {
            assert_eq!(app.count(table).await, 1, "{table} of {keys} keys");
        }
    }
}

#[tokio::test]
async fn r23_many_signatures_at_once_are_each_proven_and_leave_no_gap() {
    let app = TestApp::start().await;
    let codes = ["VNM", "FRA", "DEU", "BEL", "ITA", "ESP", "PRT", "POL"];
    let signers = join_all(codes.map(|code| app.entitle(code))).await;
    let sign = |(code, signer): (&&str, &crate::desk::Signer)| {
        app.record(signature(code, &signer.full_powers, AT_THE_TABLE))
    };
    let signed = join_all(codes.iter().zip(&signers).map(sign)).await;
    let mut indexes: Vec<_> = signed
        .iter()
        .map(|reply| {
            let place = &reply.expect(201)["ledger"];
            proven(&app, place);
            place["index"].as_u64().unwrap()
        })
        .collect();
    indexes.sort_unstable();
    assert_eq!(indexes, (1..=8).collect::<Vec<_>>());
    assert_eq!(app.count("ledger_receipt").await, 9);
}
