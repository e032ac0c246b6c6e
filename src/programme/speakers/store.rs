//! The questions that speakers' lists ask of the database.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::model::{MOST_REPLIES, Speech, Statement, StatementKind, StatementState};
use crate::delegations::Rank;
use crate::ids::{AccountId, DocumentId, SessionId, StatementId};
use crate::page::Version;
use crate::programme::sessions::Access;
use crate::text::{Label, Language, ParticipantCode, PersonName};

struct Row {
    id: StatementId,
    session: SessionId,
    participant: ParticipantCode,
    kind: StatementKind,
    state: StatementState,
    speaker: PersonName,
    title: Option<Label>,
    rank: Rank,
    language: Language,
    on_behalf_of: Option<Label>,
    preferred: Option<Label>,
    text: Option<DocumentId>,
    inscribed_at: DateTime<Utc>,
    place_class: i32,
    place_at: DateTime<Utc>,
    swap_with: Option<ParticipantCode>,
    swapped_at: Option<DateTime<Utc>>,
    called_at: Option<DateTime<Utc>>,
    started_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
    reply_number: Option<i32>,
    version: Version,
}

impl From<Row> for Statement {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            session: row.session,
            participant: row.participant,
            kind: row.kind,
            state: row.state,
            speech: Speech {
                speaker: row.speaker,
                title: row.title,
                rank: row.rank,
                language: row.language,
                on_behalf_of: row.on_behalf_of,
                preferred: row.preferred,
            },
            text: row.text,
            inscribed_at: row.inscribed_at,
            place: (row.place_class, row.place_at),
            swap_with: row.swap_with,
            swapped_at: row.swapped_at,
            called_at: row.called_at,
            started_at: row.started_at,
            ended_at: row.ended_at,
            reply_number: row.reply_number,
            version: row.version,
        }
    }
}

/// Statements; the one place that says how a row is read.
macro_rules! select {
    ($tail:literal; $($value:expr),*) => {
        sqlx::query_as!(
            Row,
            r#"select statement_id as "id: StatementId", session_id as "session: SessionId",
                      participant as "participant: ParticipantCode", kind as "kind: StatementKind",
                      state as "state: StatementState", speaker as "speaker: PersonName", title as "title: Label",
                      rank as "rank: Rank", language as "language: Language", on_behalf_of as "on_behalf_of: Label",
                      preferred as "preferred: Label", document_id as "text: DocumentId", inscribed_at, place_class, place_at,
                      swap_with as "swap_with: ParticipantCode", swapped_at, called_at, started_at, ended_at,
                      reply_number, version as "version: Version"
               from statement "# + $tail,
            $($value),*
        )
    };
}

/// A session that has a list, as it was released.
pub struct Plenary {
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// Who may come.
    pub access: Access,
}

/// A session, where it has a list: it is a released plenary that takes place.
pub async fn plenary(
    conn: &mut PgConnection,
    session: SessionId,
    now: DateTime<Utc>,
) -> Result<Option<Plenary>, sqlx::Error> {
    sqlx::query_as!(
        Plenary,
        r#"select r.starts_at, r.access as "access: Access" from released_session r join session s using (session_id)
           where r.session_id = $1 and r.version = (select max(version) from programme_release)
             and r.content ->> 'kind' = 'plenary' and s.cancelled_at is null
             and coalesce(greatest(r.embargo_ends_at, s.embargo_ends_at) <= $2, true)"#,
        session as _,
        now,
    )
    .fetch_optional(conn)
    .await
}

/// Holds the list of a session: whoever changes it does so alone.
pub async fn hold(conn: &mut PgConnection, session: SessionId) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "select session_id from session where session_id = $1 for no key update",
        session as _
    )
    .fetch_optional(conn)
    .await
    .map(drop)
}

/// Adds a statement. Answers `false` where the mission has one already, or has used this reply.
pub async fn insert(
    conn: &mut PgConnection,
    new: &Statement,
    by: AccountId,
) -> Result<bool, sqlx::Error> {
    let speech = &new.speech;
    let done = sqlx::query!(
        "insert into statement (statement_id, session_id, participant, kind, speaker, title, rank, language, on_behalf_of,
             preferred, inscribed_by, inscribed_at, place_class, place_at, reply_number, version)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
         on conflict do nothing",
        new.id as _,
        new.session as _,
        &new.participant as _,
        new.kind as _,
        &speech.speaker as _,
        speech.title.as_ref() as _,
        speech.rank as _,
        &speech.language as _,
        speech.on_behalf_of.as_ref() as _,
        speech.preferred.as_ref() as _,
        by as _,
        new.inscribed_at,
        new.place.0,
        new.place.1,
        new.reply_number,
        new.version as _,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Stores a change, a step or an exchange.
pub async fn save(conn: &mut PgConnection, statement: &Statement) -> Result<(), sqlx::Error> {
    let speech = &statement.speech;
    sqlx::query!(
        "update statement set state = $2, speaker = $3, title = $4, rank = $5, language = $6, on_behalf_of = $7,
             preferred = $8, place_class = $9, place_at = $10, swap_with = $11, swapped_at = $12, called_at = $13,
             started_at = $14, ended_at = $15, version = $16, document_id = $17
         where statement_id = $1",
        statement.id as _,
        statement.state as _,
        &speech.speaker as _,
        speech.title.as_ref() as _,
        speech.rank as _,
        &speech.language as _,
        speech.on_behalf_of.as_ref() as _,
        speech.preferred.as_ref() as _,
        statement.place.0,
        statement.place.1,
        statement.swap_with.as_ref() as _,
        statement.swapped_at,
        statement.called_at,
        statement.started_at,
        statement.ended_at,
        statement.version as _,
        statement.text as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// A statement of a session.
pub async fn find(
    conn: &mut PgConnection,
    session: SessionId,
    id: StatementId,
) -> Result<Option<Statement>, sqlx::Error> {
    let row = select!("where statement_id = $2 and session_id = $1"; session as _, id as _);
    Ok(row.fetch_optional(conn).await?.map(Statement::from))
}

/// The statements of a session.
pub async fn list(
    conn: &mut PgConnection,
    session: SessionId,
) -> Result<Vec<Statement>, sqlx::Error> {
    let rows =
        select!("where session_id = $1 order by place_class, place_at, statement_id"; session as _);
    Ok(rows.fetch_all(conn).await?.into_iter().map(Statement::from).collect())
}

/// The first reply that a participant has not asked for or made in a session; none where it has used its right.
pub async fn free_reply(
    conn: &mut PgConnection,
    session: SessionId,
    participant: &ParticipantCode,
) -> Result<Option<i32>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select number as "number!" from generate_series(1, $3::int) number
           where not exists (select from statement where session_id = $1 and participant = $2
                             and reply_number = number and state <> 'withdrawn')
           order by number limit 1"#,
        session as _,
        participant as _,
        MOST_REPLIES,
    )
    .fetch_optional(conn)
    .await
}
