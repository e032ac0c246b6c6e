//! The questions that papers ask of the database.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::model::{Digest, Document, DocumentKind, DocumentState, FileName};
use super::papers::Locator;
use super::sniff::MediaType;
use crate::ids::{AccountId, DocumentId};
use crate::page::{Limit, Version};
use crate::text::{ParticipantCode, Reason};

/// Which papers to list.
#[derive(Debug, Default)]
pub struct Wanted<'a> {
    /// One of this identity.
    pub id: Option<DocumentId>,
    /// Of one participant.
    pub participant: Option<&'a ParticipantCode>,
    /// Of these kinds.
    pub kinds: Option<&'a [DocumentKind]>,
    /// In one of these states.
    pub states: Option<&'a [DocumentState]>,
    /// Changed since.
    pub updated_after: Option<DateTime<Utc>>,
    /// Behind this one in the order.
    pub after: Option<DocumentId>,
}

/// A paper by its identity, where it is in scope.
pub async fn find(
    conn: &mut PgConnection,
    id: DocumentId,
) -> Result<Option<Document>, sqlx::Error> {
    let wanted = Wanted { id: Some(id), ..Wanted::default() };
    Ok(list(conn, &wanted, Limit::default()).await?.pop())
}

/// What papers a participant has handed in, and how far each has come; the oldest first.
pub async fn held(
    conn: &mut PgConnection,
    participant: &ParticipantCode,
) -> Result<Vec<(DocumentKind, DocumentState)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select kind as "kind: DocumentKind", state as "state: DocumentState"
           from document where participant = $1 order by document_id"#,
        participant as _,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.kind, row.state)).collect())
}

/// A paper, its row locked.
pub async fn lock(
    conn: &mut PgConnection,
    id: DocumentId,
) -> Result<Option<Document>, sqlx::Error> {
    sqlx::query!("select document_id from document where document_id = $1 for update", id as _)
        .fetch_optional(&mut *conn)
        .await?;
    find(conn, id).await
}

/// Papers in the order in which they came, one more than a page holds.
pub async fn list(
    conn: &mut PgConnection,
    wanted: &Wanted<'_>,
    limit: Limit,
) -> Result<Vec<Document>, sqlx::Error> {
    sqlx::query_as!(
        Document,
        r#"select document_id as "id: DocumentId", participant as "participant: ParticipantCode",
                  kind as "kind: DocumentKind", state as "state: DocumentState", reason as "reason: Reason",
                  file_name as "file_name: FileName", media_type as "media_type: MediaType", size_bytes,
                  sha256 as "sha256: Digest", uploaded_by as "uploaded_by: AccountId", uploaded_at,
                  decided_by as "decided_by: AccountId", decided_at, updated_at, version as "version: Version"
           from document
           where ($1::uuid is null or document_id = $1) and ($2::text is null or participant = $2)
             and ($3::text[] is null or kind = any($3)) and ($4::text[] is null or state = any($4))
             and ($5::timestamptz is null or updated_at > $5) and ($6::uuid is null or document_id > $6)
           order by document_id limit $7"#,
        wanted.id as _,
        wanted.participant as _,
        wanted.kinds as _,
        wanted.states as _,
        wanted.updated_after,
        wanted.after as _,
        limit.fetch(),
    )
    .fetch_all(conn)
    .await
}

/// What the row knows of its content.
pub async fn find_locator(
    conn: &mut PgConnection,
    id: DocumentId,
) -> Result<Option<Locator>, sqlx::Error> {
    sqlx::query_as!(
        Locator,
        r#"select document_id as "id: DocumentId", sha256 as "sha256: Digest",
                  sealed_sha256 as "sealed_sha256: Digest", sealed_key
           from document where document_id = $1"#,
        id as _,
    )
    .fetch_optional(conn)
    .await
}

/// Which of these files belong to a row.
pub async fn list_known_files(
    conn: &mut PgConnection,
    files: &[Digest],
) -> Result<Vec<Digest>, sqlx::Error> {
    let files: Vec<Vec<u8>> = files.iter().map(|digest| digest.0.to_vec()).collect();
    sqlx::query_scalar!(
        r#"select sealed_sha256 as "sealed_sha256: Digest" from document where sealed_sha256 = any($1)"#,
        &files,
    )
    .fetch_all(conn)
    .await
}

/// Adds a paper whose content is stored.
pub async fn insert(
    conn: &mut PgConnection,
    document: &Document,
    sealed_sha256: Digest,
    sealed_key: &[u8],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into document (document_id, participant, kind, state, file_name, media_type, size_bytes, sha256,
                               sealed_key, sealed_sha256, uploaded_by, uploaded_at, updated_at, version)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        document.id as _,
        &document.participant as _,
        document.kind as _,
        document.state as _,
        &document.file_name as _,
        document.media_type as _,
        document.size_bytes,
        document.sha256 as _,
        sealed_key,
        sealed_sha256 as _,
        document.uploaded_by as _,
        document.uploaded_at,
        document.updated_at,
        document.version as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Stores what was decided.
pub async fn save(conn: &mut PgConnection, document: &Document) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update document set state = $2, reason = $3, decided_by = $4, decided_at = $5, updated_at = $6, version = $7
         where document_id = $1",
        document.id as _,
        document.state as _,
        &document.reason as _,
        document.decided_by as _,
        document.decided_at,
        document.updated_at,
        document.version as _,
    )
    .execute(conn)
    .await
    .map(drop)
}
