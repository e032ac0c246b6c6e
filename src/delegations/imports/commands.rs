//! What missions and the secretariat do with lists of members.

use std::collections::HashMap;

use actix_web::web::Bytes;
use serde_json::{Map, Value, json};
use sqlx::PgConnection;

use super::api::{File, Said, Shown};
use super::model::{Content, Import, ImportFormat, ImportState, Left, Preview, ReadRow, Undo};
use super::plan::{self, Change, Plan, Present};
use super::refused::{Faulty, Refused, Unread, Why};
use super::{columns, photos, sheet, store, template};
use crate::access::{Action, Actor, Denied, Permit};
use crate::ceremony::Ceremony;
use crate::db::{Answer, Created, Db, Event, Events, Scope, Tx, Written};
use crate::delegations::changes::{self, Ask};
use crate::delegations::commands::Error;
use crate::delegations::members::commands::taken;
use crate::delegations::members::model::Calendar;
use crate::delegations::members::store::bulk;
use crate::delegations::members::{Identity, Member, told};
use crate::delegations::quotas;
use crate::documents::Papers;
use crate::ids::{AccountId, ImportId, MemberId};
use crate::page::IfMatch;
use crate::secret;
use crate::text::ParticipantCode;
use crate::vault::Vault;

/// Takes the list of a delegation away, in the columns in which it can come back. The taking is itself an entry of the
/// audit trail (R53).
pub async fn export(db: &Db, actor: &Actor, code: &ParticipantCode) -> Result<File, Error> {
    actor.see(Action::PrepareDelegation(code))?;
    let permit = actor.permit(Action::ExportMembers(code))?;
    let mut tx = db.read(permit.scope()).await?;
    let delegation =
        crate::delegations::store::find(&mut tx, code).await?.ok_or(Denied::Invisible)?;
    let mut members = bulk::list_of(&mut tx, &db.vault, code).await?;
    drop(tx);
    members.retain(|(member, _)| member.status.stands());
    let bytes = template::list_csv(&members).map_err(|error| Error::Unwritten(error.into()))?;
    let about = json!({
        "format": "csv", "rows": members.len(), "sha256": secret::hex(&secret::sha256(&bytes)),
    });
    let event =
        Event::of("delegation.exported", delegation.id.uuid()).participant(code).with(&about);

    db.write(permit, async |_| Ok::<_, Error>(((), event.clone()))).await?;
    Ok(File { name: format!("{code}-members"), bytes })
}

/// Reads a list and says what it would do. Nothing of it is in the list of members yet.
pub async fn preview(
    db: &Db,
    papers: &Papers,
    actor: &Actor,
    code: &ParticipantCode,
    bytes: Bytes,
    ceremony: &Ceremony,
) -> Result<Written<Created<Shown>>, Error> {
    let permit = actor.permit(Action::PrepareDelegation(code))?;
    // Files are read a few at a time, and not where requests are served. What makes the reader stumble is no list.
    let turn = papers.turn().await.map_err(|error| Error::Unwritten(error.into()))?;
    let read = tokio::task::spawn_blocking(move || sheet::read(&bytes)).await;
    drop(turn);
    let sheet = read.map_err(|_| Refused::Unread(Unread::OtherType))??;

    db.write(permit, async |tx| {
        let delegation =
            crate::delegations::store::hold(tx, code).await?.ok_or(Denied::Invisible)?;
        delegation.must_be_open("import")?;
        let (now, vault) = (tx.now, tx.vault);
        let members = bulk::list_of(tx, vault, code).await?;
        let Plan { preview, .. } = held_against(tx, code, &sheet.rows, members, ceremony).await?;
        let import =
            Import::previewed(code.clone(), sheet.format, preview.counts(), actor.account(), now);
        let content = Content { rows: sheet.rows.clone(), preview };
        store::insert(tx, vault, &import, &content).await?;
        let event = Event::of("import.previewed", import.id.uuid())
            .participant(code)
            .with(&json!({ "format": import.format, "rows": import.counts }));
        let shown = Shown { import, preview: Some(Said::List(content.preview)), now };
        Ok((Created(shown), event))
    })
    .await
}

