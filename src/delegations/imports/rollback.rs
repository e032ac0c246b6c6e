//! Taking a list back as a whole, while nothing was built on it.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::api::Shown;
use super::commands::permit;
use super::model::{Import, Undo};
use super::refused::{Faulty, Refused, Why};
use super::{columns, store};
use crate::access::{Actor, Denied};
use crate::db::{Db, Event, Events, Tx, Written};
use crate::delegations::changes::{self, ChangeRequest, RequestState, Verdict};
use crate::delegations::commands::{Error, Taken};
use crate::delegations::members::commands::taken;
use crate::delegations::members::store::bulk;
use crate::delegations::members::{Identity, Member, told};
use crate::ids::{AccountId, ChangeRequestId, ImportId, MemberId};
use crate::page::IfMatch;

/// Takes a list back: who came by it goes, what it changed is as before, what it asked for is withdrawn. Only while none of these people was touched
/// since; else the answer names those who were.
pub async fn roll_back(
    db: &Db,
    actor: &Actor,
    id: ImportId,
    if_match: &IfMatch,
) -> Result<Written<Shown>, Error> {
    let (permit, code) = permit(db, actor, id).await?;

    db.write(permit, async |tx| {
        crate::delegations::store::lock(tx, &code).await?.ok_or(Denied::Invisible)?;
        let (now, vault) = (tx.now, tx.vault);
        let before = store::lock(tx, id).await?.ok_or(Denied::Invisible)?;
        if_match.check(before.version)?;
        let import = before.rolled_back(now)?;
        let undo: Vec<Undo> =
            store::open(tx, vault, id).await?.ok_or_else(|| blocked(Why::Forgotten, Vec::new()))?;
        let members = bulk::lock_of(tx, vault, &code).await?;
        let known = members.into_iter().map(|known| (known.0.id, known)).collect();
        let events = take_back(tx, &import, undo, known, actor.account()).await?;
        store::save(tx, vault, &import, None::<&()>).await?;
        Ok((Shown { import, preview: None, now }, events))
    })
    .await
}

async fn take_back(
    tx: &mut Tx<'_>,
    import: &Import,
    undo: Vec<Undo>,
    known: HashMap<MemberId, (Member, Identity)>,
    by: AccountId,
) -> Result<Events, Error> {
    let requests = untouched(tx, &undo, &known).await?;
    let (now, vault, code) = (tx.now, tx.vault, &import.participant);
    let by_import = |mut told: Map<String, Value>| {
        told.insert("import".to_owned(), json!(import.id));
        told
    };
    let mut events =
        Events::from(Event::of("import.rolled_back", import.id.uuid()).participant(code));
    let (mut gone, mut restored, mut withdrawn) = (Vec::new(), Vec::new(), Vec::new());
    for request in requests {
        let request = request.decided(Verdict::Withdraw(None), by, now)?;
        events.push(changes::told_withdrawn(&request, &by_import(Map::new())));
        withdrawn.push(request);
    }
    for undo in undo {
        let id = undo.member();
        let about = |kind| Event::of(kind, id.uuid()).participant(code);
        match (undo, known.get(&id)) {
            (Undo::Entered(_), Some(_)) => {
                events.push(about("member.deleted").with(&by_import(Map::new())));
                gone.push(id);
            }
            (Undo::Changed(_, before), Some((member, identity))) => {
                let (person, sealed) = columns::person(&before)?;
                // What a list cannot say it has not changed either.
                let sealed =
                    Identity { other_passports: identity.other_passports.clone(), ..sealed };
                let after = member.clone().changed(person, now)?;
                let (was, is) =
                    told::difference((&member.person, identity), (&after.person, &sealed));
                events.push(about("member.changed").changed(&was, &by_import(is)));
                restored.push((after, sealed));
            }
            (Undo::Asked(..), _) | (_, None) => {}
        }
    }
    if !gone.is_empty() {
        remove(tx, gone).await?;
    }
    if !restored.is_empty() {
        bulk::save_all(tx, vault, &restored).await.map_err(taken)?;
    }
    if !withdrawn.is_empty() {
        changes::bulk::save_all(tx, &withdrawn).await?;
    }
    Ok(events)
}

/// The requests that the import made, locked; where nobody touched them, or whom it entered or changed.
async fn untouched(
    tx: &mut Tx<'_>,
    undo: &[Undo],
    known: &HashMap<MemberId, (Member, Identity)>,
) -> Result<Vec<ChangeRequest>, Error> {
    let asked: Vec<_> = undo.iter().filter_map(asked).collect();
    let requests = changes::lock_all(tx, &asked).await?;
    // Once somebody has passed a person on, the version is another.
    let is_as_left = |undo: &&Undo| match undo {
        Undo::Entered(left) | Undo::Changed(left, _) => {
            known.get(&left.member).is_some_and(|(member, _)| member.version.0 == left.version)
        }
        Undo::Asked(_, id) => {
            requests.iter().any(|request| request.id == *id && request.state == RequestState::Open)
        }
    };
    let touched: Vec<_> = undo.iter().filter(|undo| !is_as_left(undo)).map(Undo::member).collect();
    if touched.is_empty() { Ok(requests) } else { Err(blocked(Why::BuiltOn, touched).into()) }
}

/// Removes people whom the import entered. Somebody to whom a paper or a word of a third belongs is not removed.
async fn remove(tx: &mut Tx<'_>, gone: Vec<MemberId>) -> Result<(), Error> {
    match bulk::delete_drafts(tx, &gone).await.map_err(taken) {
        Err(Error::Taken(Taken::Reference)) => Err(blocked(Why::BuiltOn, gone).into()),
        outcome => outcome,
    }
}

fn asked(undo: &Undo) -> Option<ChangeRequestId> {
    match undo {
        Undo::Asked(_, id) => Some(*id),
        Undo::Entered(_) | Undo::Changed(..) => None,
    }
}

fn blocked(why: Why, members: Vec<MemberId>) -> Refused {
    Refused::Blocked { why, faults: Faulty::Cells(Vec::new()), members }
}
