//! An import: what its preview says, and its way from there (R40, R54). Pure.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::columns::{Cells, Column};
use super::differences::Differences;
use crate::delegations::model::WrongState;
use crate::ids::{AccountId, ChangeRequestId, ImportId, MemberId};
use crate::page::Version;
use crate::text::{ParticipantCode, choices};

/// How long a preview waits for its commit.
const PREVIEW_KEEP_HOURS: i64 = 24;

choices! {
    /// Where an import stands.
    ImportState {
        /// Read; nothing of it is in the list of members.
        Previewed = "previewed",
        /// In the list of members.
        Committed = "committed",
        /// Taken back whole.
        RolledBack = "rolled_back",
        /// Nobody wanted it for a day; what it said is forgotten.
        Expired = "expired",
    }

    /// What kind of file a list came in.
    ImportFormat {
        /// Comma, semicolon or tab separated values in UTF-8.
        Csv = "csv",
        /// A workbook of Office Open XML; its first visible sheet.
        Xlsx = "xlsx",
        /// An archive of photographs.
        Zip = "zip",
    }

    /// What a row of a list comes to.
    ImportRowState {
        /// A person who is not in the delegation yet.
        New = "new",
        /// A person of whom something else is said now.
        Changed = "changed",
        /// A person as they are known.
        Unchanged = "unchanged",
        /// A row with at least one faulty cell.
        Error = "error",
    }
}

/// An import, without what its rows say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Identity.
    pub id: ImportId,
    /// Whose delegation.
    pub participant: ParticipantCode,
    /// Where it stands.
    pub state: ImportState,
    /// What it came in.
    pub format: ImportFormat,
    /// What its preview found.
    pub counts: Counts,
    /// Who brought it.
    pub created_by: AccountId,
    /// When.
    pub created_at: DateTime<Utc>,
    /// Until when it can be committed.
    pub expires_at: DateTime<Utc>,
    /// When it was committed.
    pub committed_at: Option<DateTime<Utc>>,
    /// When it was taken back.
    pub rolled_back_at: Option<DateTime<Utc>>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts its changes.
    pub version: Version,
}

/// How many rows come to what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ImportCounts)]
pub struct Counts {
    /// People who are not in the delegation yet.
    pub new: i32,
    /// People of whom something else is said now.
    pub changed: i32,
    /// People as they are known.
    pub unchanged: i32,
    /// Rows with at least one faulty cell.
    pub faulty: i32,
}

impl Counts {
    /// Counts each.
    pub fn of(states: impl IntoIterator<Item = ImportRowState>) -> Self {
        let mut counts = Self::default();
        for state in states {
            match state {
                ImportRowState::New => counts.new += 1,
                ImportRowState::Changed => counts.changed += 1,
                ImportRowState::Unchanged => counts.unchanged += 1,
                ImportRowState::Error => counts.faulty += 1,
            }
        }
        counts
    }
}

/// A faulty cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ImportFault)]
pub struct CellFault {
    /// As in the file; the titles are row 1.
    pub row: u32,
    /// Its title; null where the fault is the whole row's.
    pub column: Option<Column>,
    /// Stable, for programs.
    pub code: String,
    /// For people; never repeats the value.
    pub detail: String,
}

/// What a list would do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ImportPreview)]
pub struct Preview {
    /// Every faulty cell, in the order of the file. Where there is one, nothing can be committed.
    pub faults: Vec<CellFault>,
    /// Every row, in the order of the file.
    pub rows: Vec<PreviewRow>,
}

/// What a row would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ImportPreviewRow)]
pub struct PreviewRow {
    /// As in the file; the titles are row 1.
    pub row: u32,
    /// What it comes to.
    pub state: ImportRowState,
    /// Whom it is about, where they are known.
    pub member: Option<MemberId>,
    /// Whether the change is asked for instead of made, because others have passed the person on (R37): a commit makes
    /// a change request of it.
    pub is_asked: bool,
    /// What changes, by column; the ends of passports' numbers only.
    pub changes: Differences,
}

/// A row as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadRow {
    /// As in the file.
    pub row: u32,
    /// What it says.
    pub cells: Cells,
    /// What could not even be read.
    pub faults: Vec<CellFault>,
}

