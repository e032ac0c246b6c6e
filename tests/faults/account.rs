//! The account at the end: what was acknowledged beside what is there.

use std::collections::HashSet;
use std::sync::atomic::Ordering;

use futures_util::{StreamExt as _, stream};
use reqwest::Method;
use sqlx::PgConnection;

use crate::clients::{Acknowledged, MEMBER, Seen, answer_to};
use crate::world::World;

/// So many keys of each end are tried again, and so many questions are under way.
const AGAIN: usize = 100;
const AT_ONCE: usize = 8;

/// Everything that is not as it was acknowledged, in words; empty when all is well.
pub async fn settle(world: &World, seen: &Seen) -> Vec<String> {
    let acknowledged = seen.acknowledged.lock().unwrap().clone();
    let mut wrong = seen.faults.lock().unwrap().clone();
    wrong.extend(world.panics());
    let looks = acknowledged.iter().map(|told| lost(world, told));
    wrong.extend(stream::iter(looks).buffer_unordered(AT_ONCE).concat().await);
    wrong.extend(counts(&mut world.owner().await, &acknowledged).await);
    let ends = acknowledged.iter().enumerate();
    let ends = ends.filter(|(at, _)| *at < AGAIN || acknowledged.len() - at <= AGAIN);
    let agains = ends.map(|(_, told)| again(world, told));
    wrong.extend(stream::iter(agains).buffer_unordered(AT_ONCE).concat().await);
    let (is_whole, told) = world.verify();
    if !is_whole {
        wrong.push(format!("ledger verify: {told}"));
    }
    println!(
        "  {} writes acknowledged, {} attempts repeated, {} answers 503: {}",
        acknowledged.len(),
        seen.retries.load(Ordering::Relaxed),
        seen.sheds.load(Ordering::Relaxed),
        if wrong.is_empty() {
            "all of them there, once".to_owned()
        } else {
            format!("{} faults", wrong.len())
        }
    );
    wrong
}

/// What is read must be what was answered.
async fn lost(world: &World, told: &Acknowledged) -> Vec<String> {
    let id = told.answer["id"].as_str().unwrap_or_default();
    let of_record = told.path.starts_with("/treaty/acts");
    let path = if of_record { format!("/treaty/acts/{id}") } else { format!("{}/{id}", told.path) };
    let url = format!("http://{}/api/v1{path}", world.services[0].address);
    let request = world.http.get(url).bearer_auth(&told.token);
    let (status, _, found) = answer_to(request).await.unwrap();
    if status != 200 {
        return vec![format!("lost: {path} ({status})")];
    }
    let same: &[&str] =
        if of_record { &["id", "kind", "participant", "ledger"] } else { &["id", "family_name"] };
    let other = same.iter().filter(|field| found[**field] != told.answer[**field]);
    other.map(|field| format!("altered: {path}, {field}")).collect()
}

/// Nothing twice, nothing that nobody was told of, no number of the log missing.
async fn counts(owner: &mut PgConnection, acknowledged: &[Acknowledged]) -> Vec<String> {
    let (acts, members): (Vec<_>, Vec<_>) =
        acknowledged.iter().partition(|told| told.path.starts_with("/treaty/acts"));
    let ids = |told: &[&Acknowledged]| -> usize {
        let ids: HashSet<_> = told.iter().map(|told| told.answer["id"].to_string()).collect();
        ids.len()
    };
    // A withdrawal answers the entry that it takes back.
    let recorded: Vec<_> =
        acts.iter().copied().filter(|told| told.path == "/treaty/acts").collect();
    let mut ask = async |question: &'static str| -> usize {
        let count: i64 =
            sqlx::query_scalar(question).bind(MEMBER).fetch_one(&mut *owner).await.unwrap();
        usize::try_from(count).unwrap()
    };
    let entered = ask("select count(*) from member where family_name like $1 || ' %'").await;
    let named =
        ask("select count(distinct family_name) from member where family_name like $1 || ' %'")
            .await;
    let entries = ask("select count(*) from act where $1 <> ''").await;
    let leaves = ask("select count(*) from ledger_leaf where log = 'treaty' and subject is not null and $1 <> ''").await;
    let last =
        ask("select max(leaf_index) from ledger_leaf where log = 'treaty' and $1 <> ''").await;
    let pairs = [
        ("members told of, once each", ids(&members), members.len()),
        ("members there", entered, members.len()),
        ("members there, once each", named, members.len()),
        ("entries of the record, once each", ids(&recorded), recorded.len()),
        ("entries and withdrawals there", entries, acts.len()),
        ("leaves of the log", leaves, entries),
        ("the last number of the log", last, leaves),
    ];
    let other = pairs.into_iter().filter(|(_, is, ought)| is != ought);
    other.map(|(what, is, ought)| format!("{what}: {is} and not {ought}")).collect()
}

/// A key is not stuck: whoever comes again with it gets the first answer.
async fn again(world: &World, told: &Acknowledged) -> Vec<String> {
    let Acknowledged { path, body, key, token, answer } = told;
    let url = format!("http://{}/api/v1{path}", world.services[0].address);
    let request = world.http.request(Method::POST, url).bearer_auth(token).json(body);
    let request = request.header("idempotency-key", key).header("if-match", "*");
    match answer_to(request).await {
        Ok((200 | 201, _, same)) if same["id"] == answer["id"] => Vec::new(),
        Ok((status, _, other)) => {
            vec![format!("stuck: {key} of {path}: {status} {}", other["code"])]
        }
        Err(error) => vec![format!("stuck: {key} of {path}: {error}")],
    }
}

/// Acknowledged writes that are not there: what a control wants to see.
pub async fn losses(world: &World, seen: &Seen) -> usize {
    let acknowledged = seen.acknowledged.lock().unwrap().clone();
    let looks = acknowledged.iter().map(|told| lost(world, told));
    let lost: Vec<String> = stream::iter(looks).buffer_unordered(AT_ONCE).concat().await;
    lost.len()
}
