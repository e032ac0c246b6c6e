//! The questions that side events ask of the database.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use sqlx::types::Json;

use super::model::{
    Answer, Application, CoSponsor, Decision, Material, Needs, SideEvent, SideEventState, Speaker,
};
use crate::ids::{AccountId, MemberId, SessionId, SideEventId, SpeakerId};
use crate::page::{AnyOf, Limit, Version};
use crate::programme::rooms::{Equipment, FrameKey, Layout};
use crate::programme::store::small;
use crate::programme::words::{Abstract, Name};
use crate::text::{Label, Language, ParticipantCode, PersonName, Reason, Translated};

/// Which side events are meant.
#[derive(Debug, Default)]
pub struct Wanted {
    /// Of one of these sponsors.
    pub participant: Option<AnyOf<ParticipantCode>>,
    /// In one of these states.
    pub state: Option<AnyOf<SideEventState>>,
    /// That this participant organizes as well, or is asked to.
    pub co_sponsor: Option<ParticipantCode>,
}

struct Row {
    id: SideEventId,
    sponsor: ParticipantCode,
    state: SideEventState,
    title: Json<Name>,
    about: Option<Json<Translated<Abstract>>>,
    preferred_slots: Vec<FrameKey>,
    audience: i32,
    layout: Option<Layout>,
    equipment: Vec<Equipment>,
    languages: Vec<Language>,
    material: Option<Material>,
    created_at: DateTime<Utc>,
    submitted_at: Option<DateTime<Utc>>,
    decided_by: Option<AccountId>,
    decided_at: Option<DateTime<Utc>>,
    decided_because: Option<Reason>,
    session: Option<SessionId>,
    updated_at: DateTime<Utc>,
    version: Version,
}

struct CoSponsorRow {
    of: SideEventId,
    participant: ParticipantCode,
    answer: Answer,
    answered_at: Option<DateTime<Utc>>,
}

struct SpeakerRow {
    of: SideEventId,
    name: PersonName,
    title: Option<Label>,
    organization: Option<Label>,
    member: Option<MemberId>,
}

impl Row {
    fn whole(
        self,
        others: &[CoSponsorRow],
        people: &[SpeakerRow],
    ) -> Result<SideEvent, sqlx::Error> {
        let of_it = others.iter().filter(|other| other.of == self.id);
        let co_sponsor = |other: &CoSponsorRow| CoSponsor {
            participant: other.participant.clone(),
            answer: other.answer,
            answered_at: other.answered_at,
        };
        let speaker = |speaker: &SpeakerRow| Speaker {
            name: speaker.name.clone(),
            title: speaker.title.clone(),
            organization: speaker.organization.clone(),
            member: speaker.member,
        };
        let co_sponsors: Vec<_> = of_it.map(co_sponsor).collect();
        let decided = self.decided_by.zip(self.decided_at);
        let application = Application {
            title: self.title.0,
            about: self.about.map(|Json(about)| about),
            preferred_slots: self.preferred_slots,
            needs: Needs {
                audience: small(self.audience)?,
                layout: self.layout,
                equipment: self.equipment,
                languages: self.languages,
            },
            co_sponsors: co_sponsors.iter().map(|other| other.participant.clone()).collect(),
            speakers: people.iter().filter(|row| row.of == self.id).map(speaker).collect(),
            material: self.material,
        };
        Ok(SideEvent {
            id: self.id,
            sponsor: self.sponsor,
            application,
            co_sponsors,
            state: self.state,
            decision: decided.map(|(by, at)| Decision { by, at, reason: self.decided_because }),
            session: self.session,
            created_at: self.created_at,
            submitted_at: self.submitted_at,
            updated_at: self.updated_at,
            version: self.version,
        })
    }
}

/// Side events without what hangs on them; the one place that says how a row is read.
macro_rules! select {
    ($tail:literal; $($value:expr),*) => {
        sqlx::query_as!(
            Row,
            r#"select side_event_id as "id: SideEventId", participant as "sponsor: ParticipantCode",
                      state as "state: SideEventState", title as "title: Json<Name>",
                      abstract as "about: Json<Translated<Abstract>>", preferred_slots as "preferred_slots: Vec<FrameKey>",
                      audience, layout as "layout: Layout", equipment as "equipment: Vec<Equipment>",
                      languages as "languages: Vec<Language>", material as "material: Material", created_at, submitted_at,
                      decided_by as "decided_by: AccountId", decided_at, decided_because as "decided_because: Reason",
                      session_id as "session: SessionId", updated_at, version as "version: Version"
               from side_event "# + $tail,
            $($value),*
        )
    };
}

