//! Reading an archive of photographs. Pure, and slow: never on the reactor.
//!
//! Whoever unpacks an archive unseen can be made to fill the memory from a few kilobytes, or to write where its names
//! lead. Here nothing is written at all, names are only compared, and all of it is unpacked once into nothing, and
//! counted; then one file after the other is looked at.

use std::io::{Cursor, Read as _};

use actix_web::web::Bytes;
use zip::ZipArchive;

use super::model::{PhotoFault, Photograph, Seen};
use crate::config::Photo;
use crate::delegations::imports::refused::{Refused, Unread};
use crate::documents::{self, Digest};

/// More photographs than a delegation has people.
pub const LIMIT_FILES: usize = 500;
/// All of them together, unpacked. Photographs hardly shrink when they are packed.
pub const LIMIT_UNPACKED_BYTES: u64 = 64 * 1024 * 1024;

/// What systems put into archives beside the files that were meant.
const RUBBISH: &[&str] = &[".ds_store", "thumbs.db", "desktop.ini"];

/// The end of the directory of an archive begins so; ten bytes on it says how many files there are.
const END_OF_DIRECTORY: &[u8] = b"PK\x05\x06";

type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;

/// What is in an archive, file by file, in its order.
pub fn read(bytes: &[u8], limits: &Photo) -> Result<Vec<Seen>, Refused> {
    let mut archive = open(bytes)?;
    must_be_small_inside(&mut archive)?;
    let mut all = Vec::new();
    for index in 0..archive.len() {
        all.extend(look_at(&mut archive, index, limits)?);
    }
    if all.is_empty() {
        return Err(NOT_ONE);
    }
    Ok(all)
}

/// The content of one file of an archive that was read.
pub fn extract(bytes: &[u8], index: usize, limits: &Photo) -> Result<Bytes, Refused> {
    let content = content(&mut open(bytes)?, index, limits).ok_or(NOT_ONE)?;
    Ok(Bytes::from(content))
}

const NOT_ONE: Refused = Refused::Unread(Unread::NoArchive);

fn open(bytes: &[u8]) -> Result<Archive<'_>, Refused> {
    if count_told(bytes).is_some_and(|files| files > LIMIT_FILES) {
        return Err(Refused::TooManyFiles { limit_files: LIMIT_FILES });
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| NOT_ONE)?;
    if archive.len() > LIMIT_FILES {
        return Err(Refused::TooManyFiles { limit_files: LIMIT_FILES });
    }
    // Two files of one name are seen differently by different readers; files that share bytes are a bomb.
    if archive.has_duplicate_names() || archive.has_overlapping_entries().map_err(|_| NOT_ONE)? {
        return Err(Refused::Unread(Unread::Hostile));
    }
    Ok(archive)
}

/// How many files an archive says that it has, before its directory is read.
fn count_told(bytes: &[u8]) -> Option<usize> {
    let at = bytes.windows(END_OF_DIRECTORY.len()).rposition(|w| w == END_OF_DIRECTORY)?;
    let count = bytes.get(at + 10..)?.first_chunk::<2>()?;
    Some(usize::from(u16::from_le_bytes(*count)))
}

/// Unpacks every file into nothing. What an archive says of its own sizes is not believed.
fn must_be_small_inside(archive: &mut Archive<'_>) -> Result<(), Refused> {
    let too_large = || Refused::TooLarge {
        limit_bytes: usize::try_from(LIMIT_UNPACKED_BYTES).unwrap_or(usize::MAX),
    };
    let mut left = LIMIT_UNPACKED_BYTES;
    for index in 0..archive.len() {
        // What cannot be unpacked is said where it is looked at.
        let Ok(file) = archive.by_index(index) else { continue };
        let mut unpacked = file.take(left + 1);
        let _ = std::io::copy(&mut unpacked, &mut std::io::sink());
        let read = left + 1 - unpacked.limit();
        left = left.checked_sub(read).ok_or_else(too_large)?;
    }
    Ok(())
}

/// What a file is; none where it is not meant to be one.
fn look_at(
    archive: &mut Archive<'_>,
    index: usize,
    limits: &Photo,
) -> Result<Option<Seen>, Refused> {
    let raw = archive.by_index_raw(index).map_err(|_| NOT_ONE)?;
    let name = raw.name().map_or_else(|_| String::new(), std::borrow::Cow::into_owned);
    let (is_folder, is_link, is_locked) = (raw.is_dir(), raw.is_symlink(), raw.encrypted());
    drop(raw);
    if is_folder && is_safe(name.trim_end_matches('/')) || is_rubbish(&name) {
        return Ok(None);
    }
    let found = if !is_safe(&name) {
        Err(PhotoFault::UnsafePath)
    } else if is_link {
        Err(PhotoFault::NotAFile)
    } else if is_locked {
        Err(PhotoFault::Encrypted)
    } else {
        content(archive, index, limits)
            .ok_or(PhotoFault::Unreadable)
            .and_then(|content| photograph(&content, limits))
    };
    Ok(Some(Seen { file: shown(&name), index, found }))
}

/// A file's bytes, and never more than one too many of them.
fn content(archive: &mut Archive<'_>, index: usize, limits: &Photo) -> Option<Vec<u8>> {
    let most = u64::from(limits.limit_bytes.get()) + 1;
    let mut content = Vec::new();
    archive.by_index(index).ok()?.take(most).read_to_end(&mut content).ok()?;
    Some(content)
}

fn photograph(content: &[u8], limits: &Photo) -> Result<Photograph, PhotoFault> {
    let warnings = documents::judge_photo(content, limits)?;
    let size_bytes = i64::try_from(content.len()).unwrap_or(i64::MAX);
    Ok(Photograph { sha256: Digest::of(content), size_bytes, warnings })
}

/// Whether a name stays inside, wherever it would be written.
fn is_safe(name: &str) -> bool {
    let is_plain = |part: &str| !part.is_empty() && part != "." && part != "..";
    !name.chars().any(|c| c.is_control() || c == '\\' || c == ':') && name.split('/').all(is_plain)
}

fn is_rubbish(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or_default().to_lowercase();
    name.starts_with("__MACOSX/") || last.starts_with("._") || RUBBISH.contains(&last.as_str())
}

/// A name as it is told: it came from outside.
fn shown(name: &str) -> String {
    let misleads =
        |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    name.chars().filter(|c| !misleads(*c)).take(200).collect()
}
