//! A paper and what is decided about it. Pure.

use chrono::{DateTime, NaiveDate, Utc};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::sniff::MediaType;
use crate::ids::{AccountId, DocumentId, MemberId};
use crate::page::Version;
use crate::secret;
use crate::text::{Fault, ParticipantCode, Reason, choices, line, text_types};

choices! {
    /// What a paper is for.
    DocumentKind {
        /// The note by which a State announces its delegation (R35).
        NoteVerbale = "note_verbale",
        /// The signed letter on letterhead by which an organization does (R35).
        Letter = "letter",
        /// The paper by which a participant appoints its focal point (R38).
        AppointmentOfFocalPoint = "appointment_of_focal_point",
        /// The page of a passport that identifies its holder.
        Passport = "passport",
        /// The photograph for a badge.
        Photo = "photo",
        /// The paper that entitles to sign (R7).
        FullPowers = "full_powers",
        /// Credentials for the conference; not full powers, unless the one paper grants both (R8).
        Credentials = "credentials",
        /// What shows that somebody is a journalist.
        PressCard = "press_card",
        /// What is going to be said in a plenary, under embargo until it was (R49).
        Statement = "statement",
    }

    /// How far the paper has come.
    DocumentState {
        /// Uploaded, not yet looked at.
        Received = "received",
        /// An officer found it in order.
        Verified = "verified",
        /// An officer found it wanting. For good: a better paper is a new upload.
        Refused = "refused",
    }
}

text_types! {
    /// The name of a file, for people: its last component, without what file systems reserve.
    FileName: 200, file_name;
}

/// A SHA-256, written in lower-case hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type, utoipa::ToSchema)]
#[sqlx(transparent)]
#[schema(value_type = String, min_length = 64, max_length = 64)]
pub struct Digest(pub [u8; 32]);

/// An uploaded paper.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Document {
    /// Identity.
    pub id: DocumentId,
    /// Whose paper it is.
    pub participant: ParticipantCode,
    /// Whose of its delegation, where it is a member's.
    pub member: Option<MemberId>,
    /// What it is for.
    pub kind: DocumentKind,
    /// How far it has come.
    pub state: DocumentState,
    /// Why it was refused.
    pub reason: Option<Reason>,
    /// For people.
    pub file_name: FileName,
    /// As the content shows it.
    pub media_type: MediaType,
    /// Of the content.
    pub size_bytes: i64,
    /// Of the content, so that whoever uploaded it can compare.
    pub sha256: Digest,
    /// The last day on which it holds; null: it does not end.
    pub expires_on: Option<NaiveDate>,
    /// Who uploaded it.
    pub uploaded_by: AccountId,
    /// When.
    pub uploaded_at: DateTime<Utc>,
    /// Who verified or refused it.
    pub decided_by: Option<AccountId>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
    /// Who had the original in hands.
    pub original_seen_by: Option<AccountId>,
    /// When.
    pub original_seen_at: Option<DateTime<Utc>>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts its changes; the `ETag`.
    #[serde(skip)]
    #[schema(ignore)]
    pub version: Version,
}

/// The state does not allow this.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a paper that is {from} does not take the step {wanted}")]
pub struct WrongState {
    /// The state that stands.
    pub from: DocumentState,
    /// The verb that was asked for.
    pub wanted: &'static str,
    /// The verbs that are open.
    pub allowed: Vec<&'static str>,
}

impl DocumentKind {
    /// The types of content that are accepted for it. A photograph is an image; anything else may be a scan or PDF.
    #[must_use]
    pub fn accepted(self) -> &'static [MediaType] {
        match self {
            Self::Photo => &[MediaType::Jpeg, MediaType::Png],
            _ => MediaType::ALL,
        }
    }

    /// Whether it speaks for the mission as a whole, and so is no member's.
    #[must_use]
    pub fn is_of_the_mission(self) -> bool {
        matches!(
            self,
            Self::NoteVerbale | Self::Letter | Self::AppointmentOfFocalPoint | Self::Statement
        )
    }

    /// Whether its row may say until when it holds. Of a passport only its holder's entry does, sealed (R50).
    #[must_use]
    pub fn may_expire(self) -> bool {
        self != Self::Passport
    }

    /// Whether it shows who somebody is: protected data, of which not even a hash outlives its erasure (R50, R52).
    #[must_use]
    pub fn is_of_a_person(self) -> bool {
        matches!(self, Self::Passport | Self::Photo | Self::PressCard)
    }
}

