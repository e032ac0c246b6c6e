//! The questions that sessions ask of the database.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::model::{Access, Announced, Cancelled, Facts, Session, SessionKind};
use crate::ids::{AccountId, RoomId, SessionId};
use crate::page::{AnyOf, Limit, Truth, Version};
use crate::programme::rooms::{Equipment, FrameKey, Layout};
use crate::programme::store::small;
use crate::programme::words::{Abstract, Name};
use crate::text::{Language, Reason, Translated};

/// Which sessions are meant.
#[derive(Debug, Default)]
pub struct Wanted {
    /// Of one of these kinds.
    pub kind: Option<AnyOf<SessionKind>>,
    /// In this room.
    pub room: Option<RoomId>,
    /// That end after this moment.
    pub from: Option<DateTime<Utc>>,
    /// That begin before this moment.
    pub until: Option<DateTime<Utc>>,
    /// Such as are cancelled, or such as are not.
    pub cancelled: Option<Truth>,
}

struct Row {
    id: SessionId,
    kind: SessionKind,
    title: Json<Name>,
    about: Option<Json<Translated<Abstract>>>,
    room: Option<RoomId>,
    layout: Option<Layout>,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    people: Json<Vec<Announced>>,
    access: Access,
    places: Option<i32>,
    equipment: Vec<Equipment>,
    languages: Vec<Language>,
    embargo_ends_at: Option<DateTime<Utc>>,
    cancelled_at: Option<DateTime<Utc>>,
    cancelled_by: Option<AccountId>,
    cancelled_because: Option<Reason>,
    updated_at: DateTime<Utc>,
    version: Version,
}

impl TryFrom<Row> for Session {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> Result<Self, sqlx::Error> {
        let cancelled = row.cancelled_at.zip(row.cancelled_by).zip(row.cancelled_because);
        let facts = Facts {
            kind: row.kind,
            title: row.title.0,
            about: row.about.map(|Json(about)| about),
            room: row.room,
            layout: row.layout,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            people: row.people.0,
            access: row.access,
            places: row.places.map(small).transpose()?,
            equipment: row.equipment,
            languages: row.languages,
            embargo_until: row.embargo_ends_at,
        };
        Ok(Self {
            id: row.id,
            facts,
            cancelled: cancelled.map(|((at, by), because)| Cancelled { at, by, because }),
            updated_at: row.updated_at,
            version: row.version,
        })
    }
}

/// Sessions; the one place that says how a row is read.
macro_rules! select {
    ($tail:literal; $($value:expr),*) => {
        sqlx::query_as!(
            Row,
            r#"select session_id as "id: SessionId", kind as "kind: SessionKind", title as "title: Json<Name>",
                      abstract as "about: Json<Translated<Abstract>>", room_id as "room: RoomId",
                      layout as "layout: Layout", starts_at, ends_at, people as "people: Json<Vec<Announced>>",
                      access as "access: Access", places, equipment as "equipment: Vec<Equipment>",
                      languages as "languages: Vec<Language>", embargo_ends_at, cancelled_at,
                      cancelled_by as "cancelled_by: AccountId", cancelled_because as "cancelled_because: Reason",
                      updated_at, version as "version: Version"
               from session "# + $tail,
            $($value),*
        )
    };
}

/// Adds a session; `key` is of those that the ceremony's starting programme brings.
pub async fn insert(
    conn: &mut PgConnection,
    session: &Session,
    key: Option<&FrameKey>,
) -> Result<(), sqlx::Error> {
    let facts = &session.facts;
    sqlx::query!(
        "insert into session (session_id, frame_key, kind, title, abstract, room_id, layout, starts_at, ends_at, people,
             access, places, equipment, languages, embargo_ends_at, created_at, updated_at, version)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16, $17)",
        session.id as _,
        key as _,
        facts.kind as _,
        Json(&facts.title) as _,
        facts.about.as_ref().map(Json) as _,
        facts.room as _,
        facts.layout as _,
        facts.starts_at,
        facts.ends_at,
        Json(&facts.people) as _,
        facts.access as _,
        facts.places.map(i32::from),
        facts.equipment.as_slice() as _,
        facts.languages.as_slice() as _,
        facts.embargo_until,
        session.updated_at,
        session.version as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Stores a change.
pub async fn save(conn: &mut PgConnection, session: &Session) -> Result<(), sqlx::Error> {
    let (facts, cancelled) = (&session.facts, session.cancelled.as_ref());
    sqlx::query!(
        "update session set kind = $2, title = $3, abstract = $4, room_id = $5, layout = $6, starts_at = $7, ends_at = $8,
             people = $9, access = $10, places = $11, equipment = $12, languages = $13, embargo_ends_at = $14,
             cancelled_at = $15, cancelled_by = $16, cancelled_because = $17, updated_at = $18, version = $19
         where session_id = $1",
        session.id as _,
        facts.kind as _,
        Json(&facts.title) as _,
        facts.about.as_ref().map(Json) as _,
        facts.room as _,
        facts.layout as _,
        facts.starts_at,
        facts.ends_at,
        Json(&facts.people) as _,
        facts.access as _,
        facts.places.map(i32::from),
        facts.equipment.as_slice() as _,
        facts.languages.as_slice() as _,
        facts.embargo_until,
        cancelled.map(|cancelled| cancelled.at),
        cancelled.map(|cancelled| cancelled.by) as _,
        cancelled.map(|cancelled| &cancelled.because) as _,
        session.updated_at,
        session.version as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// A session.
pub async fn find(conn: &mut PgConnection, id: SessionId) -> Result<Option<Session>, sqlx::Error> {
    let row = select!("where session_id = $1"; id as _).fetch_optional(conn).await?;
    row.map(Session::try_from).transpose()
}

/// The same, its row locked.
pub async fn lock(conn: &mut PgConnection, id: SessionId) -> Result<Option<Session>, sqlx::Error> {
    let row = select!("where session_id = $1 for update"; id as _).fetch_optional(conn).await?;
    row.map(Session::try_from).transpose()
}

/// Every session, in the order of time.
pub async fn all(conn: &mut PgConnection) -> Result<Vec<Session>, sqlx::Error> {
    let rows = select!("order by starts_at, session_id";).fetch_all(conn).await?;
    rows.into_iter().map(Session::try_from).collect()
}

/// Sessions in the order of time, one more than a page holds.
pub async fn list(
    conn: &mut PgConnection,
    wanted: &Wanted,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: Limit,
) -> Result<Vec<Session>, sqlx::Error> {
    let (at, id) = after.unzip();
    let rows = select!(
        "where ($1::text[] is null or kind = any($1))
           and ($2::uuid is null or room_id = $2)
           and ($3::timestamptz is null or ends_at > $3)
           and ($4::timestamptz is null or starts_at < $4)
           and ($5::bool is null or (cancelled_at is not null) = $5)
           and ($6::timestamptz is null or (starts_at, session_id) > ($6, $7::uuid))
         order by starts_at, session_id limit $8";
        wanted.kind.as_ref().map(|any| any.0.as_slice()) as _,
        wanted.room as _,
        wanted.from,
        wanted.until,
        wanted.cancelled.map(|cancelled| cancelled.admits(true)),
        at,
        id,
        limit.fetch()
    );
    rows.fetch_all(conn).await?.into_iter().map(Session::try_from).collect()
}
