//! The archive: a tar of parts, sealed or not, written and read from its beginning to its end, off the reactor.
//!
//! ```text
//! database/000000 …           the dump: cat database/* | pg_restore
//! documents/installation      whose papers they are
//! documents/ab/abcd…          a paper, as it lies in the store
//! keys/field.key …            the key files, where the archive is sealed
//! manifest.json               what is in it, and what a database made of it has to be
//! manifest.json.sha256
//! ```

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use actix_web::web::Bytes;
use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

use super::manifest::{FORM, Manifest};
use super::seal::{Identities, Recipient};
use crate::documents::Digest;
use crate::secret;

/// How much of the dump is in one part, so that whoever writes or reads one has no more than that in memory.
pub const PART_BYTES: usize = 4 << 20;

/// The key files that an installation has; the second one for as long as the key is being exchanged.
pub const KEYS: [&str; 3] = ["field.key", "field.next.key", "ledger.key"];

/// How many parts wait for their turn.
const AHEAD: usize = 2;

/// The beginning of every `age` file.
const SEALED: &[u8] = b"age-encryption.org/";

/// A part of an archive.
pub enum Part {
    /// The next bytes of the dump.
    Dump(Vec<u8>),
    /// Of which installation the papers are.
    Mark(String),
    /// A paper's file: its name, and its sealed bytes.
    Paper(Digest, Bytes),
    /// A key file.
    Key(String, Zeroizing<Vec<u8>>),
    /// The last one.
    Manifest(Box<Manifest>),
}

/// Why an archive cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// It cannot be read.
    #[error("the archive cannot be read: {0}")]
    Unreadable(#[source] io::Error),
    /// What was read is not what was written.
    #[error("the archive is damaged: {0}. Nothing was put back from it")]
    Damaged(String),
    /// It ends before its end.
    #[error("the archive is cut off: its end is missing. Nothing was put back from it")]
    CutOff,
    /// It is sealed, and nobody said who opens it.
    #[error("the archive is sealed: name the file of an identity that may open it by --identity")]
    Sealed,
    /// None of the identities opens it.
    #[error("the archive is sealed for somebody else: no identity of the named file opens it")]
    OtherIdentity,
    /// A later program wrote it.
    #[error(
        "the archive is of form {0}, and this program reads form {FORM}: use the one that wrote it"
    )]
    OtherForm(u32),
}

impl Unfit {
    fn damaged(why: impl Into<String>) -> Self {
        Self::Damaged(why.into())
    }
}

/// An archive that is whole and durable and has no name yet. It is gone when it is let go.
pub struct Draft {
    file: NamedTempFile,
    /// How many bytes.
    pub bytes: u64,
    /// Their SHA-256.
    pub sha256: String,
}

impl Draft {
    /// Gives it its name, which it takes from nobody.
    pub fn name(self, path: &Path) -> io::Result<()> {
        self.file.persist_noclobber(path).map_err(|error| error.error)?;
        File::open(folder_of(path))?.sync_all()
    }
}

/// The directory of a file, which may be the working directory.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Begins an archive in a directory. Its parts are sent; it is a draft once the manifest was.
pub fn write(
    folder: PathBuf,
    recipients: Vec<Recipient>,
    at: DateTime<Utc>,
) -> (mpsc::Sender<Part>, JoinHandle<io::Result<Draft>>) {
    let (sender, mut parts) = mpsc::channel(AHEAD);
    let writing = tokio::task::spawn_blocking(move || {
        let mut writer = Writer::begin(&folder, &recipients, at)?;
        while let Some(part) = parts.blocking_recv() {
            let is_last = matches!(part, Part::Manifest(_));
            writer.add(part)?;
            if is_last {
                return writer.finish();
            }
        }
        Err(io::Error::other("it was broken off"))
    });
    (sender, writing)
}

/// Reads an archive: its parts in their order, each as it was written; with the manifest all of it was.
pub fn read(path: PathBuf, identities: Identities) -> mpsc::Receiver<Result<Part, Unfit>> {
    let (sender, parts) = mpsc::channel(AHEAD);
    tokio::task::spawn_blocking(move || {
        let read = each_part(&path, &identities, |part| sender.blocking_send(Ok(part)).is_ok());
        if let Err(unfit) = read {
            // Whoever does not listen any more needs not hear it.
            let _ = sender.blocking_send(Err(unfit));
        }
    });
    parts
}

