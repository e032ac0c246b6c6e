//! A new photograph or passport of somebody who was approved is a change of that person (R37).

use serde_json::json;

use crate::access::Actor;
use crate::db::{Db, Event, Events, Tx, Written};
use crate::delegations::commands::Error;
use crate::delegations::members::status::Lost;
use crate::delegations::members::{self, Member};
use crate::delegations::store;
use crate::documents::{self, Document, DocumentKind, Finding};
use crate::ids::DocumentId;
use crate::page::IfMatch;

/// A paper found in order, and whom that sends back to vetting.
#[derive(Debug)]
pub struct Verified {
    /// The paper.
    pub document: Document,
    /// The person, and what they lost by it.
    pub sent_back: Option<(Member, Option<Lost>)>,
}

/// Finds a paper in order. What stood before it stands until then.
pub async fn verify(
    db: &Db,
    actor: &Actor,
    id: DocumentId,
    if_match: &IfMatch,
    finding: &Finding,
) -> Result<Written<Verified>, Error> {
    let permit = documents::reviewer(db, actor, id).await?;

    db.write(permit, async |tx| {
        let (document, found) = documents::find_so(tx, actor, id, if_match, finding).await?;
        let Some((was, member, lost)) = look_anew(tx, &document).await? else {
            return Ok((Verified { document, sent_back: None }, Events::from(found)));
        };
        let after = json!({ "status": member.status.name(), "revoked": lost, "document": id });
        let sent_back = Event::of("member.sent_back", member.id.uuid())
            .participant(&member.participant)
            .changed(&json!({ "status": was }), &after);
        let verified = Verified { document, sent_back: Some((member, lost)) };
        Ok((verified, Events::from(found).and(sent_back)))
    })
    .await
}

/// Security looks anew at a person whose photograph or passport came after they were passed on: with the status they
/// had, and what they lost. None where nothing changes.
async fn look_anew(
    tx: &mut Tx<'_>,
    document: &Document,
) -> Result<Option<(&'static str, Member, Option<Lost>)>, Error> {
    let shows_who_it_is = matches!(document.kind, DocumentKind::Photo | DocumentKind::Passport);
    let Some(id) = document.member.filter(|_| shows_who_it_is) else { return Ok(None) };
    let code = &document.participant;
    store::hold(tx, code).await?;
    let Some(before) = members::store::lock(tx, code, id).await? else { return Ok(None) };
    let was = before.status.name();
    if !before.status.takes_requests() || document.uploaded_at <= before.since {
        return Ok(None);
    }
    let person = before.person.clone();
    let (member, lost) = before.corrected(person, true, tx.now)?;
    if member.status.name() == was {
        return Ok(None);
    }
    members::store::save_status(tx, &member).await?;
    Ok(Some((was.as_str(), member, lost)))
}
