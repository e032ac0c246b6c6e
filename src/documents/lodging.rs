//! Papers on their way in: looked at, sealed, durable in the store, and only then mentioned by a row.

use chrono::NaiveDate;
use serde_json::json;

use super::commands::{Error, Paper};
use super::model::{Digest, Document, DocumentKind, DocumentState, FileName};
use super::papers::{Papers, Parcel};
use super::photo::{self, Warning};
use super::sniff::{self, Found, MediaType, Unacceptable};
use super::store;
use crate::config::{Documents, Photo};
use crate::db::{Event, Tx};
use crate::ids::{AccountId, ImportId, MemberId};
use crate::page::Version;
use crate::text::ParticipantCode;
use crate::vault::Wrapped;

/// A paper whose content is in the store, and that has no row yet.
pub struct Lodged {
    /// Whose of the delegation, where it is a member's.
    pub member: Option<MemberId>,
    /// What is accepted and will be noticed.
    pub warnings: Vec<Warning>,
    participant: ParticipantCode,
    kind: DocumentKind,
    file_name: FileName,
    media_type: MediaType,
    size_bytes: i64,
    expires_on: Option<NaiveDate>,
    parcel: Parcel,
}

impl Lodged {
    /// Whose it is.
    #[must_use]
    pub fn participant(&self) -> &ParticipantCode {
        &self.participant
    }

    /// The file in the store.
    #[must_use]
    pub fn file(&self) -> Digest {
        self.parcel.name
    }
}

/// Looks at a paper, and seals its content into the store, where it is for good. Hold a turn meanwhile.
pub async fn lodge(
    papers: &Papers,
    limits: &Documents,
    paper: Paper,
    for_good: bool,
) -> Result<Lodged, Error> {
    let Paper { participant, member, kind, file_name, expires_on, bytes } = paper;
    let (media_type, warnings) =
        examine(kind, &bytes, limits).map_err(|reason| Error::Unacceptable { kind, reason })?;
    let file_name = FileName::of(file_name, kind, media_type);
    let size_bytes = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    let parcel = papers.deposit(bytes, for_good).await?;
    Ok(Lodged {
        member,
        warnings,
        participant,
        kind,
        file_name,
        media_type,
        size_bytes,
        expires_on,
        parcel,
    })
}

/// What content is, and what is to be said about it.
fn examine(
    kind: DocumentKind,
    bytes: &[u8],
    limits: &Documents,
) -> Result<(MediaType, Vec<Warning>), Unacceptable> {
    let Found { media_type, size } = sniff::examine(kind, bytes)?;
    let size = size.filter(|_| kind == DocumentKind::Photo);
    let warnings = size.map(|size| photo::judge(size, bytes.len(), &limits.photo));
    Ok((media_type, warnings.transpose()?.unwrap_or_default()))
}

/// Whether content is a photograph, and what is to be said about it.
pub fn judge_photo(bytes: &[u8], limits: &Photo) -> Result<Vec<Warning>, Unacceptable> {
    if bytes.len() > limits.limit_bytes.length() {
        return Err(Unacceptable::TooManyBytes { limit: limits.limit_bytes.length() });
    }
    let Found { size, .. } = sniff::examine(DocumentKind::Photo, bytes)?;
    photo::judge(size.ok_or(Unacceptable::OtherType)?, bytes.len(), limits)
}

/// Adds the row of a paper whose content is in the store.
pub async fn enter(
    tx: &mut Tx<'_>,
    lodged: &Lodged,
    by: AccountId,
    import: Option<ImportId>,
) -> Result<(Document, Event), Error> {
    let id = lodged.parcel.id;
    let document = Document {
        id,
        participant: lodged.participant.clone(),
        member: lodged.member,
        kind: lodged.kind,
        state: DocumentState::Received,
        reason: None,
        file_name: lodged.file_name.clone(),
        media_type: lodged.media_type,
        size_bytes: lodged.size_bytes,
        sha256: lodged.parcel.sha256,
        expires_on: lodged.expires_on,
        uploaded_by: by,
        uploaded_at: tx.now,
        original_seen_by: None,
        original_seen_at: None,
        decided_by: None,
        decided_at: None,
        updated_at: tx.now,
        version: Version(1),
    };
    let wrapped = tx.vault.wrap(Wrapped::Document, id, &lodged.parcel.key);
    let stored = store::insert(tx, &document, lodged.parcel.name, &wrapped, import).await;
    stored.map_err(|error| {
        if crate::db::broke(&error, "document_of_a_member") {
            Error::MemberUnknown
        } else {
            Error::Database(error)
        }
    })?;
    let event = Event::of("document.uploaded", id.uuid())
        .participant(&document.participant)
        .with(&traces(&document, import));
    Ok((document, event))
}

/// Counts what a participant has handed in, one upload after the other, and refuses what would be too much.
pub async fn within_quota(
    tx: &mut Tx<'_>,
    participant: &ParticipantCode,
    more: &[Lodged],
    limits: &Documents,
) -> Result<(), Error> {
    if !store::hold_participant(tx, participant).await? {
        return Err(Error::ParticipantUnknown);
    }
    let (held, bytes) = store::count_held(tx, participant).await?;
    let papers = held.saturating_add(i64::try_from(more.len()).unwrap_or(i64::MAX));
    let bytes = more.iter().fold(bytes, |bytes, paper| bytes.saturating_add(paper.size_bytes));
    let papers_limit = i64::from(limits.quota_papers.get());
    let bytes_limit = i64::from(limits.quota_mebibytes.get()) * 1_048_576;
    if papers > papers_limit || bytes > bytes_limit {
        let (papers, bytes) = ((held, papers_limit), (bytes, bytes_limit));
        return Err(Error::QuotaExceeded { papers, bytes });
    }
    Ok(())
}

/// What the audit trail keeps of an upload for ever. The name of a file can name a person, and the hash of a
/// person's paper would outlive its erasure.
fn traces(document: &Document, import: Option<ImportId>) -> serde_json::Value {
    let sha256 = (!document.kind.is_of_a_person()).then_some(document.sha256);
    let mut traces = json!({
        "kind": document.kind,
        "member": document.member,
        "media_type": document.media_type,
        "size_bytes": document.size_bytes,
        "sha256": sha256,
    });
    if let (Some(import), Some(traces)) = (import, traces.as_object_mut()) {
        traces.insert("import".to_owned(), json!(import));
    }
    traces
}
