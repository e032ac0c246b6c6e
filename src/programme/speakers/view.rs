//! Speakers' lists as they are shown.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::model::{Placed, Statement, StatementKind, StatementState, Step, Times, Why};
use crate::db::Answer;
use crate::delegations::Rank;
use crate::ids::{DocumentId, SessionId, StatementId};
use crate::text::{Label, Language, ParticipantCode, PersonName};

/// A statement on a list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Statement)]
pub struct StatementView<'a> {
    id: StatementId,
    session: SessionId,
    participant: &'a ParticipantCode,
    kind: StatementKind,
    state: StatementState,
    /// What can be done next.
    allowed: &'static [Step],
    speaker: &'a PersonName,
    title: Option<&'a Label>,
    rank: Rank,
    language: &'a Language,
    /// A group for which it is made as well.
    on_behalf_of: Option<&'a Label>,
    /// When the mission would like to speak.
    preferred: Option<&'a Label>,
    /// What is going to be said, under embargo until it was.
    text: Option<DocumentId>,
    inscribed_at: DateTime<Utc>,
    /// The class of the speaker's level by which it is ordered; none for replies.
    class: Option<i32>,
    /// With whom the mission would exchange its place.
    swap_with: Option<&'a ParticipantCode>,
    called_at: Option<DateTime<Utc>>,
    started_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
    /// Of replies, which one it is.
    reply_number: Option<i32>,
    #[serde(flatten)]
    #[schema(value_type = PlacedView)]
    placed: Option<PlacedView>,
}

/// The place of a statement, in lists.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PlaceOfStatement)]
struct PlacedView {
    /// Counted from 1.
    #[schema(required = false)]
    place: usize,
    #[schema(required = false)]
    why: Why,
    /// The same in words.
    #[schema(required = false)]
    explanation: String,
    #[schema(required = false)]
    times: Times,
}

impl<'a> From<&'a Statement> for StatementView<'a> {
    fn from(statement: &'a Statement) -> Self {
        let speech = &statement.speech;
        let is_reply = statement.kind == StatementKind::Reply;
        Self {
            id: statement.id,
            session: statement.session,
            participant: &statement.participant,
            kind: statement.kind,
            state: statement.state,
            allowed: statement.state.allowed(),
            speaker: &speech.speaker,
            title: speech.title.as_ref(),
            rank: speech.rank,
            language: &speech.language,
            on_behalf_of: speech.on_behalf_of.as_ref(),
            preferred: speech.preferred.as_ref(),
            text: statement.text,
            inscribed_at: statement.inscribed_at,
            class: (!is_reply).then_some(statement.place.0),
            swap_with: statement.swap_with.as_ref(),
            called_at: statement.called_at,
            started_at: statement.started_at,
            ended_at: statement.ended_at,
            reply_number: statement.reply_number,
            placed: None,
        }
    }
}

impl<'a> From<Placed<'a>> for StatementView<'a> {
    fn from(Placed { statement, place, why, times }: Placed<'a>) -> Self {
        let class = statement.place.0;
        let explanation = match why {
            Why::Spoken => "It has begun.".to_owned(),
            Why::Class => format!("The only one of class {class}."),
            Why::Inscription => {
                let at = statement.place.1.format("%Y-%m-%d %H:%M:%S UTC");
                format!("In class {class}, by the time of inscription: {at}.")
            }
            Why::Swap => "Two missions have exchanged their places.".to_owned(),
            Why::Reply => "A reply, behind all statements.".to_owned(),
        };
        let placed = Some(PlacedView { place, why, explanation, times });
        Self { placed, ..Self::from(statement) }
    }
}

/// A statement.
#[derive(Debug)]
pub struct StatementShown(pub Statement);

impl Answer for StatementShown {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&StatementView::from(&self.0))
    }
    fn etag(&self) -> Option<String> {
        Some(self.0.version.etag())
    }
    fn location(&self) -> Option<String> {
        Some(format!("/api/v1/sessions/{}/speakers/{}", self.0.session, self.0.id))
    }
}
