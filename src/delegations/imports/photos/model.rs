//! What an archive of photographs would do. Pure.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::delegations::imports::model::{Counts, ImportRowState};
use crate::documents::{Digest, Parcel, Unacceptable, Warning};
use crate::ids::MemberId;
use crate::text::choices;

choices! {
    /// What is wrong with a file of an archive.
    PhotoFault {
        /// Its name leads out of the archive, or is none.
        UnsafePath = "unsafe_path",
        /// It is a link or something else that is no file.
        NotAFile = "not_a_file",
        /// It opens with a password only.
        Encrypted = "encrypted",
        /// Its bytes are not those that were packed.
        Unreadable = "unreadable",
        /// It is neither JPEG nor PNG, whatever its name says.
        NotAnImage = "not_an_image",
        /// It has more bytes than a photograph may have.
        TooLarge = "too_large",
        /// It has more pixels than a photograph may have.
        TooManyPixels = "too_many_pixels",
        /// It has too few pixels for a badge.
        TooSmall = "too_small",
        /// Nobody of the delegation is called so.
        UnknownMember = "unknown_member",
        /// Several people of the delegation are called so.
        Ambiguous = "ambiguous",
        /// Another file is of the same person.
        Twice = "twice",
    }
}

impl PhotoFault {
    /// What is expected instead, for people.
    #[must_use]
    pub fn detail(self) -> &'static str {
        match self {
            Self::UnsafePath => "a name that stays inside the archive is expected",
            Self::NotAFile => "a file is expected, not a link",
            Self::Encrypted => "a file without a password is expected",
            Self::Unreadable => "the file was damaged on its way",
            Self::NotAnImage => "a photograph in JPEG or PNG is expected, whatever its name says",
            Self::TooLarge => "the photograph has more bytes than are accepted",
            Self::TooManyPixels => "the photograph has more pixels than are accepted",
            Self::TooSmall => "the photograph has too few pixels for a badge",
            Self::UnknownMember => {
                "the name of a file is a member's id, e-mail address, or family and given names"
            }
            Self::Ambiguous => "several members have this name: use an id or e-mail address",
            Self::Twice => "another file is of the same member; one each is expected",
        }
    }
}

impl From<Unacceptable> for PhotoFault {
    fn from(reason: Unacceptable) -> Self {
        match reason {
            Unacceptable::OtherType => Self::NotAnImage,
            Unacceptable::TooManyPixels { .. } => Self::TooManyPixels,
            Unacceptable::TooFewPixels { .. } => Self::TooSmall,
            Unacceptable::TooManyBytes { .. } => Self::TooLarge,
        }
    }
}

/// A file of an archive that is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = PhotoFileFault)]
pub struct FileFault {
    /// Its name in the archive.
    pub file: String,
    /// Stable, for programs.
    pub code: PhotoFault,
    /// For people.
    pub detail: String,
}

/// What an archive of photographs would do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PhotoPreview {
    /// Every file that is not accepted, in the order of the archive. Where there is one, nothing can be committed.
    pub faults: Vec<FileFault>,
    /// Every file, in the order of the archive.
    pub files: Vec<PreviewFile>,
}

/// What a file would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = PhotoPreviewFile)]
pub struct PreviewFile {
    /// Its name in the archive.
    pub file: String,
    /// `new`: their first photograph; `changed`: another one; `unchanged`: the one that they have.
    pub state: ImportRowState,
    /// Whose photograph it is, where that is known.
    pub member: Option<MemberId>,
    /// What is accepted and will be noticed.
    pub warnings: Vec<Warning>,
}

impl PhotoPreview {
    /// How many files come to what.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts::of(self.files.iter().map(|file| file.state))
    }
}

/// A file as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Its name in the archive, for people.
    pub file: String,
    /// Where it stands in the archive.
    pub index: usize,
    /// What it is.
    pub found: Result<Photograph, PhotoFault>,
}

/// A photograph that is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Photograph {
    /// Of its bytes.
    pub sha256: Digest,
    /// How many they are.
    pub size_bytes: i64,
    /// What is accepted and will be noticed.
    pub warnings: Vec<Warning>,
}

/// What a preview keeps for its commit. The archive itself lies in the store of the papers; what opens it is here alone.
#[derive(Serialize, Deserialize)]
pub struct Content {
    /// Where the archive is.
    pub archive: Parcel,
    /// What was read in it.
    pub seen: Vec<Seen>,
    /// What was answered.
    pub preview: PhotoPreview,
}
