//! The questions that papers ask of the database.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;

use super::model::{Digest, Document, DocumentKind, DocumentState, FileName};
use super::papers::Locator;
use super::sniff::MediaType;
use crate::ids::{AccountId, DocumentId, ImportId, InstallationId, MemberId};
use crate::page::{Limit, Version};
use crate::text::{ParticipantCode, Reason};

/// Which papers to list.
#[derive(Debug, Default)]
pub struct Wanted<'a> {
    /// One of this identity.
    pub id: Option<DocumentId>,
    /// Of one participant.
    pub participant: Option<&'a ParticipantCode>,
    /// Of one member.
    pub member: Option<MemberId>,
    /// Of these kinds.
    pub kinds: Option<&'a [DocumentKind]>,
    /// In one of these states.
    pub states: Option<&'a [DocumentState]>,
    /// Whose last day is before this one.
    pub expires_before: Option<NaiveDate>,
    /// Changed since.
    pub updated_after: Option<DateTime<Utc>>,
    /// Behind this one in the order.
    pub after: Option<DocumentId>,
}

/// What a checklist needs to know of a paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Identity.
    pub id: DocumentId,
    /// Whose paper it is.
    pub participant: ParticipantCode,
    /// Whose of the delegation, where it is a member's.
    pub member: Option<MemberId>,
    /// What it is for.
    pub kind: DocumentKind,
    /// How far it has come.
    pub state: DocumentState,
    /// The last day on which it holds.
    pub expires_on: Option<NaiveDate>,
    /// When an officer had the original in hands.
    pub original_seen_at: Option<DateTime<Utc>>,
}

/// A paper by its identity, where it is in scope.
pub async fn find(
    conn: &mut PgConnection,
    id: DocumentId,
) -> Result<Option<Document>, sqlx::Error> {
    let wanted = Wanted { id: Some(id), ..Wanted::default() };
    Ok(list(conn, &wanted, Limit::default()).await?.pop())
}

/// What papers these participants have handed in, and how far each has come; the oldest first.
pub async fn held(
    conn: &mut PgConnection,
    participants: &[ParticipantCode],
) -> Result<Vec<Held>, sqlx::Error> {
    sqlx::query_as!(
        Held,
        r#"select document_id as "id: DocumentId", participant as "participant: ParticipantCode",
                  member_id as "member: MemberId", kind as "kind: DocumentKind", state as "state: DocumentState",
                  expires_on, original_seen_at
           from document where participant = any($1) order by document_id"#,
        participants as _,
    )
    .fetch_all(conn)
    .await
}

/// Holds a participant, so that one upload for it is counted after the other. Answers `false` where there is none.
pub async fn hold_participant(
    conn: &mut PgConnection,
    participant: &ParticipantCode,
) -> Result<bool, sqlx::Error> {
    let found = sqlx::query!(
        "select participant from participant where participant = $1 for no key update",
        participant as _,
    );
    Ok(found.fetch_optional(conn).await?.is_some())
}

/// How many papers a participant has handed in, and how many bytes they are together.
pub async fn count_held(
    conn: &mut PgConnection,
    participant: &ParticipantCode,
) -> Result<(i64, i64), sqlx::Error> {
    let row = sqlx::query!(
        r#"select count(*) as "papers!", coalesce(sum(size_bytes), 0)::bigint as "bytes!"
           from document where participant = $1"#,
        participant as _,
    )
    .fetch_one(conn)
    .await?;
    Ok((row.papers, row.bytes))
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

/// A paper, its row held as it is.
pub async fn hold(
    conn: &mut PgConnection,
    id: DocumentId,
) -> Result<Option<Document>, sqlx::Error> {
    sqlx::query!("select document_id from document where document_id = $1 for share", id as _)
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
                  member_id as "member: MemberId", kind as "kind: DocumentKind", state as "state: DocumentState", reason as "reason: Reason",
                  file_name as "file_name: FileName", media_type as "media_type: MediaType", size_bytes,
                  sha256 as "sha256: Digest", expires_on, uploaded_by as "uploaded_by: AccountId", uploaded_at,
                  original_seen_by as "original_seen_by: AccountId", original_seen_at, decided_by as "decided_by: AccountId", decided_at, updated_at, version as "version: Version"
           from document
           where ($1::uuid is null or document_id = $1) and ($2::text is null or participant = $2)
             and ($3::text[] is null or kind = any($3)) and ($4::text[] is null or state = any($4))
             and ($5::timestamptz is null or updated_at > $5) and ($6::uuid is null or document_id > $6)
             and ($7::uuid is null or member_id = $7) and ($8::date is null or expires_on < $8)
           order by document_id limit $9"#,
        wanted.id as _,
        wanted.participant as _,
        wanted.kinds as _,
        wanted.states as _,
        wanted.updated_after,
        wanted.after as _,
        wanted.member as _,
        wanted.expires_before,
        limit.fetch(),
    )
    .fetch_all(conn)
    .await
}

