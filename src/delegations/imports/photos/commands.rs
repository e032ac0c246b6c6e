//! What missions do with archives of photographs.

use std::collections::HashMap;

use actix_web::web::Bytes;
use serde_json::json;

use super::model::{Content, PhotoPreview};
use super::store::{self, Candidate};
use super::{archive, matching};
use crate::access::{Action, Actor, Denied};
use crate::config::Documents;
use crate::db::{Answer, Created, Db, Event, Events, Tx, Written};
use crate::delegations::commands::Error;
use crate::delegations::imports::api::{Said, Shown};
use crate::delegations::imports::commands::permit;
use crate::delegations::imports::model::{Import, ImportFormat, ImportRowState, ImportState, Left};
use crate::delegations::imports::refused::{Faulty, Refused, Unread, Why};
use crate::delegations::imports::store as imports;
use crate::delegations::store as delegations;
use crate::documents::{self, Digest, DocumentKind, FileName, Lodged, Paper, Papers};
use crate::ids::{ImportId, MemberId};
use crate::page::IfMatch;
use crate::text::ParticipantCode;

/// Reads an archive and says whose photographs it holds. Nothing of it is among the papers yet; it waits in their store,
/// sealed under a key that only the import has.
pub async fn preview(
    db: &Db,
    papers: &Papers,
    limits: &Documents,
    actor: &Actor,
    code: &ParticipantCode,
    bytes: Bytes,
) -> Result<Written<Created<Shown>>, Error> {
    let permit = actor.permit(Action::PrepareDelegation(code))?;
    let (photo, packed) = (limits.photo, bytes.clone());
    // Files are read a few at a time, and not where requests are served.
    let turn = papers.turn().await.map_err(documents::Error::from)?;
    let read = tokio::task::spawn_blocking(move || archive::read(&packed, &photo)).await;
    let seen = read.map_err(|_| Refused::Unread(Unread::NoArchive))??;
    let parcel = papers.deposit(bytes, !permit.is_dry_run()).await;
    let parcel = parcel.map_err(documents::Error::from)?;
    drop(turn);
    let name = parcel.name;

    let outcome = db
        .write(permit, async |tx| {
            let delegation = delegations::hold(tx, code).await?.ok_or(Denied::Invisible)?;
            delegation.must_be_open("import")?;
            let (now, vault) = (tx.now, tx.vault);
            let preview = matching::plan(&seen, &store::candidates(tx, code).await?);
            let counts = preview.counts();
            let import =
                Import::previewed(code.clone(), ImportFormat::Zip, counts, actor.account(), now);
            let content =
                Content { archive: parcel.clone(), seen: seen.clone(), preview: preview.clone() };
            imports::insert(tx, vault, &import, &content).await?;
            let event = Event::of("import.previewed", import.id.uuid())
                .participant(code)
                .with(&json!({ "format": import.format, "files": import.counts }));
            Ok((Created(Shown { import, preview: Some(Said::Photos(preview)), now }), event))
        })
        .await;
    // Where the database failed, the import may yet have been committed.
    if !matches!(outcome, Ok(Written::Fresh(_)) | Err(Error::Database(_))) {
        documents::discard(papers, &[name]).await;
    }
    outcome
}

/// Takes the photographs in, whole: each becomes a paper of its member. What its preview said, or nothing.
pub async fn commit(
    db: &Db,
    papers: &Papers,
    limits: &Documents,
    actor: &Actor,
    id: ImportId,
    if_match: &IfMatch,
) -> Result<Written<Shown>, Error> {
    let (permit, code) = permit(db, actor, id).await?;
    let waiting = waiting(db, actor, id, &code).await?;
    let lodged = match &waiting {
        Some(content) => lodge(papers, limits, &code, content, !permit.is_dry_run()).await?,
        None => Vec::new(),
    };
    let by = actor.account();

    let outcome = db
        .write(permit, async |tx| {
            let delegation = delegations::lock(tx, &code).await?.ok_or(Denied::Invisible)?;
            let (now, vault) = (tx.now, tx.vault);
            let before = imports::lock(tx, id).await?.ok_or(Denied::Invisible)?;
            if_match.check(before.version)?;
            let import = before.committed(now)?;
            delegation.must_be_open("import")?;
            let content = waiting.as_ref().ok_or_else(|| blocked(Why::Forgotten, Vec::new()))?;
            let candidates = store::candidates(tx, &code).await?;
            must_be_as_said(content, &matching::plan(&content.seen, &candidates))?;
            documents::within_quota(tx, &code, &lodged, limits).await?;
            let mut events = Events::from(
                Event::of("import.committed", import.id.uuid())
                    .participant(&code)
                    .with(&json!({ "files": import.counts })),
            );
            imports::save(tx, vault, &import, Some(&left(&candidates, &lodged))).await?;
            for photograph in &lodged {
                let (_, event) = documents::enter(tx, photograph, by, Some(id)).await?;
                events.push(event);
            }
            Ok((Shown { import, preview: None, now }, events))
        })
        .await;
    match &outcome {
        Ok(Written::Fresh(_)) => {
            let archive: Vec<_> = waiting.iter().map(|content| content.archive.name).collect();
            documents::discard(papers, &archive).await;
        }
        Err(Error::Database(_)) => {}
        _ => documents::discard(papers, &lodged.iter().map(Lodged::file).collect::<Vec<_>>()).await,
    }
    outcome
}

