//! What a feed is of, and which sessions belong to it. Pure.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::collation::fold;
use crate::ids::{CalendarFeedId, MemberId, RoomId, SessionId};
use crate::page::Version;
use crate::programme::releases::Item;
use crate::programme::sessions::Access;
use crate::text::ParticipantCode;

/// How the secret of an address begins.
pub const PREFIX: &str = "hcf_";

/// What a feed is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeedOf {
    /// What takes place in a room.
    Room(RoomId),
    /// What a delegation can go to.
    Delegation(ParticipantCode),
    /// Where a member of it has a seat, or is announced.
    Member(ParticipantCode, MemberId),
}

impl FeedOf {
    /// From what is known of it; none where that does not go together.
    #[must_use]
    pub fn of(
        room: Option<RoomId>,
        participant: Option<ParticipantCode>,
        member: Option<MemberId>,
    ) -> Option<Self> {
        match (room, participant, member) {
            (Some(room), None, None) => Some(Self::Room(room)),
            (None, Some(code), None) => Some(Self::Delegation(code)),
            (None, Some(code), Some(member)) => Some(Self::Member(code, member)),
            _ => None,
        }
    }

    /// The room that it is of, where it is of one.
    #[must_use]
    pub fn room(&self) -> Option<RoomId> {
        if let Self::Room(room) = self { Some(*room) } else { None }
    }

    /// The member whose it is, where it is one's.
    #[must_use]
    pub fn member(&self) -> Option<MemberId> {
        if let Self::Member(_, member) = self { Some(*member) } else { None }
    }

    /// Whose it is, where it is one participant's.
    #[must_use]
    pub fn participant(&self) -> Option<&ParticipantCode> {
        match self {
            Self::Room(_) => None,
            Self::Delegation(code) | Self::Member(code, _) => Some(code),
        }
    }
}

/// A feed.
#[derive(Debug, Clone)]
pub struct Feed {
    /// Its identity.
    pub id: CalendarFeedId,
    /// What it is of.
    pub of: FeedOf,
    /// Since when.
    pub made_at: DateTime<Utc>,
    /// When its address was ended.
    pub revoked_at: Option<DateTime<Utc>>,
    /// Counts its changes.
    pub version: Version,
}

/// What decides whether a session belongs to a feed.
#[derive(Debug, Default)]
pub struct Known {
    /// Of which sessions the delegation, or the member, has a seat.
    pub seated: BTreeSet<SessionId>,
    /// Under which names the member is announced.
    pub names: Vec<String>,
}

impl FeedOf {
    /// Whether a session belongs to it.
    #[must_use]
    pub fn has(&self, item: &Item, known: &Known) -> bool {
        let is_seated = known.seated.contains(&item.id);
        match self {
            Self::Room(id) => item.room.as_ref().is_some_and(|room| room.id == *id),
            Self::Delegation(_) => item.access != Access::BySeat || is_seated,
            Self::Member(..) => {
                let names: Vec<_> = known.names.iter().map(|name| fold(name)).collect();
                is_seated || item.people.iter().any(|p| names.contains(&p.recognized_by()))
            }
        }
    }
}
