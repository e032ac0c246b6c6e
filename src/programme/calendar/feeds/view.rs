//! Feeds as they are shown: the address once, and never again.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::model::Feed;
use crate::db::Answer;
use crate::ids::{CalendarFeedId, MemberId, RoomId};
use crate::text::ParticipantCode;

/// A feed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CalendarFeed)]
pub struct FeedView<'a> {
    id: CalendarFeedId,
    room: Option<RoomId>,
    participant: Option<&'a ParticipantCode>,
    member: Option<MemberId>,
    made_at: DateTime<Utc>,
    /// When its address was ended.
    revoked_at: Option<DateTime<Utc>>,
    /// Where the calendar is read: shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
}

impl<'a> From<&'a Feed> for FeedView<'a> {
    fn from(feed: &'a Feed) -> Self {
        let Feed { id, made_at, revoked_at, .. } = *feed;
        let (room, participant, member) = (feed.of.room(), feed.of.participant(), feed.of.member());
        Self { id, room, participant, member, made_at, revoked_at, path: None }
    }
}

/// A feed.
#[derive(Debug)]
pub struct Shown(pub Feed);

impl Answer for Shown {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&FeedView::from(&self.0))
    }
    fn etag(&self) -> Option<String> {
        Some(self.0.version.etag())
    }
}

/// A feed that was just made, with the secret of its address.
pub struct Issued {
    /// The feed.
    pub feed: Feed,
    /// `hcf_…`
    pub token: String,
}

impl Answer for Issued {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        let path = Some(format!("/api/v1/calendars/{}", self.token));
        serde_json::to_vec(&FeedView { path, ..FeedView::from(&self.feed) })
    }
    fn etag(&self) -> Option<String> {
        Some(self.feed.version.etag())
    }
    fn location(&self) -> Option<String> {
        Some(format!("/api/v1/calendar-feeds/{}", self.feed.id))
    }
}
