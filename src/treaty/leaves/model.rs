//! Rows of the record as the exact bytes of a leaf.
//!
//! A leaf is JSON on one line, its names those of the columns, what is empty left out. It is public and for ever. So it holds
//! of persons the signatory's name, office and capacity and no more (R26): who recorded or overrode, and why, enter it as a
//! salted hash. Declarations are public, and long: they enter it by the SHA-256 of their words, which whoever has the words can make.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use crate::ceremony::Treaty;
use crate::ledger::{moment, salted};
use crate::secret::{hex, sha256};

/// A row of the record with what hangs on it, every value as the database writes it. Nothing is parsed, since whatever stands
/// there, however impossible, must make a leaf of its own. So nothing but the key is relied on to be there: whoever edits as
/// the owner can take a `not null` away, too.
#[derive(Debug)]
pub struct ActRow {
    pub act_id: Uuid,
    pub kind: Option<String>,
    pub participant: Option<String>,
    pub action_id: Option<Uuid>,
    pub place: Option<String>,
    /// UTC, as `YYYY-MM-DD HH:MM:SS.ffffff`.
    pub done_at: Option<String>,
    pub done_offset_minutes: Option<i32>,
    pub legal_date: Option<String>,
    pub signatory_name: Option<String>,
    pub signatory_office: Option<String>,
    pub signatory_capacity: Option<String>,
    pub signatory_acting: Option<bool>,
    pub full_powers_id: Option<Uuid>,
    pub ad_referendum: Option<bool>,
    pub of_act_id: Option<Uuid>,
    pub of_recorded_by: Option<Uuid>,
    pub reason: Option<String>,
    pub recorded_by: Option<Uuid>,
    pub recorded_at: Option<String>,
    pub declarations: Json<Vec<DeclarationRow>>,
    pub changes: Json<Vec<ChangeRow>>,
    pub overrides: Json<Vec<OverrideRow>>,
}

/// A row of `act_declaration`.
#[derive(Debug, Deserialize)]
pub struct DeclarationRow {
    position: i32,
    kind: Option<String>,
    language: Option<String>,
    words: Option<String>,
    translation_language: Option<String>,
    translation: Option<String>,
}

/// A row of `act_change`.
#[derive(Debug, Deserialize, Serialize)]
pub struct ChangeRow {
    position: i32,
    field: Option<String>,
    old_value: Option<String>,
    new_value: Option<String>,
}

/// A row of `act_override`.
#[derive(Debug, Deserialize, Serialize)]
pub struct OverrideRow {
    full_powers_override_id: Uuid,
    full_powers_id: Option<Uuid>,
    /// Texts in an array, unless somebody made it something else.
    lifted: Value,
    reason: Option<String>,
    proposed_by: Option<Uuid>,
    approved_by: Option<Uuid>,
}

/// A row of `act_notification`.
#[derive(Debug)]
pub struct NotificationRow {
    pub act_notification_id: Uuid,
    pub act_id: Option<Uuid>,
    pub number: Option<String>,
    pub published_on: Option<String>,
    pub noted_by: Option<Uuid>,
    pub noted_at: Option<String>,
}

#[derive(Serialize)]
struct ActLeaf<'r> {
    entry: &'static str,
    act_id: Uuid,
    kind: Option<&'r str>,
    participant: Option<&'r str>,
    action_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    done_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    done_offset_minutes: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    legal_date: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signatory_name: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signatory_office: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signatory_capacity: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signatory_acting: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ad_referendum: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    declarations: Vec<DeclarationLeaf<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    of_act_id: Option<Uuid>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    changes: &'r [ChangeRow],
    /// What two officers lifted for it (R12).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lifted: Vec<&'r Value>,
    recorded_at: Option<String>,
    /// SHA-256 of the salt and of what stands in [`ActUnsaid`].
    unsaid_sha256: String,
}

/// What is committed to and not said.
#[derive(Serialize)]
struct ActUnsaid<'r> {
    full_powers_id: Option<Uuid>,
    of_recorded_by: Option<Uuid>,
    reason: Option<&'r str>,
    recorded_by: Option<Uuid>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    overrides: &'r [OverrideRow],
}

