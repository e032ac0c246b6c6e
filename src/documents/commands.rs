//! What is done with papers.

use actix_web::web::Bytes;
use chrono::Duration;
use serde_json::json;

use super::model::{Digest, Document, DocumentKind, DocumentState, FileName, WrongState};
use super::papers::{self, Broken, Papers};
use super::sniff::{self, Unacceptable};
use super::{rights, store};
use crate::access::{Action, Actor, Denied};
use crate::db::{Created, Db, Event, Scope, Shut, Written};
use crate::ids::DocumentId;
use crate::page::{IfMatch, Stale, Version};
use crate::text::{ParticipantCode, Reason};

/// How long a file without a row is left alone: far longer than any upload takes, and long enough to notice that a
/// backup of the database that was put back is older than the files.
const ORPHAN_KEEP_DAYS: i64 = 7;

/// How many files are compared with the database at a time.
const SWEEP_BATCH_FILES: usize = 1000;

/// Why a command on papers was refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The policy says no.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The register does not know the participant.
    #[error("the register does not know this participant")]
    ParticipantUnknown,
    /// The file is not accepted for this kind of paper.
    #[error("{reason}")]
    Unacceptable {
        /// What was to be lodged.
        kind: DocumentKind,
        /// What is wrong with it.
        reason: Unacceptable,
    },
    /// The paper's state does not allow it.
    #[error(transparent)]
    WrongState(#[from] WrongState),
    /// Somebody changed it in the meantime.
    #[error(transparent)]
    Stale(#[from] Stale),
    /// The content could not be stored, or is not what was stored.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// The door for writes stayed shut.
    #[error(transparent)]
    Shut(#[from] Shut),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

/// A paper that somebody hands in.
pub struct Paper {
    /// Whose it is.
    pub participant: ParticipantCode,
    /// What it is for.
    pub kind: DocumentKind,
    /// What its file is called.
    pub file_name: Option<FileName>,
    /// The content.
    pub bytes: Bytes,
}

/// Takes a paper in: sniffed, sealed, durable in the file store, then in the database.
pub async fn upload(
    db: &Db,
    papers: &Papers,
    actor: &Actor,
    paper: Paper,
) -> Result<Written<Created<Document>>, Error> {
    let Paper { participant, kind, file_name, bytes } = paper;
    let permit = actor.permit(rights::lodge(kind, &participant))?;
    let media_type =
        sniff::examine(kind, &bytes).map_err(|reason| Error::Unacceptable { kind, reason })?;
    let file_name = FileName::of(file_name, kind, media_type);
    let size_bytes = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    let id = DocumentId::fresh();
    let (key, sealed_key) = db.vault.fresh_key(&papers::key_place(id));

    let turn = papers.turn().await?;
    let sealed = Papers::seal(id, key, bytes).await?;
    if !permit.is_dry_run() {
        papers.put(&sealed).await?;
    }
    drop(turn);

    let outcome = db
        .write(permit, async |tx| {
            let document = Document {
                id,
                participant: participant.clone(),
                kind,
                state: DocumentState::Received,
                reason: None,
                file_name: file_name.clone(),
                media_type,
                size_bytes,
                sha256: sealed.sha256,
                uploaded_by: actor.account(),
                uploaded_at: tx.now,
                decided_by: None,
                decided_at: None,
                updated_at: tx.now,
                version: Version(1),
            };
            let stored = store::insert(tx, &document, sealed.name, &sealed_key).await;
            stored.map_err(|error| {
                if crate::db::broke(&error, "document_participant_known") {
                    Error::ParticipantUnknown
                } else {
                    Error::Database(error)
                }
            })?;
            let event = Event::of("document.uploaded", id.uuid())
                .participant(&document.participant)
                .with(&traces(&document));
            Ok((Created(document), event))
        })
        .await;
    // Where the database failed, the row may yet have been committed: only what certainly has no row is taken away.
    if !matches!(outcome, Ok(Written::Fresh(_)) | Err(Error::Database(_)))
        && let Err(error) = papers.remove(&sealed.name).await
    {
        tracing::warn!(%error, "a file without a row stays until it is swept");
    }
    outcome
}

/// What is known of a paper, for who may know of it.
pub async fn find(db: &Db, actor: &Actor, id: DocumentId) -> Result<Document, Error> {
    let mut tx = db.read(&actor.see(Action::ListDelegations)?).await?;
    let document = store::find(&mut tx, id).await?.ok_or(Denied::Invisible)?;
    actor.see(rights::know(document.kind, &document.participant))?;
    Ok(document)
}

/// The content of a paper. That it was read is recorded before a byte of it goes out (R50).
pub async fn read(
    db: &Db,
    papers: &Papers,
    actor: &Actor,
    id: DocumentId,
) -> Result<(Document, Bytes), Error> {
    let document = find(db, actor, id).await?;
    let permit = actor.permit(rights::read(document.kind, &document.participant))?;
    let mut tx = db.read(permit.scope()).await?;
    let locator = store::find_locator(&mut tx, id).await?.ok_or(Denied::Invisible)?;
    drop(tx);
    let turn = papers.turn().await?;
    let content = papers.fetch(&db.vault, locator).await?;
    drop(turn);

    db.write(permit, async |_| {
        let event = Event::of("document.read", id.uuid()).participant(&document.participant);
        Ok::<_, Error>(((), event))
    })
    .await?;
    Ok((document, content))
}

/// Finds a paper in order.
pub async fn verify(
    db: &Db,
    actor: &Actor,
    id: DocumentId,
    if_match: &IfMatch,
) -> Result<Written<Document>, Error> {
    decide(db, actor, id, if_match, None).await
}

/// Finds a paper wanting.
pub async fn refuse(
    db: &Db,
    actor: &Actor,
    id: DocumentId,
    if_match: &IfMatch,
    reason: &Reason,
) -> Result<Written<Document>, Error> {
    decide(db, actor, id, if_match, Some(reason)).await
}

/// With a reason a paper is refused, without one it is verified.
async fn decide(
    db: &Db,
    actor: &Actor,
    id: DocumentId,
    if_match: &IfMatch,
    reason: Option<&Reason>,
) -> Result<Written<Document>, Error> {
    let known = find(db, actor, id).await?;
    let permit = actor.permit(rights::review(known.kind, &known.participant))?;

    db.write(permit, async |tx| {
        let now = tx.now;
        let before = store::lock(tx, id).await?.ok_or(Denied::Invisible)?;
        if_match.check(before.version)?;
        let was = before.state;
        let after = match reason {
            Some(reason) => before.refuse(actor.account(), now, reason.clone())?,
            None => before.verify(actor.account(), now)?,
        };
        store::save(tx, &after).await?;
        let kind = if reason.is_some() { "document.refused" } else { "document.verified" };
        let event = Event::of(kind, id.uuid())
            .participant(&after.participant)
            .changed(&json!({ "state": was }), &json!({ "state": after.state }))
            .because(reason);
        Ok((after, event))
    })
    .await
}

/// Takes away files that have had no row for a week, as a crash between file and row leaves them. Says how many.
pub async fn sweep(db: &Db, papers: &Papers) -> Result<usize, Error> {
    let files = papers.written_before(db.clock.now() - Duration::days(ORPHAN_KEEP_DAYS)).await?;
    let mut swept = 0;
    for batch in files.chunks(SWEEP_BATCH_FILES) {
        let mut tx = db.read(&Scope::all()).await?;
        let known = store::list_known_files(&mut tx, batch).await?;
        drop(tx);
        for orphan in orphans(batch, &known) {
            papers.remove(&orphan).await?;
            swept += 1;
        }
    }
    Ok(swept)
}

fn orphans(files: &[Digest], known: &[Digest]) -> Vec<Digest> {
    let known: std::collections::HashSet<&Digest> = known.iter().collect();
    files.iter().filter(|file| !known.contains(file)).copied().collect()
}

/// What the audit trail keeps of an upload for ever. The name of a file can name a person, and the hash of a
/// person's paper would outlive its erasure.
fn traces(document: &Document) -> serde_json::Value {
    let sha256 = (!document.kind.is_of_a_person()).then_some(document.sha256);
    json!({
        "kind": document.kind,
        "media_type": document.media_type,
        "size_bytes": document.size_bytes,
        "sha256": sha256,
    })
}
