//! What a file is, judged by what it holds: never by its name, and never by what the client says. Nothing is decoded.

use imagesize::ImageSize;

use super::model::DocumentKind;
use crate::text::choices;

/// The widest and the highest image that is accepted. A few kilobytes can announce gigabytes of pixels; whoever
/// decodes them would run out of memory.
const IMAGE_SIDE_LIMIT_PIXELS: usize = 10_000;

choices! {
    /// A type of content that is accepted.
    MediaType {
        /// PDF, by its header in the first bytes.
        Pdf = "application/pdf",
        /// JPEG whose dimensions can be read.
        Jpeg = "image/jpeg",
        /// PNG whose dimensions can be read.
        Png = "image/png",
    }
}

/// Why a file is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unacceptable {
    /// It is none of the accepted types, or not a whole one.
    #[error("the file is none of the accepted types")]
    OtherType,
    /// An image with more pixels than anybody needs.
    #[error("the image has too many pixels")]
    TooManyPixels {
        /// In width, and in height.
        limit_per_side: usize,
    },
    /// A photograph of which no badge can be made.
    #[error("the photograph has too few pixels")]
    TooFewPixels {
        /// The narrowest that is accepted.
        min_width: usize,
        /// The lowest.
        min_height: usize,
    },
    /// A photograph that is larger than a photograph needs to be.
    #[error("the photograph has too many bytes")]
    TooManyBytes {
        /// The largest that is accepted.
        limit: usize,
    },
}

/// What a file was found to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Its type.
    pub media_type: MediaType,
    /// Of an image, the sides that its header announces.
    pub size: Option<ImageSize>,
}

impl MediaType {
    /// The endings of file names that go with it, the usual one first.
    #[must_use]
    pub fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Pdf => &["pdf"],
            Self::Jpeg => &["jpg", "jpeg"],
            Self::Png => &["png"],
        }
    }
}

/// The type of a file, where it is accepted for this kind of paper.
pub fn examine(kind: DocumentKind, bytes: &[u8]) -> Result<Found, Unacceptable> {
    let media_type = sniff(bytes).filter(|found| kind.accepted().contains(found));
    let media_type = media_type.ok_or(Unacceptable::OtherType)?;
    if media_type == MediaType::Pdf {
        return Ok(Found { media_type, size: None });
    }
    let size = imagesize::blob_size(bytes).map_err(|_| Unacceptable::OtherType)?;
    let ImageSize { width, height } = size;
    if width == 0 || height == 0 {
        return Err(Unacceptable::OtherType);
    }
    let limit_per_side = IMAGE_SIDE_LIMIT_PIXELS;
    if width > limit_per_side || height > limit_per_side {
        return Err(Unacceptable::TooManyPixels { limit_per_side });
    }
    Ok(Found { media_type, size: Some(size) })
}

/// The library looks for `%PDF` anywhere in the first kilobyte and knows PNG by four bytes; a page of HTML or an
/// archive could carry either. Here the signature is whole and comes first.
fn sniff(bytes: &[u8]) -> Option<MediaType> {
    match infer::get(bytes)?.mime_type() {
        "application/pdf" => bytes.starts_with(b"%PDF-").then_some(MediaType::Pdf),
        "image/jpeg" => Some(MediaType::Jpeg),
        "image/png" => {
            let is_whole = bytes.starts_with(b"\x89PNG\r\n\x1a\n")
                && bytes.get(12..16).is_some_and(|chunk| chunk == b"IHDR");
            is_whole.then_some(MediaType::Png)
        }
        _ => None,
    }
}
