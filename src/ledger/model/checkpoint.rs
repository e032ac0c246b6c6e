//! Checkpoints: the size and the root of a tree as a signed note (C2SP `tlog-checkpoint`, `signed-note`).

use base64::prelude::{BASE64_STANDARD, Engine as _};
use signed_note::{Note, StandardSigner, StandardVerifier, VerifierList};
use zeroize::Zeroizing;

use super::Hash;
use crate::config::Origin;

/// The number of Ed25519 among the kinds of keys of a signed note.
const ED25519: u8 = 1;

/// The state of a log: how many entries it has, and the root of their tree.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Checkpoint {
    /// How many entries.
    pub size: u64,
    /// The root of their tree.
    pub root: Hash,
}

impl Eq for Checkpoint {}

/// What was signed is not a checkpoint of this log, or was not signed by its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsound {
    /// No signed note, or one that holds no checkpoint.
    #[error("this is not a signed checkpoint in its exact form")]
    Malformed,
    /// Of another log.
    #[error("the checkpoint is another log's")]
    OtherLog,
    /// Signed by nobody known, or not at all, or altered since.
    #[error("the checkpoint is not signed by the log's key")]
    Unsigned,
}

/// Signs checkpoints. Ed25519 is deterministic: the same state is signed with the same bytes.
pub struct LogKey {
    signer: StandardSigner,
    verifier: Verifier,
}

impl LogKey {
    /// The key that a seed of 32 bytes stands for, under the log's name.
    pub fn of(seed: &[u8; 32], origin: &Origin) -> Result<Self, Unsound> {
        let public = ed25519_dalek::SigningKey::from_bytes(seed).verifying_key();
        let verifier =
            Verifier::parse(&signed_note::new_ed25519_verifier_key(origin.as_str(), &public))?;
        let id = signed_note::key_id(
            origin.as_str(),
            &[&[ED25519], public.as_bytes().as_slice()].concat(),
        );
        let secret = Zeroizing::new([&[ED25519], seed.as_slice()].concat());
        let encoded = Zeroizing::new(format!(
            "PRIVATE+KEY+{origin}+{id:08x}+{}",
            BASE64_STANDARD.encode(&*secret)
        ));
        let signer = StandardSigner::new(&encoded).map_err(|_| Unsound::Malformed)?;
        Ok(Self { signer, verifier })
    }

    /// The other half, for everybody.
    #[must_use]
    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// The checkpoint as a signed note.
    pub fn sign(&self, checkpoint: &Checkpoint) -> Result<String, Unsound> {
        let text = checkpoint.text(&self.verifier.origin);
        let mut note = Note::new(text.as_bytes(), &[]).map_err(|_| Unsound::Malformed)?;
        note.add_sigs(&[&self.signer]).map_err(|_| Unsound::Malformed)?;
        String::from_utf8(note.to_bytes()).map_err(|_| Unsound::Malformed)
    }
}

/// Knows the checkpoints of one log by their signature.
#[derive(Clone)]
pub struct Verifier {
    standard: StandardVerifier,
    origin: Origin,
    /// As it was given.
    text: String,
}

impl Verifier {
    /// Reads a verifier key: `name+id+key`, as `ceremony ledger key` prints it.
    pub fn parse(text: &str) -> Result<Self, Unsound> {
        let standard = StandardVerifier::new(text).map_err(|_| Unsound::Malformed)?;
        let name = text.split('+').next().unwrap_or_default();
        let origin = Origin::parse(name).map_err(|_| Unsound::Malformed)?;
        Ok(Self { standard, origin, text: text.to_owned() })
    }

    /// The log's name.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The checkpoint that a signed note holds, where it is this log's and in its exact form: the one signature of ours, and
    /// no byte besides.
    pub fn open(&self, note: &str) -> Result<Checkpoint, Unsound> {
        let (checkpoint, exact) = self.read(note)?;
        if exact.to_bytes() == note.as_bytes() { Ok(checkpoint) } else { Err(Unsound::Malformed) }
    }

    /// The same, whoever else has signed the note below.
    pub fn open_cosigned(&self, note: &str) -> Result<Checkpoint, Unsound> {
        self.read(note).map(|(checkpoint, _)| checkpoint)
    }

    /// The checkpoint, and the note with the log's signature alone.
    fn read(&self, note: &str) -> Result<(Checkpoint, Note), Unsound> {
        let parsed = Note::from_bytes(note.as_bytes()).map_err(|_| Unsound::Malformed)?;
        let checkpoint = Checkpoint::parse(parsed.text(), &self.origin)?;
        let known = VerifierList::new(vec![Box::new(self.standard.clone())]);
        let (ours, _) = parsed.verify(&known).map_err(|_| Unsound::Unsigned)?;
        let exact = Note::new(parsed.text(), &ours).map_err(|_| Unsound::Malformed)?;
        Ok((checkpoint, exact))
    }
}

impl std::fmt::Display for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl Checkpoint {
    /// Of a log in which nothing is.
    #[must_use]
    pub fn empty() -> Self {
        Self { size: 0, root: Hash(crate::secret::sha256([])) }
    }

    /// The text that is signed.
    fn text(&self, origin: &Origin) -> String {
        format!("{origin}\n{}\n{}\n", self.size, self.root)
    }

    fn parse(text: &[u8], origin: &Origin) -> Result<Self, Unsound> {
        let read = tlog_tiles::Checkpoint::from_bytes(text).map_err(|_| Unsound::Malformed)?;
        if read.origin() != origin.as_str() {
            return Err(Unsound::OtherLog);
        }
        let checkpoint = Self { size: read.size(), root: *read.hash() };
        // Without extensions, which no log monitor could check.
        if checkpoint.text(origin).as_bytes() == text {
            Ok(checkpoint)
        } else {
            Err(Unsound::Malformed)
        }
    }
}