/// Adds a side event with all that hangs on it.
pub async fn insert(
    conn: &mut PgConnection,
    new: &SideEvent,
    by: AccountId,
) -> Result<(), sqlx::Error> {
    let asked = &new.application;
    sqlx::query!(
        "insert into side_event (side_event_id, participant, state, title, abstract, preferred_slots, audience, layout,
             equipment, languages, material, applied_by, created_at, updated_at, version)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13, $14)",
        new.id as _,
        &new.sponsor as _,
        new.state as _,
        Json(&asked.title) as _,
        asked.about.as_ref().map(Json) as _,
        asked.preferred_slots.as_slice() as _,
        i32::from(asked.needs.audience),
        asked.needs.layout as _,
        asked.needs.equipment.as_slice() as _,
        asked.needs.languages.as_slice() as _,
        asked.material.as_ref() as _,
        by as _,
        new.created_at,
        new.version as _,
    )
    .execute(&mut *conn)
    .await?;
    save_co_sponsors(&mut *conn, new).await?;
    save_speakers(conn, new).await
}

/// Stores what is asked for, who is to organize it and who speaks.
pub async fn save_application(
    conn: &mut PgConnection,
    changed: &SideEvent,
) -> Result<(), sqlx::Error> {
    let asked = &changed.application;
    sqlx::query!(
        "update side_event set title = $2, abstract = $3, preferred_slots = $4, audience = $5, layout = $6, equipment = $7,
             languages = $8, material = $9, updated_at = $10, version = $11
         where side_event_id = $1",
        changed.id as _,
        Json(&asked.title) as _,
        asked.about.as_ref().map(Json) as _,
        asked.preferred_slots.as_slice() as _,
        i32::from(asked.needs.audience),
        asked.needs.layout as _,
        asked.needs.equipment.as_slice() as _,
        asked.needs.languages.as_slice() as _,
        asked.material.as_ref() as _,
        changed.updated_at,
        changed.version as _,
    )
    .execute(&mut *conn)
    .await?;
    save_co_sponsors(&mut *conn, changed).await?;
    save_speakers(conn, changed).await
}

