//! What is done with papers.

use actix_web::web::Bytes;
use chrono::NaiveDate;
use serde_json::json;

use super::model::{Digest, Document, DocumentKind, FileName, WrongState};
use super::papers::{Broken, Papers};
use super::photo::Warning;
use super::sniff::Unacceptable;
use super::{lodging, rights, store};
use crate::access::{Action, Actor, Denied, Permit};
use crate::config::Documents;
use crate::db::{Created, Db, Event, Scope, Shut, Tx, Written};
use crate::ids::{DocumentId, MemberId};
use crate::input::Faults;
use crate::page::{IfMatch, Stale};
use crate::text::{ParticipantCode, Reason};

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
    /// Values that do not go with this kind of paper, or with the day.
    #[error("some values are not accepted")]
    Faults(Faults),
    /// The participant has no such member.
    #[error("the participant has no such member")]
    MemberUnknown,
    /// The participant has handed in as much as is accepted.
    #[error("the participant has handed in as much as is accepted")]
    QuotaExceeded {
        /// How many papers it has, and how many it may have.
        papers: (i64, i64),
        /// How many bytes they are, this one included, and how many they may be.
        bytes: (i64, i64),
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
    /// Whose of the delegation, where it is a member's.
    pub member: Option<MemberId>,
    /// What it is for.
    pub kind: DocumentKind,
    /// What its file is called.
    pub file_name: Option<FileName>,
    /// The last day on which it holds.
    pub expires_on: Option<NaiveDate>,
    /// The content.
    pub bytes: Bytes,
}

/// A paper that was taken in, and what its owner should know about it.
pub struct TakenIn {
    /// The paper.
    pub document: Document,
    /// What is accepted and will be noticed.
    pub warnings: Vec<Warning>,
}

/// Takes a paper in: sniffed, sealed, durable in the file store, then in the database.
pub async fn upload(
    db: &Db,
    papers: &Papers,
    limits: &Documents,
    actor: &Actor,
    paper: Paper,
) -> Result<Written<Created<TakenIn>>, Error> {
    let permit = actor.permit(rights::lodge(paper.kind, &paper.participant))?;
    plausible(&paper, db.clock.now().date_naive())?;
    let turn = papers.turn().await?;
    let lodged = [lodging::lodge(papers, limits, paper, !permit.is_dry_run()).await?];
    drop(turn);
    let [paper] = &lodged;
    let file = paper.file();

    let outcome = db
        .write(permit, async |tx| {
            lodging::within_quota(tx, paper.participant(), &lodged, limits).await?;
            let (document, event) = lodging::enter(tx, paper, actor.account(), None).await?;
            let warnings = paper.warnings.clone();
            Ok((Created(TakenIn { document, warnings }), event))
        })
        .await;
    // Where the database failed, the row may yet have been committed: only what certainly has no row is taken away.
    if !matches!(outcome, Ok(Written::Fresh(_)) | Err(Error::Database(_)))
        && let Err(error) = papers.remove(&file).await
    {
        tracing::warn!(%error, "a file without a row stays until it is swept");
    }
    outcome
}

/// What can be told from the parameters alone.
fn plausible(paper: &Paper, today: NaiveDate) -> Result<(), Error> {
    let mut faults = Faults::default();
    if paper.member.is_some() && paper.kind.is_of_the_mission() {
        let detail = "a paper of this kind is the mission's, not a member's";
        faults.add("/member", "not_of_a_member", detail);
    }
    if paper.expires_on.is_some() {
        may_expire(paper.kind, &mut faults);
    }
    ahead(paper.expires_on, today, &mut faults);
    faults.none_or().map_err(Error::Faults)
}

fn may_expire(kind: DocumentKind, faults: &mut Faults) {
    if !kind.may_expire() {
        let detail = "until when a passport is valid is said in its holder's entry";
        faults.add("/expires_on", "not_accepted", detail);
    }
}

