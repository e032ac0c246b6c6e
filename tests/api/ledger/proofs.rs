//! What the world can fetch of the ledger, and check with a public key alone (R24).

use base64::prelude::{BASE64_STANDARD, Engine as _};
use hanoi_ceremony::ledger::verify::{Compared, bundle, compare};
use hanoi_ceremony::ledger::{Hash, Receipt, Verifier, leaf_hash, node_hash};
use serde_json::Value;

use super::flip;
use crate::app::{Reply, TestApp};

const STATES: [&str; 5] = ["VNM", "FRA", "DEU", "BEL", "ITA"];

/// A record of five signatures, and their acts.
async fn signed(app: &TestApp) -> Vec<String> {
    let mut acts = Vec::new();
    for code in STATES {
        acts.push(app.signed(code).await);
    }
    acts
}

async fn read(app: &TestApp, path: &str) -> Reply {
    let reply = app.anybody().get(&format!("/ledger/{path}")).await;
    assert_eq!(reply.status, 200, "{path}: {}", reply.text);
    assert!(reply.header("cache-control").starts_with("public, max-age="), "{path}");
    assert!(reply.header("etag").len() > 2, "{path}");
    reply
}

fn hashes(path: &Value) -> Vec<Hash> {
    path.as_array()
        .unwrap()
        .iter()
        .map(|hash| Hash::parse_hash(hash.as_str().unwrap()).unwrap())
        .collect()
}

/// The verifier of a test's service.
fn verifier(app: &TestApp) -> Verifier {
    app.app.ledger.verifier().unwrap().clone()
}

#[tokio::test]
async fn r24_anybody_follows_an_act_to_the_signed_root_and_one_state_to_the_next() {
    let app = TestApp::start().await;
    let acts = signed(&app).await;
    let note = read(&app, "checkpoint").await.text;
    let newest = verifier(&app).open(&note).unwrap();
    assert_eq!(newest.size, 6);
    for (index, act) in (1..).zip(&acts) {
        let proof = read(&app, &format!("proofs/inclusion/{act}")).await.json();
        let receipt = Receipt::parse(proof["receipt"].as_str().unwrap()).unwrap();
        assert_eq!(receipt.verify(&verifier(&app)).unwrap(), newest);
        assert_eq!(
            (receipt.index, &proof["index"], &proof["size"]),
            (index, &index.into(), &6.into())
        );
        assert_eq!(hashes(&proof["path"]), receipt.path);
    }
    let stranger =
        app.anybody().get("/ledger/proofs/inclusion/01980000-0000-7000-8000-000000000000").await;
    assert_eq!(stranger.problem(404), "not_found");

    // Four entries are a whole subtree: the proof from there is its neighbour and what stands right of it.
    let proof = read(&app, "proofs/consistency?from=4").await.json();
    let path = hashes(&proof["path"]);
    let entries = read(&app, "entries?limit=200").await.json();
    let leaf = |n: usize| {
        leaf_hash(&BASE64_STANDARD.decode(entries["items"][n]["leaf"].as_str().unwrap()).unwrap())
    };
    let right = node_hash(leaf(4), leaf(5));
    let left = node_hash(node_hash(leaf(0), leaf(1)), node_hash(leaf(2), leaf(3)));
    assert_eq!((path, node_hash(left, right)), (vec![right], newest.root));
    for wrong in
        ["from=0", "from=7", "from=5&to=4", "from=1&to=7", "from=x", "from=-1", "from=1&more=2"]
    {
        let refused = app.anybody().get(&format!("/ledger/proofs/consistency?{wrong}")).await;
        assert!([400, 422].contains(&refused.status), "{wrong}: {}", refused.text);
    }
    let page = read(&app, "entries?from=2&limit=3").await.json();
    assert_eq!((&page["items"][0]["index"], &page["next"]), (&2.into(), &5.into()));
    assert_eq!(read(&app, "entries?from=5").await.json()["next"], Value::Null);
    assert_eq!(read(&app, "entries?from=99999").await.json()["items"], Value::Array(vec![]));
}