/// An import, for who may see its delegation; what its rows say, for who may change it.
pub async fn find(db: &Db, actor: &Actor, id: ImportId) -> Result<Shown, Error> {
    let mut tx = db.read(&actor.see(Action::ListDelegations)?).await?;
    let import = store::find(&mut tx, id).await?.ok_or(Denied::Invisible)?;
    actor.see(Action::ReadDelegation(&import.participant))?;
    let now = db.clock.now();
    let is_open = import.state_at(now) == ImportState::Previewed;
    let preview = if is_open && actor.may(Action::PrepareDelegation(&import.participant)) {
        said(&mut tx, &db.vault, &import).await?
    } else {
        None
    };
    Ok(Shown { import, preview, now })
}

/// What an import would do, as it was answered.
async fn said(
    conn: &mut PgConnection,
    vault: &Vault,
    import: &Import,
) -> Result<Option<Said>, sqlx::Error> {
    if import.format == ImportFormat::Zip {
        let content: Option<photos::Content> = store::open(conn, vault, import.id).await?;
        return Ok(content.map(|content| Said::Photos(content.preview)));
    }
    let content: Option<Content> = store::open(conn, vault, import.id).await?;
    Ok(content.map(|content| Said::List(content.preview)))
}

/// Takes a list in, whole: new people as drafts, those whom nobody has passed on as they are said to be; for the others
/// it asks for the change (R37).
///
/// It does what its preview said, or nothing: where the delegation has changed so that it would do something else,
/// it is refused.
pub async fn commit(
    db: &Db,
    actor: &Actor,
    id: ImportId,
    if_match: &IfMatch,
    ceremony: &Ceremony,
) -> Result<Written<Shown>, Error> {
    let (permit, code) = permit(db, actor, id).await?;

    db.write(permit, async |tx| {
        let delegation =
            crate::delegations::store::lock(tx, &code).await?.ok_or(Denied::Invisible)?;
        let (now, vault) = (tx.now, tx.vault);
        let before = store::lock(tx, id).await?.ok_or(Denied::Invisible)?;
        if_match.check(before.version)?;
        let import = before.committed(now)?;
        delegation.must_be_open("import")?;
        let content: Content =
            store::open(tx, vault, id).await?.ok_or_else(|| Refused::Blocked {
                why: Why::Forgotten,
                faults: Faulty::Cells(Vec::new()),
                members: Vec::new(),
            })?;
        must_be_clean(&content.preview, Why::Faulty)?;
        let members = bulk::lock_of(tx, vault, &code).await?;
        let known = members.clone();
        let plan = held_against(tx, &code, &content.rows, members, ceremony).await?;
        if plan.preview != content.preview {
            must_be_clean(&plan.preview, Why::Outdated)?;
            return Err(outdated().into());
        }
        let known = known.into_iter().map(|known| (known.0.id, known)).collect();
        let (undo, events) = take_in(tx, &import, plan, known, actor.account()).await?;
        store::save(tx, vault, &import, Some(&undo)).await?;
        Ok((Shown { import, preview: None, now }, events))
    })
    .await
}

/// Forgets what lists say that nobody took in for a day. Answers how many there were.
pub async fn sweep(db: &Db) -> Result<u64, Error> {
    let mut tx = db.read(&Scope::all()).await?;
    let has_old = store::has_old(&mut tx, db.clock.now()).await?;
    drop(tx);
    if !has_old {
        return Ok(0);
    }
    let swept = db.write(Permit::service("sweep-imports"), async |tx| {
        let now = tx.now;
        let count = store::forget_old(tx, now).await?;
        let event = Event::at_large("import.expired").with(&json!({ "imports": count }));
        Ok::<_, Error>((Forgotten(count), event))
    });
    match swept.await? {
        Written::Fresh(Forgotten(count)) | Written::DryRun(Forgotten(count)) => Ok(count),
        Written::Replayed(_) => Ok(0),
    }
}

/// How many lists were forgotten.
struct Forgotten(u64);

impl Answer for Forgotten {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&self.0)
    }
}

/// What an import came in.
pub async fn format(db: &Db, actor: &Actor, id: ImportId) -> Result<ImportFormat, Error> {
    let mut tx = db.read(&actor.see(Action::ListDelegations)?).await?;
    Ok(store::find(&mut tx, id).await?.ok_or(Denied::Invisible)?.format)
}

/// The permit to commit an import or to take it back, and whose it is.
pub(super) async fn permit(
    db: &Db,
    actor: &Actor,
    id: ImportId,
) -> Result<(Permit, ParticipantCode), Error> {
    let mut tx = db.read(&actor.see(Action::ListDelegations)?).await?;
    let code = store::find(&mut tx, id).await?.ok_or(Denied::Invisible)?.participant;
    Ok((actor.permit(Action::PrepareDelegation(&code))?, code))
}

