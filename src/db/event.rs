//! What a write says of itself: an entry of the audit trail (R51).

use serde::Serialize;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::ids::{AccountId, ApiKeyId, EventId};
use crate::mail::Mail;
use crate::text::{ParticipantCode, Reason};

/// One thing that happened, to be stored in the transaction in which it happened.
///
/// Neither `before` nor `after` may hold a sensitive value: of those an event says that they changed. What an entry about
/// a member says of the person, and why, the database puts aside (`event_detail`), since it can be forgotten (R52).
#[derive(Debug, Clone)]
pub struct Event {
    pub(super) kind: &'static str,
    pub(super) subject: Option<Uuid>,
    pub(super) participant: Option<ParticipantCode>,
    before: Option<Value>,
    after: Option<Value>,
    reason: Option<Reason>,
    pub(super) letters: Vec<Mail>,
}

/// Who did it, in which request: filled in by the door.
pub struct Recorded<'a> {
    /// Who asked; none for the service itself.
    pub account: Option<AccountId>,
    /// On which key of theirs; none where they asked themselves.
    pub key: Option<ApiKeyId>,
    /// The request's id.
    pub request_id: &'a str,
    /// When.
    pub at: chrono::DateTime<chrono::Utc>,
}

impl Event {
    /// An event by its name, `noun.past_participle`, of one thing.
    #[must_use]
    pub fn of(kind: &'static str, subject: Uuid) -> Self {
        Self {
            kind,
            subject: Some(subject),
            participant: None,
            before: None,
            after: None,
            reason: None,
            letters: Vec::new(),
        }
    }

    /// An event of something that has no identity of its own: a participant, which has a code, or a whole table.
    #[must_use]
    pub fn at_large(kind: &'static str) -> Self {
        Self { subject: None, ..Self::of(kind, Uuid::nil()) }
    }

    /// Whose business it is.
    #[must_use]
    pub fn participant(self, code: &ParticipantCode) -> Self {
        Self { participant: Some(code.clone()), ..self }
    }

    /// The values before and after. A value that cannot be written as JSON is left out.
    #[must_use]
    pub fn changed(self, before: &impl Serialize, after: &impl Serialize) -> Self {
        Self {
            before: serde_json::to_value(before).ok(),
            after: serde_json::to_value(after).ok(),
            ..self
        }
    }

    /// The values of something new.
    #[must_use]
    pub fn with(self, after: &impl Serialize) -> Self {
        Self { after: serde_json::to_value(after).ok(), ..self }
    }

    /// A letter that goes with it: it is sent if this is committed, and not otherwise.
    #[must_use]
    pub fn mailing(mut self, mail: Mail) -> Self {
        self.letters.push(mail);
        self
    }

    /// Why.
    #[must_use]
    pub fn because(self, reason: Option<&Reason>) -> Self {
        Self { reason: reason.cloned(), ..self }
    }
}

/// What one write says of itself: at least one thing, in the order in which it happened.
#[derive(Debug, Clone)]
pub struct Events(Vec<Event>);

impl From<Event> for Events {
    fn from(event: Event) -> Self {
        Self(vec![event])
    }
}

impl Events {
    /// The same, and then another.
    #[must_use]
    pub fn and(mut self, event: Event) -> Self {
        self.0.push(event);
        self
    }

    /// Several things that happened in one write; none where nothing happened.
    #[must_use]
    pub fn of(events: Vec<Event>) -> Option<Self> {
        (!events.is_empty()).then_some(Self(events))
    }

    /// Adds one more thing that happened in the same write.
    pub fn push(&mut self, event: Event) {
        self.0.push(event);
    }

    /// Whose business they are, where they are all one participant's.
    #[must_use]
    pub fn whose(&self) -> Option<&ParticipantCode> {
        let first = self.0.first()?.participant.as_ref();
        first.filter(|first| self.0.iter().all(|event| event.participant.as_ref() == Some(first)))
    }

    /// Each of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Event> {
        self.0.iter()
    }

    /// Stores them all with one statement.
    pub(super) async fn append(
        self,
        conn: &mut PgConnection,
        by: Recorded<'_>,
    ) -> Result<(), sqlx::Error> {
        let events = self.0;
        let column = |value: fn(&Event) -> &Option<Value>| -> Vec<Option<Value>> {
            events.iter().map(|event| value(event).clone()).collect()
        };
        sqlx::query!(
            "insert into event (event_id, happened_at, account_id, participant, kind, subject, before, after, reason, request_id, api_key_id)
             select event_id, $1, $2, participant, kind, subject, before, after, reason, $3, $11
             from unnest($4::uuid[], $5::text[], $6::text[], $7::uuid[], $8::jsonb[], $9::jsonb[], $10::text[])
                 as told (event_id, participant, kind, subject, before, after, reason)",
            by.at,
            by.account as _,
            by.request_id,
            events.iter().map(|_| EventId::fresh()).collect::<Vec<_>>() as _,
            events.iter().map(|event| event.participant.clone()).collect::<Vec<_>>() as _,
            events.iter().map(|event| event.kind).collect::<Vec<_>>() as _,
            events.iter().map(|event| event.subject).collect::<Vec<_>>() as _,
            column(|event| &event.before) as _,
            column(|event| &event.after) as _,
            events.iter().map(|event| event.reason.clone()).collect::<Vec<_>>() as _,
            by.key as _,
        )
        .execute(conn)
        .await
        .map(drop)
    }
}