/// What a preview keeps for its commit.
#[derive(Debug, Serialize, Deserialize)]
pub struct Content {
    /// What was read.
    pub rows: Vec<ReadRow>,
    /// What was answered.
    pub preview: Preview,
}

/// What a commit keeps for taking it back, person by person.
#[derive(Debug, Serialize, Deserialize)]
pub enum Undo {
    /// Somebody whom it entered.
    Entered(Left),
    /// Somebody whom it changed, and what was said before.
    Changed(Left, Cells),
    /// Somebody for whom it asked for a change.
    Asked(MemberId, ChangeRequestId),
}

/// A person as a commit left them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// Who.
    pub member: MemberId,
    /// The version that the commit made.
    pub version: i64,
}

impl Undo {
    /// Whom it is about.
    #[must_use]
    pub fn member(&self) -> MemberId {
        match self {
            Self::Entered(left) | Self::Changed(left, _) => left.member,
            Self::Asked(member, _) => *member,
        }
    }
}

impl Import {
    /// A list as it was read.
    pub fn previewed(
        participant: ParticipantCode,
        format: ImportFormat,
        counts: Counts,
        created_by: AccountId,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            id: ImportId::fresh(),
            participant,
            state: ImportState::Previewed,
            format,
            counts,
            created_by,
            created_at: now,
            expires_at: now + Duration::hours(PREVIEW_KEEP_HOURS),
            committed_at: None,
            rolled_back_at: None,
            updated_at: now,
            version: Version(1),
        }
    }

    /// Where it stands at a moment: an old preview has expired, whether or not somebody has tidied up after it.
    #[must_use]
    pub fn state_at(&self, now: DateTime<Utc>) -> ImportState {
        match self.state {
            ImportState::Previewed if self.expires_at <= now => ImportState::Expired,
            state => state,
        }
    }

    /// Takes the list in.
    pub fn committed(self, now: DateTime<Utc>) -> Result<Self, WrongState> {
        match self.state_at(now) {
            ImportState::Previewed => Ok(Self {
                state: ImportState::Committed,
                committed_at: Some(now),
                updated_at: now,
                version: self.version.next(),
                ..self
            }),
            from => Err(refuse(from, "commit")),
        }
    }

    /// Takes the list back.
    pub fn rolled_back(self, now: DateTime<Utc>) -> Result<Self, WrongState> {
        match self.state_at(now) {
            ImportState::Committed => Ok(Self {
                state: ImportState::RolledBack,
                rolled_back_at: Some(now),
                updated_at: now,
                version: self.version.next(),
                ..self
            }),
            from => Err(refuse(from, "rollback")),
        }
    }
}

fn refuse(from: ImportState, wanted: &'static str) -> WrongState {
    let allowed: &[&str] = match from {
        ImportState::Previewed => &["commit"],
        ImportState::Committed => &["rollback"],
        ImportState::RolledBack | ImportState::Expired => &[],
    };
    WrongState { current: from.as_str(), wanted, allowed }
}

impl Preview {
    /// How many rows come to what.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts::of(self.rows.iter().map(|row| row.state))
    }
}

impl CellFault {
    /// A fault of a cell, or of a row.
    pub fn at(
        row: u32,
        column: Option<Column>,
        code: impl Into<String>,
        detail: impl Into<String>,
    ) -> Self {
        Self { row, column, code: code.into(), detail: detail.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_is_committed_within_a_day_and_taken_back_once() {
        let (now, hours) = (DateTime::UNIX_EPOCH, Duration::hours);
        let code = ParticipantCode::parse("FRA").unwrap();
        let new =
            Import::previewed(code, ImportFormat::Csv, Counts::default(), AccountId::fresh(), now);
        assert_eq!(new.clone().rolled_back(now).unwrap_err().allowed, ["commit"]);
        let late = new.clone().committed(now + hours(24)).unwrap_err();
        assert_eq!((late.current, late.allowed.len()), ("expired", 0));

        let committed = new.committed(now + hours(23)).unwrap();
        assert_eq!(committed.state_at(now + hours(1000)), ImportState::Committed);
        assert_eq!(committed.clone().committed(now).unwrap_err().allowed, ["rollback"]);
        let back = committed.rolled_back(now + hours(1000)).unwrap();
        assert_eq!((back.version, back.rolled_back_at.is_some()), (Version(3), true));
        assert_eq!(back.rolled_back(now).unwrap_err().current, "rolled_back");
    }
}
