//! The questions that the outbox asks of the database. Every moment is by its clock, which all workers share.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use sqlx::types::Json;

use super::mailings::{Subject, Words};
use super::model::{Message, MessageState};
use crate::ids::{AccountId, InvitationId, MailingId, MemberId, MessageId};
use crate::mail::{LetterKind, LetterLanguage, Trouble};
use crate::page::{AnyOf, Limit};
use crate::text::{Email, Label, ParticipantCode, PersonName, Translated};

/// A letter that a worker has for a while.
pub struct Taken {
    pub id: MessageId,
    pub kind: LetterKind,
    pub participant: Option<ParticipantCode>,
    pub attempts: i32,
    pub sealed: Option<Vec<u8>>,
    pub created_at: DateTime<Utc>,
}

/// Who reads a letter; nobody, where the account is closed, the invitation is not open any more, or the account does not speak
/// any more for the participant whose business it is (R38), or the letter to many was taken back.
pub struct Found {
    pub name: PersonName,
    pub email: Email,
    pub language: LetterLanguage,
    /// The name of the participant whose business it is.
    pub participant: Option<Label>,
    /// Of a letter to many, what an officer wrote.
    pub subject: Option<Json<Translated<Subject>>>,
    pub words: Option<Json<Translated<Words>>>,
}

/// Takes what is due, as much as there is room for: until `lease` is over no other worker gets it.
pub async fn take(
    conn: &mut PgConnection,
    room: usize,
    lease: Duration,
) -> Result<Vec<Taken>, sqlx::Error> {
    sqlx::query_as!(
        Taken,
        r#"with due as (
               select message_id from message where state = 'waiting' and due_at <= now()
               order by due_at limit $1 for update skip locked)
           update message m set attempts = attempts + 1, due_at = now() + $2 * interval '1 second'
           from due where m.message_id = due.message_id
           returning m.message_id as "id: MessageId", kind as "kind: LetterKind",
                     participant as "participant: ParticipantCode", attempts, sealed, created_at"#,
        i64::try_from(room).unwrap_or(i64::MAX),
        lease.as_secs_f64(),
    )
    .fetch_all(conn)
    .await
}

/// Who reads a letter at this moment.
pub async fn find_reader(
    conn: &mut PgConnection,
    id: MessageId,
    now: DateTime<Utc>,
) -> Result<Option<Found>, sqlx::Error> {
    sqlx::query_as!(
        Found,
        r#"select r.name as "name!: PersonName", r.email as "email!: Email", r.language as "language!: LetterLanguage",
                  p.depositary_name as "participant?: Label", g.subject as "subject?: Json<Translated<Subject>>",
                  g.words as "words?: Json<Translated<Words>>"
           from message m
           join lateral (
               select name, email, language from account a
               where a.account_id = m.account_id and a.disabled_at is null
                 and (m.participant is null or m.participant = any (speaks_for(a.account_id, $3)))
               union all
               select name, email, language from invitation i
               where i.invitation_id = m.invitation_id and i.accepted_at is null and i.withdrawn_at is null
                 and i.expires_at > $2
               union all
               select concat_ws(' ', given_names, family_name), email,
                      case when language in ('fr', 'es', 'vi') then language else 'en' end
               from member d where d.member_id = m.member_id and d.email is not null) r on true
           left join participant p on p.participant = m.participant
           left join mailing g on g.mailing_id = m.mailing_id
           where m.message_id = $1 and g.state is distinct from 'withdrawn'"#,
        id as _,
        now,
        now.date_naive(),
    )
    .fetch_optional(conn)
    .await
}

