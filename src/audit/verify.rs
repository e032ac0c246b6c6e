//! The trail held against its log: every event must make its leaf again.

use super::commands::FIRST;
use super::store::{self, Sealed};
use crate::db::{Db, Scope};
use crate::ledger::verify::{self, Receipts};
use crate::ledger::{Fault, Findings, Log, Verifier};

/// How many entries are looked at together.
const CHUNK: i64 = 5000;

/// Looks at the whole of the trail: the tree, the checkpoints, and every event. What waits for the sealer is no fault.
pub async fn verify(db: &Db, verifier: &Verifier) -> Result<Findings, sqlx::Error> {
    let mut findings = verify::tree(db, Log::Audit, verifier, Receipts::None).await?;
    let mut tx = db.read(&Scope::all()).await?;
    let mut next = 0;
    loop {
        let sealed = store::sealed(&mut tx, next, CHUNK).await?;
        let Some(last) = sealed.last() else { break };
        next = last.index + 1;
        findings.faults.extend(sealed.iter().filter_map(look));
    }
    for event in store::astray(&mut tx).await? {
        let what = format!("event {event} is in the trail or its queue, and not in the ledger");
        findings.faults.push(Fault::besides(what));
    }
    findings.sort();
    Ok(findings)
}

fn look(sealed: &Sealed) -> Option<Fault> {
    let index = u64::try_from(sealed.index).unwrap_or_default();
    let Some(event) = &sealed.event else {
        let is_first = index == 0 && sealed.content == FIRST && sealed.salt.is_empty();
        return (!is_first)
            .then(|| Fault::of(index, "the event that was entered is not in the trail any more"));
    };
    let is_same = event.leaf(&sealed.salt).ok().as_ref() == Some(&sealed.content);
    (!is_same)
        .then(|| Fault::of(index, format!("event {} is not what was entered", event.event_id)))
}