impl Document {
    /// What an officer may do with it, by the names of the routes.
    #[must_use]
    pub fn allowed(&self) -> Vec<&'static str> {
        let open: &[&str] = match self.state {
            DocumentState::Received => &["verify", "refuse", "original-seen"],
            DocumentState::Verified => &["refuse", "original-seen"],
            DocumentState::Refused => &[],
        };
        let was_seen = self.original_seen_at.is_some();
        open.iter().copied().filter(|verb| !(was_seen && *verb == "original-seen")).collect()
    }

    /// Whether its last day is past.
    #[must_use]
    pub fn is_expired(&self, today: NaiveDate) -> bool {
        self.expires_on.is_some_and(|last| last < today)
    }

    /// An officer finds the paper in order, and says until when it holds where that is not known yet.
    pub fn verify(
        self,
        by: AccountId,
        at: DateTime<Utc>,
        expires_on: Option<NaiveDate>,
    ) -> Result<Self, WrongState> {
        match self.state {
            DocumentState::Received => {
                let expires_on = expires_on.or(self.expires_on);
                Ok(Self { expires_on, ..self.decided(DocumentState::Verified, by, at, None) })
            }
            DocumentState::Verified | DocumentState::Refused => Err(self.wrong("verify")),
        }
    }

    /// An officer has had the original in hands. That is said beside the state, and once.
    pub fn see_original(self, by: AccountId, at: DateTime<Utc>) -> Result<Self, WrongState> {
        if self.state == DocumentState::Refused || self.original_seen_at.is_some() {
            return Err(self.wrong("original-seen"));
        }
        Ok(Self {
            original_seen_by: Some(by),
            original_seen_at: Some(at),
            updated_at: at,
            version: self.version.next(),
            ..self
        })
    }

    /// An officer finds the paper wanting, at once or later.
    pub fn refuse(
        self,
        by: AccountId,
        at: DateTime<Utc>,
        reason: Reason,
    ) -> Result<Self, WrongState> {
        match self.state {
            DocumentState::Received | DocumentState::Verified => {
                Ok(self.decided(DocumentState::Refused, by, at, Some(reason)))
            }
            DocumentState::Refused => Err(self.wrong("refuse")),
        }
    }

    fn wrong(&self, wanted: &'static str) -> WrongState {
        WrongState { from: self.state, wanted, allowed: self.allowed() }
    }

    fn decided(
        self,
        state: DocumentState,
        by: AccountId,
        at: DateTime<Utc>,
        reason: Option<Reason>,
    ) -> Self {
        Self {
            state,
            reason,
            decided_by: Some(by),
            decided_at: Some(at),
            updated_at: at,
            version: self.version.next(),
            ..self
        }
    }
}

impl FileName {
    /// The name under which content of this type is kept: what a reader's system makes of a name hangs on its ending,
    /// so the ending says what the content is. Without a name, the kind is one.
    #[must_use]
    pub fn of(given: Option<Self>, kind: DocumentKind, media_type: MediaType) -> Self {
        let name = given.map_or_else(|| kind.as_str().to_owned(), |name| name.0);
        let endings = media_type.endings();
        let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
        if ending.is_some_and(|ending| endings.contains(&ending.as_str())) {
            return Self(name);
        }
        let stem: String = name.chars().take(190).collect();
        Self(format!("{stem}.{}", endings.first().copied().unwrap_or_default()))
    }
}

impl Digest {
    /// Of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(secret::sha256(bytes))
    }

    /// Reads 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn parse(input: &str) -> Option<Self> {
        let nibble = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let (pairs, rest) = input.as_bytes().as_chunks::<2>();
        let bytes: Option<Vec<u8>> =
            pairs.iter().map(|[high, low]| Some(nibble(*high)? << 4 | nibble(*low)?)).collect();
        bytes.filter(|_| rest.is_empty())?.try_into().ok().map(Self)
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&secret::hex(&self.0))
    }
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("64 hexadecimal digits are expected"))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn file_name(input: &str, max_chars: usize) -> Result<String, Fault> {
    let last = input.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = line(last, max_chars)?
        .chars()
        .map(|c| if r#"<>:"|?*"#.contains(c) { '_' } else { c })
        .collect();
    match name.trim_matches(['.', ' ']) {
        "" => Err(Fault::new("blank", "a file name with at least one letter or digit is expected")),
        name => Ok(name.to_owned()),
    }
}
