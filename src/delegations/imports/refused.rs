//! Why a list is not taken.

use serde::Serialize;

use super::model::CellFault;
use super::photos::FileFault;
use crate::ids::MemberId;
use crate::input::Faults;
use crate::text::choices;

choices! {
    /// What stands in the way of a commit or a rollback.
    #[schema(as = ImportObstacle)]
    Why {
        /// The list has faulty cells.
        Faulty = "faulty",
        /// The delegation changed, so that the list would do something else than its preview says.
        Outdated = "outdated",
        /// Somebody changed people whom the import had entered or changed.
        BuiltOn = "built_on",
        /// What was kept for taking it back is gone.
        Forgotten = "forgotten",
    }

    /// What is wrong with a file as a whole.
    Unread {
        /// There is nothing in it.
        Empty = "empty",
        /// It is text in another encoding, Windows-1252 or UTF-16 say.
        NotUtf8 = "not_utf8",
        /// It is text, and its first line has not one title of a list of members.
        NoTitles = "no_titles",
        /// It is neither text nor a workbook.
        OtherType = "other_type",
        /// It is no archive of photographs, or only a part of one.
        NoArchive = "no_archive",
        /// An archive that names a file twice, or whose files share their bytes.
        Hostile = "hostile",
    }
}

impl Unread {
    /// The types of content that are accepted instead.
    #[must_use]
    pub fn accepted(self) -> &'static [&'static str] {
        match self {
            Self::NoArchive | Self::Hostile => &["application/zip"],
            _ => &["text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"],
        }
    }

    /// What is expected instead, for people.
    #[must_use]
    pub fn detail(self) -> &'static str {
        match self {
            Self::Empty => {
                "The file is empty. A list of members in CSV (UTF-8) or XLSX is expected."
            }
            Self::NotUtf8 => {
                "UTF-8 expected: the text is in another encoding. Save it as \"CSV UTF-8\" or as XLSX."
            }
            Self::NoTitles => {
                "The first line has no title of a list of members. At least family_name, given_names, function and rank are expected."
            }
            Self::NoArchive => "A ZIP archive with photographs in it is expected, whole.",
            Self::Hostile => {
                "A ZIP archive in which each file has a name and bytes of its own is expected."
            }
            Self::OtherType => {
                "The content is no list of members in CSV (UTF-8) or XLSX, whatever its name says."
            }
        }
    }
}

/// Why a list is not taken in, or not taken back.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It is neither CSV in UTF-8 nor XLSX, or not a list of members at all.
    #[error("the file is no list of members")]
    Unread(Unread),
    /// It is longer than accepted, packed or unpacked.
    #[error("the file is too large")]
    TooLarge {
        /// Of bytes.
        limit_bytes: usize,
    },
    /// It has more rows than accepted.
    #[error("the list has too many rows")]
    TooManyRows {
        /// Of rows.
        limit_rows: usize,
    },
    /// It has more files than accepted.
    #[error("the archive has too many files")]
    TooManyFiles {
        /// Of files.
        limit_files: usize,
    },
    /// Its titles are not those of a list of members.
    #[error("the list has other columns")]
    Titles(Faults),
    /// It cannot be committed or taken back as things are.
    #[error("the import cannot be carried out")]
    Blocked {
        /// What stands in the way.
        why: Why,
        /// The cells or files that do.
        faults: Faulty,
        /// The people who do.
        members: Vec<MemberId>,
    },
}

/// What of an import is not accepted.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Faulty {
    /// Cells of a list.
    Cells(Vec<CellFault>),
    /// Files of an archive.
    Files(Vec<FileFault>),
}