/// Counts and hashes what is written into a file.
struct Counted {
    file: NamedTempFile,
    bytes: u64,
    sha256: Sha256,
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.sha256.update(bytes.get(..written).unwrap_or_default());
        self.bytes += u64::try_from(written).unwrap_or_default();
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

enum Sink {
    Open(Counted),
    Sealed(age::stream::StreamWriter<Counted>),
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Open(file) => file.write(bytes),
            Self::Sealed(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Open(file) => file.flush(),
            Self::Sealed(file) => file.flush(),
        }
    }
}

struct Writer {
    tar: tar::Builder<Sink>,
    dumped: u32,
    at: u64,
}

impl Writer {
    fn begin(folder: &Path, recipients: &[Recipient], at: DateTime<Utc>) -> io::Result<Self> {
        // For its owner alone, and gone with this value unless it is given a name.
        let file =
            tempfile::Builder::new().prefix(".ceremony-").suffix(".part").tempfile_in(folder)?;
        let file = Counted { file, bytes: 0, sha256: Sha256::new() };
        let sink = if recipients.is_empty() {
            Sink::Open(file)
        } else {
            let sealing = age::Encryptor::with_recipients(Recipient::each(recipients));
            Sink::Sealed(sealing.map_err(io::Error::other)?.wrap_output(file)?)
        };
        let at = u64::try_from(at.timestamp()).unwrap_or_default();
        Ok(Self { tar: tar::Builder::new(sink), dumped: 0, at })
    }

    fn add(&mut self, part: Part) -> io::Result<()> {
        match part {
            Part::Dump(bytes) => {
                let name = format!("database/{:06}", self.dumped);
                self.dumped += 1;
                self.append(&name, &bytes)
            }
            Part::Mark(id) => self.append("documents/installation", format!("{id}\n").as_bytes()),
            Part::Paper(digest, bytes) => self.append(&paper_path(&digest), &bytes),
            Part::Key(name, bytes) => self.append(&format!("keys/{name}"), &bytes),
            Part::Manifest(manifest) => {
                let (text, sum) = manifest.written()?;
                self.append("manifest.json", &text)?;
                self.append("manifest.json.sha256", &sum)
            }
        }
    }

    fn append(&mut self, name: &str, content: &[u8]) -> io::Result<()> {
        let mut header = tar::Header::new_gnu();
        header.set_size(u64::try_from(content.len()).unwrap_or(u64::MAX));
        header.set_mode(0o600);
        header.set_mtime(self.at);
        self.tar.append_data(&mut header, name, content)
    }

    fn finish(self) -> io::Result<Draft> {
        let file = match self.tar.into_inner()? {
            Sink::Open(file) => file,
            Sink::Sealed(sealed) => sealed.finish()?,
        };
        let Counted { mut file, bytes, sha256 } = file;
        file.flush()?;
        file.as_file().sync_all()?;
        Ok(Draft { file, bytes, sha256: secret::hex(&sha256.finalize()) })
    }
}

fn paper_path(digest: &Digest) -> String {
    let name = digest.to_string();
    format!("documents/{}/{name}", name.get(..2).unwrap_or_default())
}

/// The bytes of the tar, whether or not they are sealed.
fn opened(path: &Path, identities: &Identities) -> Result<Box<dyn Read>, Unfit> {
    let mut begin = [0; SEALED.len()];
    let mut file = File::open(path).map_err(Unfit::Unreadable)?;
    let is_sealed = file.read_exact(&mut begin).is_ok() && begin == SEALED;
    let file = BufReader::new(File::open(path).map_err(Unfit::Unreadable)?);
    if !is_sealed {
        return Ok(Box::new(file));
    }
    if identities.is_empty() {
        return Err(Unfit::Sealed);
    }
    let unopened = |error| match error {
        age::DecryptError::NoMatchingKeys => Unfit::OtherIdentity,
        age::DecryptError::Io(error) => Unfit::damaged(error.to_string()),
        _ => Unfit::damaged("its head does not open"),
    };
    let sealed = age::Decryptor::new_buffered(file).map_err(unopened)?;
    Ok(Box::new(sealed.decrypt(identities.each()).map_err(unopened)?))
}

