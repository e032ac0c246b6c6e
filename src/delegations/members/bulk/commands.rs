//! A batch: one transaction, and as many statements for five hundred members as for one.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::super::commands::{action, event};
use super::super::model::Calendar;
use super::super::status::Step;
use super::super::store;
use super::model::{Bench, Operation, Outcome, Refusal};
use crate::access::{Actor, Denied, Permit};
use crate::ceremony::Ceremony;
use crate::db::{Answer, Db, Events, Shut, Tx, Written};
use crate::delegations::store::hold_many;
use crate::delegations::{changes, checklist, quotas};
use crate::ids::MemberId;
use crate::text::ParticipantCode;

/// What is asked for.
#[derive(Debug)]
pub struct Batch {
    /// Whether all operations are done, or none.
    pub is_atomic: bool,
    /// The operations, in the order in which they are done.
    pub operations: Vec<Operation>,
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum Undone {
    /// No operation was accepted, or not all of a batch that was to be done as a whole.
    #[error("the operations were refused")]
    Refused(Vec<Outcome>),
    /// The door for writes stayed shut.
    #[error(transparent)]
    Shut(#[from] Shut),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

/// Takes each member the step that is asked for, each under the rules and the rights that hold for it alone. What an
/// operation leaves, the next one finds: of two equal ones the second is refused. `tell` makes the answer.
pub async fn run<T: Answer>(
    db: &Db,
    actor: &Actor,
    batch: &Batch,
    ceremony: &Ceremony,
    tell: impl Fn(&[Outcome]) -> T,
) -> Result<Written<T>, Undone> {
    let verdicts: Vec<Result<Permit, Denied>> = batch
        .operations
        .iter()
        .map(|operation| actor.permit(action(&operation.step, &operation.participant)))
        .collect();
    let Some(permit) = verdicts.iter().find_map(|verdict| verdict.as_ref().ok()).cloned() else {
        let denied = verdicts.into_iter().filter_map(Result::err);
        return Err(Undone::Refused(denied.map(|denied| Err(denied.into())).collect()));
    };

    db.write(permit, async |tx| {
        let now = tx.now;
        let permitted = batch.operations.iter().zip(&verdicts);
        let permitted: Vec<_> = permitted
            .filter(|(_, verdict)| verdict.is_ok())
            .map(|(operation, _)| operation)
            .collect();
        let mut bench = prepare(tx, &permitted, ceremony, now).await?;
        let outcomes: Vec<Outcome> = batch
            .operations
            .iter()
            .zip(&verdicts)
            .map(|(operation, verdict)| match verdict {
                Ok(_) => bench.take(operation, now),
                Err(denied) => Err((*denied).into()),
            })
            .collect();
        if batch.is_atomic && outcomes.iter().any(Result::is_err) {
            let undone =
                outcomes.into_iter().map(|outcome| Err(outcome.err().unwrap_or(Refusal::Another)));
            return Err(Undone::Refused(undone.collect()));
        }
        let done = batch.operations.iter().zip(&outcomes).filter_map(|(operation, outcome)| {
            let done = outcome.as_ref().ok()?;
            Some(event(&operation.step, done.was, &done.member, done.lost))
        });
        let Some(events) = Events::of(done.collect()) else {
            return Err(Undone::Refused(outcomes));
        };
        let changed = bench.members.values().filter(|member| bench.changed.contains(&member.id));
        let changed: Vec<_> = changed.collect();
        store::save_many(tx, &changed, now).await?;
        let ended = changed.iter().filter(|member| !member.status.stands());
        let ended: Vec<_> = ended.map(|member| member.id).collect();
        changes::lapse(tx, &ended, actor.account(), now).await?;
        Ok((tell(&outcomes), events))
    })
    .await
}

/// Locks and reads all that the operations are judged by: delegations before members, each in one order.
async fn prepare<'a>(
    tx: &mut Tx<'_>,
    operations: &[&Operation],
    ceremony: &'a Ceremony,
    now: DateTime<Utc>,
) -> Result<Bench<'a>, sqlx::Error> {
    let today = now.date_naive();
    let codes: BTreeSet<_> = operations.iter().map(|operation| &operation.participant).collect();
    let codes: Vec<ParticipantCode> = codes.into_iter().cloned().collect();
    let ids: BTreeSet<MemberId> = operations.iter().map(|operation| operation.member).collect();
    let submitted: Vec<MemberId> = operations
        .iter()
        .filter(|operation| matches!(operation.step, Step::Submit(_)))
        .map(|operation| operation.member)
        .collect();
    let must_count = !submitted.is_empty() && ceremony.quotas.must_be_counted();
    let delegations = hold_many(tx, &codes, must_count).await?;
    let members = store::lock_many(tx, &ids.into_iter().collect::<Vec<_>>()).await?;
    let vault = tx.vault;
    let (identities, exempt) = if submitted.is_empty() {
        Default::default()
    } else {
        let identities = store::open_many(tx, vault, &submitted).await?;
        (identities, store::with_exempt_rank(tx, &codes).await?)
    };
    let places =
        if must_count { quotas::places(tx, &codes).await? } else { quotas::Places::default() };
    let checklists = &ceremony.checklists;
    let mut steps = operations.iter().filter_map(|operation| operation.step.checked());
    let papers = if steps.any(|step| checklists.hold_up(step)) {
        checklist::facts(tx, &codes, today).await?
    } else {
        Vec::new()
    };
    Ok(Bench {
        delegations: delegations.into_iter().map(|d| (d.participant.clone(), d)).collect(),
        members,
        identities,
        exempt,
        papers: papers.into_iter().map(|facts| (facts.participant.clone(), facts)).collect(),
        checklists,
        places,
        quotas: &ceremony.quotas,
        calendar: Calendar { today, last_day: ceremony.event.last_day },
        changed: BTreeSet::new(),
    })
}