/// Stores where it stands, how that was decided, and where it takes place.
pub async fn save_state(conn: &mut PgConnection, gone: &SideEvent) -> Result<(), sqlx::Error> {
    let decision = gone.decision.as_ref();
    sqlx::query!(
        "update side_event set state = $2, submitted_at = $3, decided_by = $4, decided_at = $5, decided_because = $6,
             session_id = $7, updated_at = $8, version = $9
         where side_event_id = $1",
        gone.id as _,
        gone.state as _,
        gone.submitted_at,
        decision.map(|decision| decision.by) as _,
        decision.map(|decision| decision.at),
        decision.and_then(|decision| decision.reason.as_ref()) as _,
        gone.session as _,
        gone.updated_at,
        gone.version as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Stores who is asked to organize it as well. Who is named still keeps what they said.
async fn save_co_sponsors(conn: &mut PgConnection, of: &SideEvent) -> Result<(), sqlx::Error> {
    let named = of.application.co_sponsors.as_slice();
    sqlx::query!(
        "delete from side_event_co_sponsor where side_event_id = $1 and co_sponsor <> all ($2)",
        of.id as _,
        named as _,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "insert into side_event_co_sponsor (side_event_id, participant, co_sponsor)
         select $1, $2, named from unnest($3::text[]) named
         on conflict on constraint side_event_co_sponsor_once do nothing",
        of.id as _,
        &of.sponsor as _,
        named as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

async fn save_speakers(conn: &mut PgConnection, of: &SideEvent) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from side_event_speaker where side_event_id = $1", of.id as _)
        .execute(&mut *conn)
        .await?;
    let people = &of.application.speakers;
    sqlx::query!(
        "insert into side_event_speaker (side_event_speaker_id, side_event_id, participant, place, name, title,
             organization, member_id)
         select id, $1, $2, place, name, title, organization, member
         from unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::uuid[]) with ordinality
             as named (id, name, title, organization, member, place)",
        of.id as _,
        &of.sponsor as _,
        people.iter().map(|_| SpeakerId::fresh()).collect::<Vec<_>>() as _,
        people.iter().map(|person| person.name.clone()).collect::<Vec<_>>() as _,
        people.iter().map(|person| person.title.clone()).collect::<Vec<_>>() as _,
        people.iter().map(|person| person.organization.clone()).collect::<Vec<_>>() as _,
        people.iter().map(|person| person.member).collect::<Vec<_>>() as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Stores what somebody says who is asked to organize it as well. Answers `false` where nobody asked them, or they have
/// said so before.
pub async fn save_answer(
    conn: &mut PgConnection,
    of: SideEventId,
    co_sponsor: &ParticipantCode,
    answer: Answer,
    by: AccountId,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update side_event_co_sponsor set answer = $3, answered_by = $4, answered_at = $5
         where side_event_id = $1 and co_sponsor = $2 and answer <> $3",
        of as _,
        co_sponsor as _,
        answer as _,
        by as _,
        now,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A side event.
pub async fn find(
    conn: &mut PgConnection,
    id: SideEventId,
) -> Result<Option<SideEvent>, sqlx::Error> {
    let row = select!("where side_event_id = $1"; id as _).fetch_all(&mut *conn).await?;
    Ok(whole(conn, row).await?.pop())
}

/// The same, its row locked.
pub async fn lock(
    conn: &mut PgConnection,
    id: SideEventId,
) -> Result<Option<SideEvent>, sqlx::Error> {
    let row = select!("where side_event_id = $1 for update"; id as _).fetch_all(&mut *conn).await?;
    Ok(whole(conn, row).await?.pop())
}

/// Several, their rows locked in one order.
pub async fn lock_all(
    conn: &mut PgConnection,
    ids: &[SideEventId],
) -> Result<Vec<SideEvent>, sqlx::Error> {
    let rows = select!(
        "where side_event_id = any ($1) order by side_event_id for update"; ids as _
    );
    let rows = rows.fetch_all(&mut *conn).await?;
    whole(conn, rows).await
}

/// Side events in the order in which they were begun, one more than a page holds.
pub async fn list(
    conn: &mut PgConnection,
    wanted: &Wanted,
    after: Option<SideEventId>,
    limit: Limit,
) -> Result<Vec<SideEvent>, sqlx::Error> {
    let rows = select!(
        "where ($1::text[] is null or participant = any ($1))
           and ($2::text[] is null or state = any ($2))
           and ($3::text is null or side_event_id in (
               select side_event_id from side_event_co_sponsor where co_sponsor = $3))
           and ($4::uuid is null or side_event_id > $4)
         order by side_event_id limit $5";
        wanted.participant.as_ref().map(|any| any.0.as_slice()) as _,
        wanted.state.as_ref().map(|any| any.0.as_slice()) as _,
        &wanted.co_sponsor as _,
        after as _,
        limit.fetch()
    );
    let rows = rows.fetch_all(&mut *conn).await?;
    whole(conn, rows).await
}

/// Those that are accepted, in the order in which they were handed in.
pub async fn accepted(conn: &mut PgConnection) -> Result<Vec<SideEvent>, sqlx::Error> {
    let rows = select!("where state = 'accepted' order by submitted_at, side_event_id";);
    let rows = rows.fetch_all(&mut *conn).await?;
    whole(conn, rows).await
}

/// The same with all that hangs on them, however many they are.
async fn whole(conn: &mut PgConnection, rows: Vec<Row>) -> Result<Vec<SideEvent>, sqlx::Error> {
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let others = sqlx::query_as!(
        CoSponsorRow,
        r#"select side_event_id as "of: SideEventId", co_sponsor as "participant: ParticipantCode",
                  answer as "answer: Answer", answered_at
           from side_event_co_sponsor where side_event_id = any ($1) order by co_sponsor"#,
        ids.as_slice() as _,
    )
    .fetch_all(&mut *conn)
    .await?;
    let people = sqlx::query_as!(
        SpeakerRow,
        r#"select side_event_id as "of: SideEventId", name as "name: PersonName", title as "title: Label",
                  organization as "organization: Label", member_id as "member: MemberId"
           from side_event_speaker where side_event_id = any ($1) order by place"#,
        ids.as_slice() as _,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(|row| row.whole(&others, &people)).collect()
}