/// What has to agree at the end.
#[derive(Default)]
struct Sums {
    dump: Sha256,
    dump_bytes: u64,
    files: u64,
    file_bytes: u64,
    keys: Vec<String>,
    manifest: Option<(Box<Manifest>, Vec<u8>)>,
}

/// Hands on each part, until somebody has heard enough. Nothing but what a backup holds is taken.
fn each_part(
    path: &Path,
    identities: &Identities,
    mut take: impl FnMut(Part) -> bool,
) -> Result<(), Unfit> {
    let mut tar = tar::Archive::new(opened(path, identities)?);
    let mut sums = Sums::default();
    let damaged = |error: io::Error| Unfit::damaged(error.to_string());
    for entry in tar.entries().map_err(damaged)? {
        let mut entry = entry.map_err(damaged)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let mut content = Zeroizing::new(Vec::new());
        entry.read_to_end(&mut content).map_err(damaged)?;
        let ended = sums.manifest.take();
        if let Some((manifest, sum)) = ended {
            if name != "manifest.json.sha256" || *content != sum {
                return Err(Unfit::damaged("its manifest is not what was written"));
            }
            take(Part::Manifest(manifest));
            return Ok(());
        }
        if let Some(part) = sums.add(&name, content)?
            && !take(part)
        {
            return Ok(());
        }
    }
    Err(Unfit::CutOff)
}

impl Sums {
    /// The part of this name; none of the manifest, which counts with its sum alone.
    fn add(&mut self, name: &str, mut content: Zeroizing<Vec<u8>>) -> Result<Option<Part>, Unfit> {
        let length = u64::try_from(content.len()).unwrap_or(u64::MAX);
        let foreign = || Unfit::damaged(format!("it holds {name:?}, which no backup does"));
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        Ok(Some(match name.split_once('/') {
            Some(("database", _)) => {
                self.dump.update(&*content);
                self.dump_bytes += length;
                Part::Dump(std::mem::take(&mut *content))
            }
            Some(("documents", "installation")) => Part::Mark(text(&content)),
            Some(("documents", file)) => {
                let digest = file.get(3..).and_then(Digest::parse).ok_or_else(foreign)?;
                if Digest::of(&content) != digest || paper_path(&digest) != name {
                    return Err(Unfit::damaged(format!(
                        "the paper {digest} is not what was written"
                    )));
                }
                (self.files, self.file_bytes) = (self.files + 1, self.file_bytes + length);
                Part::Paper(digest, std::mem::take(&mut *content).into())
            }
            Some(("keys", file)) if KEYS.contains(&file) => {
                self.keys.push(file.to_owned());
                Part::Key(file.to_owned(), content)
            }
            None if name == "manifest.json" => {
                self.manifest = Some(self.close(&content)?);
                return Ok(None);
            }
            _ => return Err(foreign()),
        }))
    }

    /// The manifest, when all that came before it agrees.
    fn close(&self, text: &[u8]) -> Result<(Box<Manifest>, Vec<u8>), Unfit> {
        #[derive(serde::Deserialize)]
        struct Form {
            form: u32,
        }
        let unread = |error: serde_json::Error| Unfit::damaged(format!("its manifest: {error}"));
        let Form { form } = serde_json::from_slice(text).map_err(unread)?;
        if form != FORM {
            return Err(Unfit::OtherForm(form));
        }
        let manifest: Manifest = serde_json::from_slice(text).map_err(unread)?;
        let sum = format!("{}  manifest.json\n", secret::hex(&secret::sha256(text)));
        let Manifest { dump, papers, keys, .. } = &manifest;
        let dumped = (self.dump_bytes, secret::hex(&self.dump.clone().finalize()));
        if dumped != (dump.bytes, dump.sha256.clone()) {
            return Err(Unfit::damaged("the dump of the database is not what was written"));
        }
        if (self.files, self.file_bytes) != (papers.files, papers.bytes) || self.keys != *keys {
            return Err(Unfit::damaged("papers or keys are missing in it"));
        }
        Ok((Box::new(manifest), sum.into_bytes()))
    }
}