async fn held_against(
    tx: &mut Tx<'_>,
    code: &ParticipantCode,
    rows: &[ReadRow],
    members: Vec<(Member, Identity)>,
    ceremony: &Ceremony,
) -> Result<Plan, Error> {
    let calendar = Calendar { today: tx.now.date_naive(), last_day: ceremony.event.last_day };
    let taken = store::taken_outside(tx, code, &plan::addresses(rows)).await?;
    let vault = tx.vault;
    let asked = changes::bulk::open_of(tx, vault, code).await?;
    let places = quotas::places(tx, std::slice::from_ref(code)).await?;
    let present = Present {
        members: members.into_iter().map(|known| (known.0.id, known)).collect(),
        asked,
        taken_outside: taken.into_iter().collect(),
        places,
        calendar,
    };
    Ok(plan::plan(rows, present, &ceremony.quotas))
}

fn must_be_clean(preview: &Preview, why: Why) -> Result<(), Refused> {
    if preview.faults.is_empty() {
        return Ok(());
    }
    let faults = Faulty::Cells(preview.faults.clone());
    Err(Refused::Blocked { why, faults, members: Vec::new() })
}

/// Does what the plan says, and tells of each person that it came by this import.
async fn take_in(
    tx: &mut Tx<'_>,
    import: &Import,
    plan: Plan,
    mut known: HashMap<MemberId, (Member, Identity)>,
    by: AccountId,
) -> Result<(Vec<Undo>, Events), Error> {
    let (now, vault, code) = (tx.now, tx.vault, &import.participant);
    let mut told = Told::begun(import);
    let mut changed = Vec::with_capacity(plan.changed.len());
    for Change { member, person, identity } in plan.changed {
        let Some((before, sealed)) = known.remove(&member) else { continue };
        let after = before.clone().changed(person, now)?;
        let (was, is) = told::difference((&before.person, &sealed), (&after.person, &identity));
        let event = Event::of("member.changed", member.uuid()).participant(code);
        let before = columns::cells(&before.person, &sealed);
        told.add(event.changed(&was, &told.by_import(is)), Undo::Changed(left(&after), before));
        changed.push((after, identity));
    }
    let mut new = Vec::with_capacity(plan.new.len());
    for (person, identity) in plan.new {
        let member = Member::begun(code.clone(), person, now);
        let event = Event::of("member.created", member.id.uuid()).participant(code);
        let all = told.by_import(told::all(&member.person, &identity));
        told.add(event.with(&all), Undo::Entered(left(&member)));
        new.push((member, identity));
    }
    let mut asked = Vec::with_capacity(plan.asked.len());
    for Change { member, person, identity } in plan.asked {
        let Some((before, sealed)) = known.remove(&member) else { continue };
        let ask = Ask::of(&before, &sealed, (&person, &identity), None, by, now);
        let event = ask.event(&told.by_import(Map::new()));
        told.add(event, Undo::Asked(member, ask.request.id));
        asked.push(ask);
    }
    if !changed.is_empty() {
        bulk::save_all(tx, vault, &changed).await.map_err(taken)?;
    }
    if !new.is_empty() {
        bulk::insert_all(tx, vault, &new).await.map_err(taken)?;
    }
    if !asked.is_empty() && !changes::bulk::insert_all(tx, vault, &asked).await? {
        return Err(outdated().into());
    }
    Ok((told.undo, told.events))
}

fn left(member: &Member) -> Left {
    Left { member: member.id, version: member.version.0 }
}

fn outdated() -> Refused {
    Refused::Blocked { why: Why::Outdated, faults: Faulty::Cells(Vec::new()), members: Vec::new() }
}

/// What a commit tells, and what it keeps for being taken back.
struct Told {
    import: ImportId,
    events: Events,
    undo: Vec<Undo>,
}

impl Told {
    fn begun(import: &Import) -> Self {
        let event = Event::of("import.committed", import.id.uuid())
            .participant(&import.participant)
            .with(&json!({ "rows": import.counts }));
        Self { import: import.id, events: event.into(), undo: Vec::new() }
    }

    fn by_import(&self, mut told: Map<String, Value>) -> Map<String, Value> {
        told.insert("import".to_owned(), json!(self.import));
        told
    }

    fn add(&mut self, event: Event, undo: Undo) {
        self.events.push(event);
        self.undo.push(undo);
    }
}
