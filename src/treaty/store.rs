//! The questions that the record asks of the database.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;
use sqlx::PgConnection;
use sqlx::types::Json;

use super::model::{
    Act, ActKind, ActState, Action, Change, CnNumber, Declaration, Entry, Field, Listed,
    Notification, Parties, Party, Slot,
};
use super::row::ActRow;
use crate::full_powers::Lifted;
use crate::ids::{AccountId, ActId, NotificationId};
use crate::page::Limit;
use crate::participants::{ParticipantKind, RegionalGroup};
use crate::text::{Label, ParticipantCode, Reason};

/// Which entries of the record to load.
#[derive(Debug, Clone, Copy)]
pub enum Which<'a> {
    /// All.
    All,
    /// Those of these participants.
    Of(&'a [ParticipantCode]),
    /// These, with whatever else is about the same actions.
    About(&'a [ActId]),
}

/// Which entries to list.
#[derive(Debug, Default)]
pub struct Wanted {
    /// Of this participant.
    pub participant: Option<ParticipantCode>,
    /// Of any of these kinds.
    pub kinds: Option<Vec<ActKind>>,
    /// In any of these states.
    pub states: Option<Vec<ActState>>,
    /// Behind this place in the order.
    pub after: Option<Place>,
}

/// A place in the order of recording.
pub type Place = (DateTime<Utc>, ActId);

/// A change as it is stored.
#[derive(Debug, Deserialize)]
pub struct StoredChange {
    pub field: Field,
    pub old: String,
    pub new: String,
}

/// Waits until nobody else adds to the record, and keeps all others waiting until the transaction ends. Gives the
/// time of the last entry.
pub async fn lock(conn: &mut PgConnection) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
    sqlx::query_scalar!("select lock_record()").fetch_one(conn).await
}

/// Entries in the order of recording. The words of declarations are long: without `has_words` they are left out.
pub async fn load(
    conn: &mut PgConnection,
    which: Which<'_>,
    has_words: bool,
) -> Result<Vec<Act>, sqlx::Error> {
    let (participants, about) = match which {
        Which::All => (None, None),
        Which::Of(participants) => (Some(participants), None),
        Which::About(acts) => (None, Some(acts)),
    };
    let rows = sqlx::query_as!(
        ActRow,
        r#"select act_id as "id: ActId", kind as "kind: ActKind", participant as "participant: ParticipantCode",
                  place as "place: _", done_at, done_offset_minutes, legal_date,
                  signatory_name as "signatory_name: _", signatory_office as "signatory_office: _",
                  signatory_capacity as "signatory_capacity: _", signatory_acting,
                  full_powers_id as "full_powers: _", ad_referendum, of_act_id as "of: ActId", reason as "reason: Reason",
                  recorded_by as "recorded_by: AccountId", recorded_at,
                  case when $3 and kind not in ('correction', 'recording_withdrawn', 'certification') then
                      (select jsonb_agg(jsonb_build_object('kind', d.kind, 'language', d.language, 'text', d.words, 'translation',
                                  case when d.translation is not null then
                                      jsonb_build_object('language', d.translation_language, 'text', d.translation) end)
                              order by d.position)
                       from act_declaration d where d.act_id = a.act_id) end as "declarations: Json<Vec<Declaration>>",
                  case when kind = 'signature' then
                      (select jsonb_agg(jsonb_build_object('id', o.full_powers_override_id, 'lifted', o.lifted, 'reason', o.reason,
                                  'proposed_by', o.proposed_by, 'approved_by', o.approved_by) order by o.full_powers_override_id)
                       from act_override o where o.act_id = a.act_id) end as "overrides: Json<Vec<Lifted>>",
                  case when kind = 'correction' then
                      (select jsonb_agg(jsonb_build_object('field', c.field, 'old', c.old_value, 'new', c.new_value)
                              order by c.position)
                       from act_change c where c.act_id = a.act_id) end as "changes: Json<Vec<StoredChange>>"
           from act a
           where ($1::text[] is null or participant = any ($1))
             and ($2::uuid[] is null or action_id in (select f.action_id from act f where f.act_id = any ($2)))
           order by recorded_at, act_id"#,
        participants as _,
        about as _,
        has_words,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Act::try_from).collect()
}