#[derive(Serialize)]
struct DeclarationLeaf<'r> {
    position: i32,
    kind: Option<&'r str>,
    language: Option<&'r str>,
    words_sha256: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    translation_language: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    translation_sha256: Option<String>,
}

#[derive(Serialize)]
struct NotificationLeaf<'r> {
    entry: &'static str,
    act_notification_id: Uuid,
    act_id: Option<Uuid>,
    number: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    published_on: Option<&'r str>,
    noted_at: Option<String>,
    unsaid_sha256: String,
}

#[derive(Serialize)]
struct NotificationUnsaid {
    noted_by: Option<Uuid>,
}

#[derive(Serialize)]
struct TreatyLeaf<'t> {
    entry: &'static str,
    number: &'t str,
    depositary: &'t str,
    adopted_on: String,
    /// By language, as far as they were given.
    authentic_texts_sha256:
        &'t std::collections::BTreeMap<crate::text::Language, crate::ceremony::Digest>,
}

/// The first leaf: which treaty it is about, by the hashes of its authentic texts.
pub fn of_treaty(treaty: &Treaty) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&TreatyLeaf {
        entry: "treaty",
        number: treaty.number.as_str(),
        depositary: treaty.depositary.as_str(),
        adopted_on: treaty.adopted_on.to_string(),
        authentic_texts_sha256: &treaty.authentic_texts,
    })
}

impl ActRow {
    /// The leaf that the row makes with a salt.
    pub fn leaf(&self, salt: &[u8]) -> Result<Vec<u8>, serde_json::Error> {
        let unsaid = ActUnsaid {
            full_powers_id: self.full_powers_id,
            of_recorded_by: self.of_recorded_by,
            reason: self.reason.as_deref(),
            recorded_by: self.recorded_by,
            overrides: &self.overrides.0,
        };
        serde_json::to_vec(&ActLeaf {
            entry: "act",
            act_id: self.act_id,
            kind: self.kind.as_deref(),
            participant: self.participant.as_deref(),
            action_id: self.action_id,
            place: self.place.as_deref(),
            done_at: self.done_at.as_deref().map(moment),
            done_offset_minutes: self.done_offset_minutes,
            legal_date: self.legal_date.as_deref(),
            signatory_name: self.signatory_name.as_deref(),
            signatory_office: self.signatory_office.as_deref(),
            signatory_capacity: self.signatory_capacity.as_deref(),
            signatory_acting: self.signatory_acting,
            ad_referendum: self.ad_referendum,
            declarations: self.declarations.0.iter().map(DeclarationLeaf::from).collect(),
            of_act_id: self.of_act_id,
            changes: &self.changes.0,
            lifted: self.overrides.0.iter().flat_map(OverrideRow::lifted).collect(),
            recorded_at: self.recorded_at.as_deref().map(moment),
            unsaid_sha256: salted(salt, &unsaid)?,
        })
    }
}

impl NotificationRow {
    /// The leaf that the row makes with a salt.
    pub fn leaf(&self, salt: &[u8]) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&NotificationLeaf {
            entry: "notification",
            act_notification_id: self.act_notification_id,
            act_id: self.act_id,
            number: self.number.as_deref(),
            published_on: self.published_on.as_deref(),
            noted_at: self.noted_at.as_deref().map(moment),
            unsaid_sha256: salted(salt, &NotificationUnsaid { noted_by: self.noted_by })?,
        })
    }
}

impl OverrideRow {
    fn lifted(&self) -> &[Value] {
        match &self.lifted {
            Value::Array(lifted) => lifted,
            other => std::slice::from_ref(other),
        }
    }
}

impl<'r> From<&'r DeclarationRow> for DeclarationLeaf<'r> {
    fn from(row: &'r DeclarationRow) -> Self {
        Self {
            position: row.position,
            kind: row.kind.as_deref(),
            language: row.language.as_deref(),
            words_sha256: row.words.as_ref().map(|words| hex(&sha256(words))),
            translation_language: row.translation_language.as_deref(),
            translation_sha256: row.translation.as_ref().map(|words| hex(&sha256(words))),
        }
    }
}
