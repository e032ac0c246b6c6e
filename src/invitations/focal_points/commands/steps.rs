//! What becomes of an appointment: another paper, another day, another place, its end.

use chrono::NaiveDate;
use serde_json::json;

use super::{about, examine, held, may_invite, saved, told_of, wrong};
use crate::access::{self, Action, Actor};
use crate::db::{Db, Tx, Written};
use crate::ids::{AccountId, DocumentId, FocalPointId};
use crate::input::Faults;
use crate::invitations::commands::Error;
use crate::invitations::focal_points::model::{
    FocalPoint, FocalPointState, Predecessor, fault_of_last_day,
};
use crate::invitations::focal_points::store;
use crate::invitations::focal_points::view::Shown;
use crate::invitations::store as invitations;
use crate::page::IfMatch;
use crate::text::{ParticipantCode, Reason};

/// What is changed of an appointment.
#[derive(Debug, Clone, Copy)]
pub struct Change {
    /// The paper that appoints the person.
    pub document: Option<DocumentId>,
    /// The last day on which they speak.
    pub expires_on: Option<NaiveDate>,
}

/// Names the paper that appoints somebody, or another last day.
pub async fn change(
    db: &Db,
    actor: &Actor,
    code: &ParticipantCode,
    id: FocalPointId,
    if_match: &IfMatch,
    change: Change,
) -> Result<Written<Shown>, Error> {
    let permit = actor.permit(Action::AppointFocalPoint(code))?;

    db.write(permit, async |tx| {
        let before = held(tx, code, id, if_match).await?;
        if before.state == FocalPointState::Ended {
            return Err(wrong(&before));
        }
        let now = tx.now;
        let document = change.document.or(before.document);
        let mut faults = Faults::default();
        let paper = examine(tx, code, document, &mut faults).await?;
        let expires_on = change.expires_on.or(before.expires_on).or(paper);
        let fault = expires_on.and_then(|last| fault_of_last_day(last, paper, now.date_naive()));
        if let Some(fault) = fault.filter(|_| faults.0.is_empty()) {
            faults.add("/expires_on", fault.code, fault.detail);
        }
        faults.none_or()?;
        let focal_point = saved(tx, before.clone().changed(document, expires_on, now)).await?;
        touch(tx, &focal_point).await?;
        let event = about("focal_point.changed", &focal_point)
            .changed(&told_of(&before), &told_of(&focal_point));
        Ok((Shown(focal_point), event))
    })
    .await
}

/// Makes a backup the primary focal point, on their paper. The one before goes on as a backup, or ends.
pub async fn hand_over(
    db: &Db,
    actor: &Actor,
    code: &ParticipantCode,
    id: FocalPointId,
    if_match: &IfMatch,
    document: Option<DocumentId>,
    predecessor: Predecessor,
) -> Result<Written<Shown>, Error> {
    let permit = actor.permit(Action::AppointFocalPoint(code))?;

    db.write(permit, async |tx| {
        let now = tx.now;
        let today = now.date_naive();
        let before = held(tx, code, id, if_match).await?;
        if before.state != FocalPointState::InForce || before.is_primary {
            return Err(wrong(&before));
        }
        let mut faults = Faults::default();
        let paper = document.or(before.document);
        examine(tx, code, paper, &mut faults).await?;
        if paper.is_none() {
            faults.add("/document", "required", "the paper that appoints the person is expected");
        }
        faults.none_or()?;
        let old = store::find_primary(tx, code, today).await?;
        if let Some(old) = &old {
            let ends = predecessor == Predecessor::Ends || old.state == FocalPointState::Invited;
            let old = if ends {
                close(tx, old.clone(), actor.account(), None).await?
            } else {
                old.clone().placed(false, now)
            };
            saved(tx, old).await?;
        }
        let focal_point = before.clone().changed(paper, before.expires_on, now);
        let focal_point = saved(tx, FocalPoint { is_primary: true, ..focal_point }).await?;
        let event = about("focal_point.made_primary", &focal_point).changed(
            &json!({ "primary": old.map(|old| old.id), "document": before.document }),
            &json!({ "primary": id, "predecessor": predecessor, "document": paper }),
        );
        Ok((Shown(focal_point), event))
    })
    .await
}

/// Ends an appointment, or takes the invitation to it back. What it gave is gone with the next request.
///
/// A mission does not lose its last focal point unawares: an officer alone can leave it without, and says so.
pub async fn end(
    db: &Db,
    actor: &Actor,
    code: &ParticipantCode,
    id: FocalPointId,
    if_match: &IfMatch,
    leaves_none: bool,
    reason: Option<&Reason>,
) -> Result<Written<()>, Error> {
    let permit = actor.permit(Action::InviteFocalPoint(code))?;

    db.write(permit, async |tx| {
        let (now, today) = (tx.now, tx.now.date_naive());
        let before = held(tx, code, id, if_match).await?;
        let is_officer = actor.may(Action::AppointFocalPoint(code));
        // Anybody may step down; for the rest it is as with inviting.
        if before.account != Some(actor.account()) {
            may_invite(tx, actor, code, before.is_primary).await?;
        }
        match before.state {
            FocalPointState::Ended => return Err(wrong(&before)),
            FocalPointState::InForce => {
                let (_, in_force) = store::count_of(tx, code, today).await?;
                if in_force > 1 && before.is_primary {
                    // The place is handed over first, so that there is somebody to turn to.
                    return Err(Error::HandOverFirst);
                }
                if in_force <= 1 && !(is_officer && leaves_none) {
                    return Err(Error::LastOne);
                }
            }
            FocalPointState::Invited | FocalPointState::Expired | FocalPointState::Disabled => {}
        }
        let ended = close(tx, before.clone(), actor.account(), reason.cloned()).await?;
        store::save(tx, &ended).await?;
        let (_, in_force) = store::count_of(tx, code, today).await?;
        let event = about("focal_point.ended", &ended)
            .changed(&told_of(&before), &json!({ "ended_at": now, "in_force": in_force }))
            .because(reason);
        Ok(((), event))
    })
    .await
}

/// An appointment over, its invitation taken back, and its account told so.
async fn close(
    tx: &mut Tx<'_>,
    focal_point: FocalPoint,
    by: AccountId,
    reason: Option<Reason>,
) -> Result<FocalPoint, Error> {
    let now = tx.now;
    invitations::withdraw_of(tx, focal_point.id, by, now).await?;
    touch(tx, &focal_point).await?;
    Ok(focal_point.ended(by, reason, now))
}

async fn touch(tx: &mut Tx<'_>, focal_point: &FocalPoint) -> Result<(), Error> {
    let now = tx.now;
    if let Some(account) = focal_point.account {
        access::touch_account(tx, account, now).await?;
    }
    Ok(())
}
