//! The questions that rooms ask of the database.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use sqlx::types::Json;

use super::model::{Equipment, FrameKey, Furnished, Room, RoomFacts, Span};
use crate::ids::RoomId;
use crate::page::{Limit, Version};
use crate::programme::store::small;
use crate::programme::words::Name;
use crate::text::Language;

struct Row {
    id: RoomId,
    name: Json<Name>,
    capacity: i32,
    layouts: Json<Vec<Furnished>>,
    turn_round_minutes: i32,
    booths: i32,
    languages: Vec<Language>,
    equipment: Vec<Equipment>,
    availability: Json<Vec<Span>>,
    updated_at: DateTime<Utc>,
    version: Version,
}

impl TryFrom<Row> for Room {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> Result<Self, sqlx::Error> {
        let facts = RoomFacts {
            name: row.name.0,
            capacity: small(row.capacity)?,
            layouts: row.layouts.0,
            turn_round_minutes: small(row.turn_round_minutes)?,
            booths: small(row.booths)?,
            languages: row.languages,
            equipment: row.equipment,
            availability: row.availability.0,
        };
        Ok(Self { id: row.id, facts, updated_at: row.updated_at, version: row.version })
    }
}

/// Rooms; the one place that says how a row is read.
macro_rules! select {
    ($tail:literal; $($value:expr),*) => {
        sqlx::query_as!(
            Row,
            r#"select room_id as "id: RoomId", name as "name: Json<Name>", capacity,
                      layouts as "layouts: Json<Vec<Furnished>>", turn_round_minutes, booths,
                      languages as "languages: Vec<Language>", equipment as "equipment: Vec<Equipment>",
                      availability as "availability: Json<Vec<Span>>", updated_at, version as "version: Version"
               from room "# + $tail,
            $($value),*
        )
    };
}

/// Adds a room; `key` is of those that the ceremony's starting programme brings.
pub async fn insert(
    conn: &mut PgConnection,
    room: &Room,
    key: Option<&FrameKey>,
) -> Result<(), sqlx::Error> {
    let facts = &room.facts;
    sqlx::query!(
        "insert into room (room_id, frame_key, name, capacity, layouts, turn_round_minutes, booths, languages, equipment,
             availability, created_at, updated_at, version)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $12)",
        room.id as _,
        key as _,
        Json(&facts.name) as _,
        i32::from(facts.capacity),
        Json(&facts.layouts) as _,
        i32::from(facts.turn_round_minutes),
        i32::from(facts.booths),
        facts.languages.as_slice() as _,
        facts.equipment.as_slice() as _,
        Json(&facts.availability) as _,
        room.updated_at,
        room.version as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Stores a change.
pub async fn save(conn: &mut PgConnection, room: &Room) -> Result<(), sqlx::Error> {
    let facts = &room.facts;
    sqlx::query!(
        "update room set name = $2, capacity = $3, layouts = $4, turn_round_minutes = $5, booths = $6, languages = $7,
             equipment = $8, availability = $9, updated_at = $10, version = $11
         where room_id = $1",
        room.id as _,
        Json(&facts.name) as _,
        i32::from(facts.capacity),
        Json(&facts.layouts) as _,
        i32::from(facts.turn_round_minutes),
        i32::from(facts.booths),
        facts.languages.as_slice() as _,
        facts.equipment.as_slice() as _,
        Json(&facts.availability) as _,
        room.updated_at,
        room.version as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// A room.
pub async fn find(conn: &mut PgConnection, id: RoomId) -> Result<Option<Room>, sqlx::Error> {
    let row = select!("where room_id = $1"; id as _).fetch_optional(conn).await?;
    row.map(Room::try_from).transpose()
}

/// The same, its row locked.
pub async fn lock(conn: &mut PgConnection, id: RoomId) -> Result<Option<Room>, sqlx::Error> {
    let row = select!("where room_id = $1 for update"; id as _).fetch_optional(conn).await?;
    row.map(Room::try_from).transpose()
}

/// Every room, in the order in which they were added.
pub async fn all(conn: &mut PgConnection) -> Result<Vec<Room>, sqlx::Error> {
    let rows = select!("order by room_id";).fetch_all(conn).await?;
    rows.into_iter().map(Room::try_from).collect()
}

/// Rooms in the order in which they were added, one more than a page holds.
pub async fn list(
    conn: &mut PgConnection,
    after: Option<RoomId>,
    limit: Limit,
) -> Result<Vec<Room>, sqlx::Error> {
    let rows = select!(
        "where ($1::uuid is null or room_id > $1) order by room_id limit $2";
        after as _,
        limit.fetch()
    );
    rows.fetch_all(conn).await?.into_iter().map(Room::try_from).collect()
}
