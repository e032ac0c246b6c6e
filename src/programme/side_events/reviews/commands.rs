//! Reviewing applications.

use std::collections::BTreeMap;

use serde_json::json;
use sqlx::PgConnection;

use super::api::Reviewed;
use super::model::{Review, Scores, mean};
use super::store;
use crate::access::{Action, Actor, Denied};
use crate::db::{Db, Event, Written};
use crate::ids::SideEventId;
use crate::programme::error::Error;
use crate::programme::side_events::commands::sponsor_of;
use crate::programme::side_events::model::{SideEventRules, SideEventState};
use crate::programme::side_events::refused::Refused;
use crate::programme::side_events::store as side_events;
use crate::text::Reason;

/// Says what an officer thinks of an application, as long as it is not decided. Said again, it takes the place of what
/// they said before. The sponsor learns nothing of it: neither the entry of the audit trail nor the review is theirs.
pub async fn give(
    db: &Db,
    actor: &Actor,
    id: SideEventId,
    scores: &Scores,
    comment: Option<&Reason>,
) -> Result<Written<Reviewed>, Error> {
    sponsor_of(db, actor, id).await?;
    let permit = actor.permit(Action::ReviewSideEvents)?;

    db.write(permit, async |tx| {
        let of = side_events::lock(tx, id).await?.ok_or(Denied::Invisible)?;
        if of.state != SideEventState::Submitted {
            return Err(of.wrong_step().into());
        }
        let review = Review {
            by: actor.account(),
            scores: scores.clone(),
            comment: comment.cloned(),
            at: tx.now,
        };
        store::save(tx, id, &of.sponsor, &review).await?;
        let event = Event::of("side_event_review.given", id.uuid())
            .with(&json!({ "scores": review.scores }))
            .because(comment);
        Ok((Reviewed(review), event))
    })
    .await
}

/// Nothing is accepted that nobody, or too few, have looked at.
pub async fn must_suffice(
    conn: &mut PgConnection,
    rules: &SideEventRules,
    id: SideEventId,
) -> Result<(), Error> {
    let (needed, count) = (rules.reviews_needed.into(), store::count(conn, id).await?);
    if count < needed {
        return Err(Refused::TooFewReviews { needed, count }.into());
    }
    Ok(())
}

/// What reviewers think of the applications that are accepted: the mean of all their scores, in hundredths.
pub async fn merits(conn: &mut PgConnection) -> Result<BTreeMap<SideEventId, u16>, sqlx::Error> {
    let mut all: BTreeMap<_, Vec<Scores>> = BTreeMap::new();
    for (id, scores) in store::of_the_accepted(conn).await? {
        all.entry(id).or_default().push(scores);
    }
    Ok(all.into_iter().filter_map(|(id, scores)| Some((id, mean(scores.iter())?))).collect())
}