/// Notes the end of a letter's way, and forgets what it carried.
pub async fn end(
    conn: &mut PgConnection,
    id: MessageId,
    state: MessageState,
    trouble: Option<Trouble>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update message set state = $2, trouble = coalesce($3, trouble), sealed = null, ended_at = now()
         where message_id = $1 and state = 'waiting'",
        id as _,
        state as _,
        trouble as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Notes that a letter is to be tried again, or gives it up where it has been for too long. Who took it since knows better.
pub async fn put_off(
    conn: &mut PgConnection,
    taken: &Taken,
    trouble: Trouble,
    pause: Duration,
    give_up_hours: u32,
) -> Result<MessageState, sqlx::Error> {
    // What a letter carries is written when it is given up and not before: while the key is exchanged, it may be sealed
    // under the one that is to be laid aside.
    sqlx::query_scalar!(
        r#"with given_up as (
               update message set state = 'failed', trouble = $3, sealed = null, ended_at = now()
               where message_id = $1 and state = 'waiting' and attempts = $2
                 and queued_at < now() - $5 * interval '1 hour'
               returning 1), put_off as (
               update message set trouble = $3, due_at = now() + $4 * interval '1 second'
               where message_id = $1 and state = 'waiting' and attempts = $2
                 and queued_at >= now() - $5 * interval '1 hour')
           select case when exists (select from given_up) then 'failed' else 'waiting' end as "state!: MessageState""#,
        taken.id as _,
        taken.attempts,
        trouble as _,
        pause.as_secs_f64(),
        f64::from(give_up_hours),
    )
    .fetch_one(conn)
    .await
}

/// Lets a letter that failed be tried anew, for as long as a new one. Answers `false` where it has not failed.
pub async fn send_again(conn: &mut PgConnection, id: MessageId) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update message set state = 'waiting', ended_at = null, due_at = now(), queued_at = now()
         where message_id = $1 and state = 'failed'",
        id as _
    );
    Ok(done.execute(conn).await?.rows_affected() == 1)
}

/// What waits to be sent.
pub struct Backlog {
    /// How many letters wait.
    pub waiting: i64,
    /// For how many seconds the one has waited that has waited longest; 0 where none waits.
    pub seconds: f64,
}

/// What waits to be sent, of all missions that the transaction's scope holds.
pub async fn backlog(conn: &mut PgConnection) -> Result<Backlog, sqlx::Error> {
    sqlx::query_as!(
        Backlog,
        r#"select count(*) as "waiting!",
                  coalesce(extract(epoch from now() - min(queued_at)), 0)::double precision as "seconds!"
           from message where state = 'waiting'"#,
    )
    .fetch_one(conn)
    .await
}

/// Which letters are meant.
#[derive(Debug, Default)]
pub struct Wanted<'a> {
    /// One of this identity.
    pub id: Option<MessageId>,
    /// In one of these states.
    pub states: Option<&'a AnyOf<MessageState>>,
    /// About one of these things.
    pub kinds: Option<&'a AnyOf<LetterKind>>,
    /// Those of missions, too.
    pub of_missions: bool,
    /// Before this one in the order.
    pub before: Option<MessageId>,
}

/// Letters, the latest first, one more than a page holds.
pub async fn list(
    conn: &mut PgConnection,
    wanted: &Wanted<'_>,
    limit: Limit,
) -> Result<Vec<Message>, sqlx::Error> {
    sqlx::query_as!(
        Message,
        r#"select message_id as "id: MessageId", kind as "kind: LetterKind", account_id as "account: AccountId",
                  invitation_id as "invitation: InvitationId", member_id as "member: MemberId",
                  mailing_id as "mailing: MailingId", participant as "participant: ParticipantCode",
                  state as "state: MessageState", attempts, trouble as "trouble: Trouble", created_at, due_at, ended_at
           from message
           where ($1::uuid is null or message_id = $1) and ($2::text[] is null or state = any($2))
             and ($3::text[] is null or kind = any($3)) and ($4 or participant is null)
             and ($5::uuid is null or message_id < $5)
           order by message_id desc limit $6"#,
        wanted.id as _,
        wanted.states.map(|states| states.0.as_slice()) as _,
        wanted.kinds.map(|kinds| kinds.0.as_slice()) as _,
        wanted.of_missions,
        wanted.before as _,
        limit.fetch(),
    )
    .fetch_all(conn)
    .await
}
