//! Bringing the ceremony's own register into the database, at each start.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use sqlx::PgConnection;

use super::model::{Entry, Participant};
use super::register::Register;
use super::store::{self, Keys};
use crate::access::Permit;
use crate::ceremony::Ceremony;
use crate::collation::SortKey;
use crate::db::{Db, Event, Scope, Shut, Written};
use crate::text::ParticipantCode;

/// Why the register could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum Unloaded {
    /// Two participants would stand in one place of the Depositary's tables (R27): the ceremony's own, and one that
    /// the administrator added.
    #[error("{0} and {1} have the same name for the Depositary; one of them needs another")]
    SamePlace(ParticipantCode, ParticipantCode),
    /// There is nothing to do, since another process has just done it.
    #[error("the register is loaded")]
    AlreadyLoaded,
    /// The door for writes stayed shut.
    #[error(transparent)]
    Shut(#[from] Shut),
    /// The database failed.
    #[error("the register could not be loaded: {0}")]
    Database(#[from] sqlx::Error),
}

/// Brings the ceremony's own register into the database, and orders everyone by the collation of this program (R27).
/// Tells whether there was anything to change; where not, nothing is written.
///
/// The ceremony's data rule over their own rows, which nobody can change elsewhere; a code that the administrator had
/// added and the data now have, too, becomes one of theirs, as the audit trail then says. The administrator's other
/// rows stay as they are, and so do those that have left the data.
pub async fn load_register(db: &Db, ceremony: &Ceremony) -> Result<bool, Unloaded> {
    let register = &ceremony.register;
    let mut tx = db.read(&Scope::public()).await?;
    let changes = Changes::find(&mut tx, register).await?;
    drop(tx);
    if changes.is_none() {
        return Ok(false);
    }
    match load(db, register).await {
        Ok(_) => Ok(true),
        Err(Unloaded::AlreadyLoaded) => Ok(false),
        Err(error) => Err(error),
    }
}

async fn load(db: &Db, register: &Register) -> Result<Written<()>, Unloaded> {
    db.write(Permit::service("load-register"), async |tx| {
        store::lock_register(tx).await?;
        let changes = Changes::find(tx, register).await?;
        let changes = changes.ok_or(Unloaded::AlreadyLoaded)?;
        let now = tx.now;
        store::save(tx, &changes.participants, now).await?;
        for (organization, members) in &changes.members {
            store::save_members(tx, organization, members).await?;
        }
        store::touch(tx, &changes.touched, now).await?;
        Ok(((), changes.event))
    })
    .await
}

/// What differs between the ceremony's own register and the stored one.
struct Changes {
    /// New, changed, or with keys of another collation.
    participants: Vec<Participant>,
    /// The members of those organizations that have others now.
    members: BTreeMap<ParticipantCode, BTreeSet<ParticipantCode>>,
    /// Who is otherwise unchanged but for these ties.
    touched: BTreeSet<ParticipantCode>,
    event: Event,
}

type Stored = BTreeMap<ParticipantCode, Entry>;

impl Changes {
    async fn find(conn: &mut PgConnection, register: &Register) -> Result<Option<Self>, Unloaded> {
        let entries = store::list(conn, &store::Filter::default(), None, None).await?;
        let stored = entries.into_iter().map(|e| (e.participant.code.clone(), e)).collect();
        let keys = store::keys(conn).await?;
        Self::between(&stored, &keys, register)
    }

    fn between(
        stored: &Stored,
        keys: &BTreeMap<ParticipantCode, Keys>,
        register: &Register,
    ) -> Result<Option<Self>, Unloaded> {
        let mut wanted: BTreeMap<_, _> =
            stored.values().map(|e| (&e.participant.code, &e.participant)).collect();
        wanted.extend(register.participants().iter().map(|p| (&p.code, p)));

        let mut places: BTreeMap<SortKey, &ParticipantCode> = BTreeMap::new();
        let (mut added, mut before, mut after, mut ordered_anew) = (vec![], vec![], vec![], vec![]);
        let mut participants = Vec::new();
        for (code, participant) in wanted {
            let fresh: Keys = (participant.sort_key(), participant.search_text());
            let is_as_before = match stored.get(code).map(|entry| &entry.participant) {
                None => {
                    added.push(code);
                    false
                }
                Some(known) if known != participant => {
                    before.push(known);
                    after.push(participant);
                    false
                }
                Some(_) if keys.get(code) != Some(&fresh) => {
                    ordered_anew.push(code);
                    false
                }
                Some(_) => true,
            };
            if !is_as_before {
                participants.push(participant.clone());
            }
            if let Some(other) = places.insert(fresh.0, code) {
                return Err(Unloaded::SamePlace(other.clone(), code.clone()));
            }
        }

        let ties = Ties::between(stored, register);
        if participants.is_empty() && ties.after.is_empty() {
            return Ok(None);
        }
        let event = Event::at_large("register.loaded").changed(
            &json!({ "participants": before, "members": ties.before }),
            &json!({
                "participants": after, "members": ties.after,
                "added": added, "ordered_anew": ordered_anew,
            }),
        );
        let mut touched = ties.touched;
        // Saving a row counts its change already.
        touched.retain(|code| participants.iter().all(|saved| saved.code != *code));
        Ok(Some(Self { participants, members: ties.after, touched, event }))
    }
}

/// Where organizations have other members than before.
#[derive(Default)]
struct Ties {
    before: BTreeMap<ParticipantCode, BTreeSet<ParticipantCode>>,
    after: BTreeMap<ParticipantCode, BTreeSet<ParticipantCode>>,
    touched: BTreeSet<ParticipantCode>,
}

impl Ties {
    fn between(stored: &Stored, register: &Register) -> Self {
        let mut wanted: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for (organization, member) in register.memberships() {
            wanted.entry(organization).or_default().insert(member.clone());
        }
        let mut ties = Self::default();
        for Participant { code, .. } in register.participants() {
            let after = wanted.remove(code).unwrap_or_default();
            let before = stored.get(code).map(|entry| entry.members.iter().cloned().collect());
            let before: BTreeSet<_> = before.unwrap_or_default();
            if before != after {
                ties.touched.insert(code.clone());
                ties.touched.extend(before.symmetric_difference(&after).cloned());
                ties.before.insert(code.clone(), before);
                ties.after.insert(code.clone(), after);
            }
        }
        ties
    }
}
