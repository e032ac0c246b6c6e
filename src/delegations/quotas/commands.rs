//! Keeping quotas, and making exceptions from them.

use serde_json::json;
use sqlx::PgConnection;

use super::api::OverrideView;
use super::model::{Category, Quotas, Seat};
use super::store::{self, Override};
use crate::access::{Action, Actor, Denied};
use crate::db::{Created, Db, Event, Written};
use crate::delegations::commands::Error;
use crate::ids::QuotaOverrideId;
use crate::input::Faults;
use crate::text::{Fault, ParticipantCode, Reason};

/// Refuses a member for whom there is no place (R33). Who asks holds the delegation alone.
pub async fn must_fit(
    conn: &mut PgConnection,
    quotas: &Quotas,
    code: &ParticipantCode,
    was: Option<Seat>,
    is: Seat,
) -> Result<(), Error> {
    if !quotas.must_be_counted() || was == Some(is) {
        return Ok(());
    }
    let places = store::places(conn, std::slice::from_ref(code)).await?;
    Ok(places.must_fit(quotas, code, was, is)?)
}

/// Makes an exception for one delegation. It stands in the place of the configured limit, and of earlier exceptions.
pub async fn make_exception(
    db: &Db,
    actor: &Actor,
    quotas: &Quotas,
    code: &ParticipantCode,
    category: &Category,
    limit: u16,
    reason: &Reason,
) -> Result<Written<Created<OverrideView>>, Error> {
    let permit = actor.permit(Action::ReviewDelegation(code))?;

    db.write(permit, async |tx| {
        let delegation =
            crate::delegations::store::lock(tx, code).await?.ok_or(Denied::Invisible)?;
        let places = store::places(tx, std::slice::from_ref(code)).await?;
        let configured = places.kinds.get(code).and_then(|kind| quotas.limit(*kind, category));
        let configured = configured.ok_or_else(|| {
            let detail = "a category that is limited for this participant is expected";
            Faults::at("/category", Fault::new("unknown_category", detail))
        })?;
        let exception = Override {
            id: QuotaOverrideId::fresh(),
            participant: code.clone(),
            category: category.clone(),
            limit: limit.into(),
            reason: reason.clone(),
            account: actor.account(),
            made_at: tx.now,
        };
        store::insert(tx, &exception).await?;
        let before = places.overrides.get(&(code.clone(), category.clone())).copied();
        let event = Event::of("delegation.quota_overridden", delegation.id.uuid())
            .participant(code)
            .changed(
                &json!({ "category": category, "limit": before.unwrap_or(configured.into()) }),
                &json!({ "category": category, "limit": limit }),
            )
            .because(Some(reason));
        Ok((Created(OverrideView::from(exception)), event))
    })
    .await
}