/// How many papers there are, wherever a page of them begins.
pub async fn count(conn: &mut PgConnection, wanted: &Wanted<'_>) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from document
           where ($1::uuid is null or document_id = $1) and ($2::text is null or participant = $2)
             and ($3::text[] is null or kind = any($3)) and ($4::text[] is null or state = any($4))
             and ($5::timestamptz is null or updated_at > $5)
             and ($6::uuid is null or member_id = $6) and ($7::date is null or expires_on < $7)"#,
        wanted.id as _,
        wanted.participant as _,
        wanted.kinds as _,
        wanted.states as _,
        wanted.updated_after,
        wanted.member as _,
        wanted.expires_before,
    )
    .fetch_one(conn)
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
    sqlx::query_scalar!(
        r#"select sealed_sha256 as "sealed_sha256: Digest" from document where sealed_sha256 = any($1)"#,
        &names(files),
    )
    .fetch_all(conn)
    .await
}

/// The files of all rows.
pub async fn named_files(conn: &mut PgConnection) -> Result<Vec<Digest>, sqlx::Error> {
    sqlx::query_scalar!(r#"select sealed_sha256 as "sealed_sha256: Digest" from document"#)
        .fetch_all(conn)
        .await
}

/// Whether there is any paper at all.
pub async fn is_any(conn: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(r#"select exists (select from document) as "is_any!""#)
        .fetch_one(conn)
        .await
}

/// Of which installation the database is, once it was started with.
pub async fn find_installation(
    conn: &mut PgConnection,
) -> Result<Option<InstallationId>, sqlx::Error> {
    sqlx::query_scalar!(r#"select installation_id as "id: InstallationId" from installation"#)
        .fetch_optional(conn)
        .await
}

/// Which of these files no row knows, and nobody has noticed yet.
pub async fn list_unnoticed_orphans(
    conn: &mut PgConnection,
    files: &[Digest],
) -> Result<Vec<Digest>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select f.sealed_sha256 as "sealed_sha256!: Digest" from unnest($1::bytea[]) f (sealed_sha256)
           where not exists (select from document d where d.sealed_sha256 = f.sealed_sha256)
             and not exists (select from orphan_file o where o.sealed_sha256 = f.sealed_sha256)"#,
        &names(files),
    )
    .fetch_all(conn)
    .await
}

/// Remembers files that no row knows, from now on.
pub async fn insert_orphans(conn: &mut PgConnection, files: &[Digest]) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into orphan_file (sealed_sha256) select unnest($1::bytea[])
         on conflict on constraint orphan_file_once do nothing",
        &names(files),
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Files that were noticed so many days ago, by the database's clock, and that still no row knows.
pub async fn list_outlived_orphans(
    conn: &mut PgConnection,
    days: i32,
) -> Result<Vec<Digest>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select sealed_sha256 as "sealed_sha256: Digest" from orphan_file o
           where seen_at < now() - make_interval(days => $1)
             and not exists (select from document d where d.sealed_sha256 = o.sealed_sha256)"#,
        days,
    )
    .fetch_all(conn)
    .await
}

/// Forgets files that were taken away.
pub async fn delete_orphans(conn: &mut PgConnection, files: &[Digest]) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from orphan_file where sealed_sha256 = any($1)", &names(files))
        .execute(conn)
        .await
        .map(drop)
}

fn names(files: &[Digest]) -> Vec<Vec<u8>> {
    files.iter().map(|digest| digest.0.to_vec()).collect()
}

/// Adds a paper whose content is stored.
pub async fn insert(
    conn: &mut PgConnection,
    document: &Document,
    sealed_sha256: Digest,
    sealed_key: &[u8],
    import: Option<ImportId>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into document (document_id, participant, kind, state, file_name, media_type, size_bytes, sha256,
                               sealed_key, sealed_sha256, uploaded_by, uploaded_at, updated_at, version, member_id, expires_on,
                               import_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
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
        document.member as _,
        document.expires_on,
        import as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Stores what was decided.
pub async fn save(conn: &mut PgConnection, document: &Document) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update document
         set state = $2, reason = $3, decided_by = $4, decided_at = $5, updated_at = $6, version = $7, expires_on = $8,
             original_seen_by = $9, original_seen_at = $10
         where document_id = $1",
        document.id as _,
        document.state as _,
        &document.reason as _,
        document.decided_by as _,
        document.decided_at,
        document.updated_at,
        document.version as _,
        document.expires_on,
        document.original_seen_by as _,
        document.original_seen_at,
    )
    .execute(conn)
    .await
    .map(drop)
}