fn ahead(expires_on: Option<NaiveDate>, today: NaiveDate, faults: &mut Faults) {
    if expires_on.is_some_and(|last| last < today) {
        faults.add("/expires_on", "too_early", "a paper that still holds today is expected");
    }
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
    let content = content_of(db, papers, permit.scope(), id).await?;

    db.write(permit, async |_| {
        let event = Event::of("document.read", id.uuid()).participant(&document.participant);
        Ok::<_, Error>(((), event))
    })
    .await?;
    Ok((document, content))
}

/// The content of a paper, for whoever has seen to it that it may be read and that the reading is recorded.
pub async fn content_of(
    db: &Db,
    papers: &Papers,
    scope: &Scope,
    id: DocumentId,
) -> Result<Bytes, Error> {
    let mut tx = db.read(scope).await?;
    let locator = store::find_locator(&mut tx, id).await?.ok_or(Denied::Invisible)?;
    drop(tx);
    let _turn = papers.turn().await?;
    Ok(papers.fetch(&db.vault, locator).await?)
}

/// What an officer finds.
#[derive(Debug)]
pub enum Finding {
    /// The paper is in order, and holds until this day where that was not known yet.
    InOrder(Option<NaiveDate>),
    /// The paper is wanting.
    Wanting(Reason),
    /// The original was there.
    Original,
}

/// Says what an officer found.
pub async fn review(
    db: &Db,
    actor: &Actor,
    id: DocumentId,
    if_match: &IfMatch,
    finding: &Finding,
) -> Result<Written<Document>, Error> {
    let permit = reviewer(db, actor, id).await?;

    db.write(permit, async |tx| find_so(tx, actor, id, if_match, finding).await).await
}

/// The permit to say what was found of a paper.
pub async fn reviewer(db: &Db, actor: &Actor, id: DocumentId) -> Result<Permit, Error> {
    let known = find(db, actor, id).await?;
    Ok(actor.permit(rights::review(known.kind, &known.participant))?)
}

/// Says what an officer found, as a part of what a transaction does.
pub async fn find_so(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: DocumentId,
    if_match: &IfMatch,
    finding: &Finding,
) -> Result<(Document, Event), Error> {
    let now = tx.now;
    let before = store::lock(tx, id).await?.ok_or(Denied::Invisible)?;
    if_match.check(before.version)?;
    let was = progress(&before);
    let (event, reason, after) = match finding {
        Finding::InOrder(expires_on) => {
            let after = before.verify(actor.account(), now, *expires_on)?;
            still_holds(&after, *expires_on, now.date_naive())?;
            ("document.verified", None, after)
        }
        Finding::Wanting(reason) => {
            let after = before.refuse(actor.account(), now, reason.clone())?;
            ("document.refused", Some(reason), after)
        }
        Finding::Original => {
            ("document.original_seen", None, before.see_original(actor.account(), now)?)
        }
    };
    store::save(tx, &after).await?;
    let event = Event::of(event, id.uuid())
        .participant(&after.participant)
        .changed(&was, &progress(&after))
        .because(reason);
    Ok((after, event))
}

/// A paper that is past its last day is not in order, whenever that day was said.
fn still_holds(
    document: &Document,
    given: Option<NaiveDate>,
    today: NaiveDate,
) -> Result<(), Error> {
    let mut faults = Faults::default();
    if given.is_some() {
        may_expire(document.kind, &mut faults);
    }
    ahead(document.expires_on, today, &mut faults);
    faults.none_or().map_err(Error::Faults)
}

/// Removes the files of papers that are forgotten. Their keys are gone: what cannot be removed now opens to nobody, and is
/// swept later.
pub async fn discard(papers: &Papers, files: &[Digest]) {
    for file in files {
        if let Err(error) = papers.remove(file).await {
            tracing::warn!(%error, "a forgotten paper's file stays until it is swept");
        }
    }
}

/// What the audit trail keeps of how far a paper has come. When a person's paper ends is the person's.
fn progress(document: &Document) -> serde_json::Value {
    json!({
        "state": document.state,
        "original_seen": document.original_seen_at.is_some(),
        "expires_on": document.expires_on.filter(|_| !document.kind.is_of_a_person()),
    })
}