/// Entries by place, in the order of recording, one more than a page holds.
pub async fn page(
    conn: &mut PgConnection,
    wanted: &Wanted,
    limit: Limit,
) -> Result<Vec<Place>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select a.act_id as "id: ActId", a.recorded_at
           from act a
           left join act s on s.of_act_id = a.act_id and s.kind in ('certification', 'recording_withdrawn')
           where ($1::text is null or a.participant = $1) and ($2::text[] is null or a.kind = any ($2))
             and ($3::text[] is null or case s.kind when 'certification' then 'certified'
                  when 'recording_withdrawn' then 'withdrawn' else 'recorded' end = any ($3))
             and ($4::timestamptz is null or (a.recorded_at, a.act_id) > ($4, $5::uuid))
           order by a.recorded_at, a.act_id limit $6"#,
        &wanted.participant as _,
        &wanted.kinds as _,
        &wanted.states as _,
        wanted.after.map(|(at, _)| at),
        wanted.after.map(|(_, id)| id) as _,
        limit.fetch(),
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.recorded_at, row.id)).collect())
}

/// Adds an action of a participant.
pub async fn insert_action(
    conn: &mut PgConnection,
    act: &Act,
    action: &Action,
) -> Result<(), sqlx::Error> {
    let signatory = action.signatory.as_ref();
    sqlx::query!(
        "insert into act (act_id, kind, participant, action_id, place, done_at, done_offset_minutes, legal_date,
                          signatory_name, signatory_office, signatory_capacity, signatory_acting, full_powers_id,
                          ad_referendum, recorded_by, recorded_at)
         values ($1, $2, $3, $1, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        act.id as _,
        act.kind() as _,
        &action.participant as _,
        &action.place as _,
        action.done_at.to_utc(),
        action.done_at.offset().local_minus_utc() / 60,
        action.legal_date,
        signatory.map(|s| &s.name) as _,
        signatory.map(|s| &s.office) as _,
        signatory.map(|s| s.capacity) as _,
        signatory.map(|s| s.acting),
        action.full_powers as _,
        action.ad_referendum,
        act.recorded_by as _,
        act.recorded_at,
    )
    .execute(&mut *conn)
    .await?;
    insert_overrides(conn, act, action).await?;
    if action.declarations.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into act_declaration (act_id, position, kind, language, words, translation_language, translation)
         select $1, n, d ->> 'kind', d ->> 'language', d ->> 'text', d #>> '{translation,language}', d #>> '{translation,text}'
         from jsonb_array_elements($2) with ordinality as given (d, n)",
        act.id as _,
        json!(action.declarations),
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Adds what was lifted for an action (R12).
async fn insert_overrides(
    conn: &mut PgConnection,
    act: &Act,
    action: &Action,
) -> Result<(), sqlx::Error> {
    for by in &action.overrides {
        sqlx::query!(
            "insert into act_override (act_id, full_powers_override_id, full_powers_id, lifted, reason, proposed_by, approved_by)
             values ($1, $2, $3, $4, $5, $6, $7)",
            act.id as _,
            by.id as _,
            action.full_powers as _,
            &by.lifted as _,
            &by.reason as _,
            by.proposed_by as _,
            by.approved_by as _,
        )
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// Adds what is said of an earlier entry.
pub async fn insert_remark(
    conn: &mut PgConnection,
    act: &Act,
    of: ActId,
) -> Result<(), sqlx::Error> {
    let (reason, changes): (_, &[Change]) = match &act.entry {
        Entry::Correction(correction) => (Some(&correction.reason), &correction.changes),
        Entry::Withdrawal { reason, .. } => (Some(reason), &[]),
        Entry::Certification { .. } | Entry::Action(_) => (None, &[]),
    };
    sqlx::query!(
        "insert into act (act_id, kind, participant, action_id, of_act_id, of_recorded_by, reason, recorded_by, recorded_at)
         select $1, $2, participant, action_id, act_id, recorded_by, $4, $5, $6 from act where act_id = $3",
        act.id as _,
        act.kind() as _,
        of as _,
        reason as _,
        act.recorded_by as _,
        act.recorded_at,
    )
    .execute(&mut *conn)
    .await?;
    if changes.is_empty() {
        return Ok(());
    }
    let fields: Vec<_> = changes.iter().map(Change::field).collect();
    let old: Vec<_> = changes.iter().map(|change| change.old().text()).collect();
    let new: Vec<_> = changes.iter().map(|change| change.new_value().text()).collect();
    sqlx::query!(
        "insert into act_change (act_id, position, field, old_value, new_value)
         select $1, n, field, old_value, new_value
         from unnest($2::text[], $3::text[], $4::text[]) with ordinality as given (field, old_value, new_value, n)",
        act.id as _,
        &fields as _,
        &old,
        &new,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Takes the participant's one place of this kind for an action. Where it is taken, names the action that has it.
pub async fn take_slot(
    conn: &mut PgConnection,
    participant: &ParticipantCode,
    slot: Slot,
    act: ActId,
) -> Result<Option<ActId>, sqlx::Error> {
    let done = sqlx::query!(
        "insert into act_slot (participant, slot, act_id) values ($1, $2, $3) on conflict on constraint act_slot_once do nothing",
        participant as _,
        slot as _,
        act as _,
    )
    .execute(&mut *conn)
    .await?;
    if done.rows_affected() == 1 {
        return Ok(None);
    }
    sqlx::query_scalar!(
        r#"select act_id as "id: ActId" from act_slot where participant = $1 and slot = $2"#,
        participant as _,
        slot as _,
    )
    .fetch_one(conn)
    .await
    .map(Some)
}

/// Gives back the place that an action has.
pub async fn free_slot(conn: &mut PgConnection, act: ActId) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from act_slot where act_id = $1", act as _).execute(conn).await.map(drop)
}

/// One participant, or all who occur in the record, as the law of treaties looks at them.
pub async fn parties(
    conn: &mut PgConnection,
    one: Option<&ParticipantCode>,
) -> Result<Parties, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select participant as "code: ParticipantCode", kind as "kind: ParticipantKind",
                  array(select member from organization_member m where m.organization = p.participant)
                      as "members!: Vec<ParticipantCode>"
           from participant p
           where participant = $1
              or ($1::text is null and exists (select from act a where a.participant = p.participant))"#,
        one as _,
    )
    .fetch_all(conn)
    .await?;
    let party = |kind, members: Vec<_>| Party { kind, members: members.into_iter().collect() };
    Ok(rows.into_iter().map(|row| (row.code, party(row.kind, row.members))).collect())
}

/// Those who occur in the record, in the Depositary's order (R27).
pub async fn listed(conn: &mut PgConnection) -> Result<Vec<Listed>, sqlx::Error> {
    sqlx::query_as!(
        Listed,
        r#"select participant as "code: ParticipantCode", depositary_name as "depositary_name: Label",
                  kind as "kind: ParticipantKind", regional_group as "regional_group: RegionalGroup"
           from participant p
           where exists (select from act a where a.participant = p.participant) order by sort_key"#
    )
    .fetch_all(conn)
    .await
}

/// Notes what the Depositary published of an action. Answers `false` where it is noted already.
pub async fn insert_notification(
    conn: &mut PgConnection,
    notification: &Notification,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "insert into act_notification (act_notification_id, act_id, number, published_on, noted_by, noted_at)
         values ($1, $2, $3, $4, $5, $6) on conflict on constraint act_notification_once do nothing",
        notification.id as _,
        notification.act as _,
        &notification.number as _,
        notification.published_on,
        notification.noted_by as _,
        notification.noted_at,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// What the Depositary published of these actions, in the order in which it was noted.
pub async fn notifications(
    conn: &mut PgConnection,
    acts: &[ActId],
) -> Result<Vec<Notification>, sqlx::Error> {
    sqlx::query_as!(
        Notification,
        r#"select act_notification_id as "id: NotificationId", act_id as "act: ActId", number as "number: CnNumber", published_on, noted_by as "noted_by: AccountId", noted_at
           from act_notification where act_id = any ($1) order by noted_at, act_notification_id"#,
        acts as _,
    )
    .fetch_all(conn)
    .await
}