#[tokio::test]
async fn r24_tiles_hold_what_c2sp_says_and_nothing_beyond_the_checkpoint() {
    let app = TestApp::start().await;
    signed(&app).await;
    let entries = read(&app, "entries").await.json();
    let leaves: Vec<_> = entries["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| BASE64_STANDARD.decode(entry["leaf"].as_str().unwrap()).unwrap())
        .collect();
    let fetch = async |path: &str| {
        let url = app.anybody().request(reqwest::Method::GET, &format!("/ledger/tile/{path}"));
        let answer = url.send().await.unwrap();
        assert_eq!((path, answer.status().as_u16()), (path, 200));
        assert_eq!(answer.headers()["content-type"], "application/octet-stream");
        answer.bytes().await.unwrap()
    };
    let hashes: Vec<u8> = leaves.iter().flat_map(|leaf| leaf_hash(leaf).0).collect();
    assert_eq!(fetch("0/000.p/6").await, hashes);
    assert_eq!(fetch("0/000.p/2").await, hashes[..64]);
    let bundled: Vec<u8> = leaves
        .iter()
        .flat_map(|leaf| {
            [&u16::try_from(leaf.len()).unwrap().to_be_bytes(), leaf.as_slice()].concat()
        })
        .collect();
    assert_eq!(fetch("entries/000.p/6").await, bundled);
    for beyond in [
        "0/000",
        "0/000.p/7",
        "1/000.p/1",
        "entries/001.p/1",
        "entries/000.p/7",
        "0/x",
        "9",
        "0/../1",
    ] {
        let missing = app.anybody().get(&format!("/ledger/tile/{beyond}")).await;
        assert_eq!(missing.problem(404), "not_found", "{beyond}");
    }
}

#[tokio::test]
async fn r24_a_bundle_is_checked_without_the_service_and_each_altered_byte_is_found() {
    let app = TestApp::start().await;
    signed(&app).await;
    let whole = read(&app, "bundle").await.text.into_bytes();
    let verifier = verifier(&app);
    let found = bundle(whole.as_slice(), &verifier).unwrap();
    assert_eq!((found.entries, found.checkpoints, found.faults.len()), (6, 6, 0));
    let lines: Vec<usize> = whole.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::len).collect();
    for at in (0..whole.len()).step_by(3) {
        let mut altered = whole.clone();
        altered[at] ^= 1;
        let found = bundle(altered.as_slice(), &verifier).unwrap();
        // A line of an entry and one of a checkpoint take turns.
        let line = lines
            .iter()
            .scan(0, |end, line| {
                *end += line;
                Some(*end)
            })
            .position(|end| at < end)
            .unwrap();
        let entry = u64::try_from(line / 2).unwrap();
        let named = found.first_bad().unwrap_or_else(|| panic!("byte {at} is not missed"));
        assert!(
            (entry..=entry + 1).contains(&named),
            "byte {at} of entry {entry}, {named} was named: {found}"
        );
    }
    for cut in [whole.len() / 2, whole.len() - lines[11], 0] {
        assert!(!bundle(&whole[..cut], &verifier).unwrap().faults.is_empty(), "cut off at {cut}");
    }
}

#[tokio::test]
async fn r24_two_histories_signed_by_one_key_are_evidence() {
    let mut app = TestApp::start().await;
    app.signed("VNM").await;
    let other = app.twin().await;
    let (one, two) = (app.signed("FRA").await, other.signed("DEU").await);
    assert_ne!(one, two);
    let verifier = verifier(&app);
    let (one, two) = (read(&app, "checkpoint").await.text, read(&other, "checkpoint").await.text);
    assert!(matches!(compare(&one, &two, &verifier), Ok(Compared::Equivocation(..))));
    assert!(matches!(compare(&one, &one, &verifier), Ok(Compared::Same(_))));
    app.signed("BEL").await;
    let later = read(&app, "checkpoint").await.text;
    assert!(matches!(compare(&one, &later, &verifier), Ok(Compared::Apart(..))));
    assert!(compare(&one, &two.replace('3', "4"), &verifier).is_err());
}

#[tokio::test]
async fn r23_what_is_not_signed_yet_is_not_shown_and_what_is_broken_is_not_proven() {
    let app = TestApp::start().await;
    let acts = signed(&app).await;
    let mut owner = app.as_owner().await;
    let pending = "insert into ledger_leaf select log, 6, gen_random_uuid(), 'pending', '' from ledger_leaf where leaf_index = 0";
    sqlx::query(pending).execute(&mut owner).await.unwrap();
    assert_eq!(read(&app, "entries").await.json()["items"].as_array().unwrap().len(), 6);
    assert!(!read(&app, "bundle").await.text.contains("\"index\":6"));
    flip(&app, 1).await;
    // It is shown as it is stored, and whoever checks it sees it.
    let bundle_now = read(&app, "bundle").await.text;
    assert_eq!(bundle(bundle_now.as_bytes(), &verifier(&app)).unwrap().first_bad(), Some(1));
    let proof = read(&app, &format!("proofs/inclusion/{}", acts[0])).await.json();
    let receipt = Receipt::parse(proof["receipt"].as_str().unwrap()).unwrap();
    assert!(receipt.verify(&verifier(&app)).is_err());
}