/// Takes the photographs back: while no officer has looked at one, and nobody has touched their members since.
pub async fn roll_back(
    db: &Db,
    papers: &Papers,
    actor: &Actor,
    id: ImportId,
    if_match: &IfMatch,
) -> Result<Written<Shown>, Error> {
    let (permit, code) = permit(db, actor, id).await?;

    let outcome = db
        .write(permit, async |tx| {
            delegations::lock(tx, &code).await?.ok_or(Denied::Invisible)?;
            let (now, vault) = (tx.now, tx.vault);
            let before = imports::lock(tx, id).await?.ok_or(Denied::Invisible)?;
            if_match.check(before.version)?;
            let import = before.rolled_back(now)?;
            let left: Option<Vec<Left>> = imports::open(tx, vault, id).await?;
            let left = left.ok_or_else(|| blocked(Why::Forgotten, Vec::new()))?;
            let (events, files) = take_back(tx, &code, id, &left).await?;
            imports::save(tx, vault, &import, None::<&()>).await?;
            Ok::<_, Error>((RolledBack(Shown { import, preview: None, now }, files), events))
        })
        .await?;
    Ok(match outcome {
        Written::Fresh(RolledBack(shown, files)) => {
            documents::discard(papers, &files).await;
            Written::Fresh(shown)
        }
        Written::DryRun(RolledBack(shown, _)) => Written::DryRun(shown),
        Written::Replayed(stored) => Written::Replayed(stored),
    })
}

/// An import that was taken back, and the files that are nobody's any more.
struct RolledBack(Shown, Vec<Digest>);

impl Answer for RolledBack {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        self.0.body()
    }
    fn etag(&self) -> Option<String> {
        self.0.etag()
    }
    fn location(&self) -> Option<String> {
        self.0.location()
    }
}

/// What a preview keeps, while it waits for its commit.
async fn waiting(
    db: &Db,
    actor: &Actor,
    id: ImportId,
    code: &ParticipantCode,
) -> Result<Option<Content>, Error> {
    let mut tx = db.read(&actor.see(Action::ReadDelegation(code))?).await?;
    let import = imports::find(&mut tx, id).await?.ok_or(Denied::Invisible)?;
    if import.state_at(db.clock.now()) != ImportState::Previewed {
        return Ok(None);
    }
    Ok(imports::open(&mut tx, &db.vault, id).await?)
}

/// Puts the photographs that are to be taken in among the papers, without a row yet.
async fn lodge(
    papers: &Papers,
    limits: &Documents,
    code: &ParticipantCode,
    content: &Content,
    for_good: bool,
) -> Result<Vec<Lodged>, Error> {
    if !content.preview.faults.is_empty() {
        return Ok(Vec::new());
    }
    let turn = papers.turn().await.map_err(documents::Error::from)?;
    let packed = papers.collect(&content.archive).await.map_err(documents::Error::from)?;
    let mut lodged = Vec::new();
    // One after the other: what is in memory is the archive, and one photograph.
    for (file, seen) in content.preview.files.iter().zip(&content.seen) {
        if !matches!(file.state, ImportRowState::New | ImportRowState::Changed) {
            continue;
        }
        let (packed, index, photo) = (packed.clone(), seen.index, limits.photo);
        let read = tokio::task::spawn_blocking(move || archive::extract(&packed, index, &photo));
        let bytes = read.await.map_err(|_| Refused::Unread(Unread::NoArchive))??;
        let name = seen.file.rsplit('/').next().unwrap_or_default();
        let paper = Paper {
            participant: code.clone(),
            member: file.member,
            kind: DocumentKind::Photo,
            file_name: FileName::parse(name).ok(),
            expires_on: None,
            bytes,
        };
        lodged.push(documents::lodge(papers, limits, paper, for_good).await?);
    }
    drop(turn);
    Ok(lodged)
}

fn must_be_as_said(content: &Content, now: &PhotoPreview) -> Result<(), Refused> {
    let faulty = |why, preview: &PhotoPreview| Refused::Blocked {
        why,
        faults: Faulty::Files(preview.faults.clone()),
        members: Vec::new(),
    };
    if !content.preview.faults.is_empty() {
        return Err(faulty(Why::Faulty, &content.preview));
    }
    if *now == content.preview { Ok(()) } else { Err(faulty(Why::Outdated, now)) }
}

/// The members as a commit leaves them.
fn left(candidates: &[Candidate], lodged: &[Lodged]) -> Vec<Left> {
    let versions: HashMap<_, _> = candidates.iter().map(|one| (one.id, one.version)).collect();
    let members = lodged.iter().filter_map(|photograph| photograph.member);
    let left = |member| Some(Left { member, version: *versions.get(&member)? });
    members.filter_map(left).collect()
}

async fn take_back(
    tx: &mut Tx<'_>,
    code: &ParticipantCode,
    id: ImportId,
    left: &[Left],
) -> Result<(Events, Vec<Digest>), Error> {
    let candidates = store::candidates(tx, code).await?;
    let versions: HashMap<_, _> = candidates.iter().map(|one| (one.id, one.version)).collect();
    let gone = store::take_back(tx, id).await?;
    let is_as_left = |left: &&Left| {
        versions.get(&left.member) == Some(&left.version)
            && gone.iter().any(|paper| paper.member == Some(left.member))
    };
    let touched: Vec<_> =
        left.iter().filter(|left| !is_as_left(left)).map(|left| left.member).collect();
    if !touched.is_empty() {
        return Err(blocked(Why::BuiltOn, touched).into());
    }
    let mut events = Events::from(Event::of("import.rolled_back", id.uuid()).participant(code));
    for paper in &gone {
        let about = json!({ "import": id, "member": paper.member, "kind": DocumentKind::Photo });
        events
            .push(Event::of("document.taken_back", paper.id.uuid()).participant(code).with(&about));
    }
    Ok((events, gone.into_iter().map(|paper| paper.file).collect()))
}

fn blocked(why: Why, members: Vec<MemberId>) -> Refused {
    Refused::Blocked { why, faults: Faulty::Files(Vec::new()), members }
}
