//! The record held against the ledger: every row must make its leaf again (R24).

use std::collections::BTreeMap;

use sqlx::PgConnection;
use uuid::Uuid;

use super::commands::unwritable;
use super::{model, store};
use crate::ceremony::Ceremony;
use crate::db::{Db, Scope};
use crate::ledger::verify::{self, Receipts};
use crate::ledger::{self, Error, Fault, Findings, Leaf, Log, Verifier};

/// The bytes of a leaf, by the salt that it was entered with.
type LeafOf<'a> = dyn Fn(&[u8]) -> Result<Vec<u8>, serde_json::Error> + 'a;

/// Looks at the whole of the record: the tree, the checkpoints, the receipts, and every row that has a leaf.
pub async fn verify(db: &Db, verifier: &Verifier, ceremony: &Ceremony) -> Result<Findings, Error> {
    let mut findings = verify::tree(db, Log::Treaty, verifier, Receipts::Given).await?;
    let mut tx = db.read(&Scope::all()).await?;
    findings.faults.extend(rows(&mut tx, ceremony).await?);
    findings.sort();
    Ok(findings)
}

/// The same by one connection, as its transaction sees the record.
pub async fn verify_on(
    conn: &mut PgConnection,
    verifier: &Verifier,
    ceremony: &Ceremony,
) -> Result<Findings, Error> {
    let mut findings = verify::tree_on(conn, Log::Treaty, verifier, Receipts::Given).await?;
    findings.faults.extend(rows(conn, ceremony).await?);
    findings.sort();
    Ok(findings)
}

/// What is wrong with rows that have a leaf, and with leaves that have a row.
async fn rows(conn: &mut PgConnection, ceremony: &Ceremony) -> Result<Vec<Fault>, Error> {
    let mut leaves: BTreeMap<Option<Uuid>, Leaf> = BTreeMap::new();
    for leaf in ledger::all_leaves(conn, Log::Treaty).await? {
        leaves.insert(leaf.subject, leaf);
    }
    let mut faults = Vec::new();
    if let Some(first) = leaves.remove(&None) {
        let wanted = model::of_treaty(&ceremony.treaty).map_err(unwritable)?;
        if first.content != wanted || !first.salt.is_empty() || first.index != 0 {
            faults.push(Fault::of(
                first.index,
                "it names another treaty, or other authentic texts, than the settings",
            ));
        }
    }
    let mut held = |id: Uuid, what: &str, leaf: &LeafOf<'_>| match leaves.remove(&Some(id)) {
        None => faults
            .push(Fault::besides(format!("{what} {id} is in the record and not in the ledger"))),
        Some(entered) if leaf(&entered.salt).ok().as_ref() != Some(&entered.content) => {
            faults.push(Fault::of(entered.index, format!("{what} {id} is not what was entered")));
        }
        Some(_) => {}
    };
    for row in store::acts(conn, None).await? {
        held(row.act_id, "act", &|salt| row.leaf(salt));
    }
    for row in store::notifications(conn, None).await? {
        held(row.act_notification_id, "notification", &|salt| row.leaf(salt));
    }
    for leaf in leaves.into_values() {
        faults.push(Fault::of(leaf.index, "what was entered is not in the record any more"));
    }
    Ok(faults)
}
