//! Cosignatures: that a witness has seen a checkpoint grow out of all that it saw before, and when (C2SP `tlog-cosignature`,
//! `cosignature/v1`).

use std::fmt;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use ed25519_dalek::{Signature as Signed, Signer as _, SigningKey, VerifyingKey};
use signed_note::Signature;

use super::Unsound;
use crate::config::Origin;

/// The number of timestamped cosignatures among the kinds of keys of a signed note.
const COSIGNATURE: u8 = 4;

/// How many bytes say when.
const TIME_BYTES: usize = 8;

/// A witness, by the key that it cosigns with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosigner {
    name: Origin,
    id: u32,
    public: VerifyingKey,
}

/// Cosigns, as a witness does.
pub struct CosignKey {
    signing: SigningKey,
    cosigner: Cosigner,
}

impl Cosigner {
    fn of(name: &Origin, public: VerifyingKey) -> Self {
        let id = signed_note::key_id(name.as_str(), &encoded(&public));
        Self { name: name.clone(), id, public }
    }

    /// Reads a verifier key: `name+id+key`, as `ceremony witness` prints it.
    pub fn parse(text: &str) -> Result<Self, Unsound> {
        let read = || {
            let (name, rest) = text.split_once('+')?;
            let (_, key) = rest.split_once('+')?;
            let (kind, key) =
                BASE64_STANDARD.decode(key).ok()?.split_first().map(|(kind, key)| {
                    (*kind, <[u8; ed25519_dalek::PUBLIC_KEY_LENGTH]>::try_from(key))
                })?;
            let public = VerifyingKey::from_bytes(&key.ok()?).ok()?;
            (kind == COSIGNATURE).then(|| Some(Self::of(&Origin::parse(name).ok()?, public)))?
        };
        // The id follows from the rest: what says another one is another's, or mistyped.
        read().filter(|read: &Self| read.to_string() == text).ok_or(Unsound::Malformed)
    }

    /// The witness's name.
    #[must_use]
    pub fn name(&self) -> &Origin {
        &self.name
    }

    /// Finds this witness's line among those of an answer, and looks whether it is of that checkpoint.
    pub fn find<'l>(&self, lines: &'l str, note: &str) -> Result<&'l str, Unsound> {
        let ours = |line: &&str| {
            let line = line.strip_suffix('\n').unwrap_or_default();
            let read = Signature::from_bytes(line.as_bytes()).ok();
            read.is_some_and(|read| read.name() == self.name.as_str() && read.id() == self.id)
        };
        let line = lines.split_inclusive('\n').find(ours).ok_or(Unsound::Unsigned)?;
        self.verify(line, note)?;
        Ok(line)
    }

    fn verify(&self, line: &str, note: &str) -> Result<(), Unsound> {
        let line = line.strip_suffix('\n').ok_or(Unsound::Malformed)?;
        let read = Signature::from_bytes(line.as_bytes()).map_err(|_| Unsound::Malformed)?;
        let (time, signature) =
            read.signature().split_first_chunk::<TIME_BYTES>().ok_or(Unsound::Malformed)?;
        let signature = Signed::from_slice(signature).map_err(|_| Unsound::Malformed)?;
        let text = cosigned(note, u64::from_be_bytes(*time)).ok_or(Unsound::Malformed)?;
        self.public.verify_strict(text.as_bytes(), &signature).map_err(|_| Unsound::Unsigned)
    }
}

impl fmt::Display for Cosigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, id, public } = self;
        write!(f, "{name}+{id:08x}+{}", BASE64_STANDARD.encode(encoded(public)))
    }
}

impl CosignKey {
    /// The key that a seed of 32 bytes stands for, under the witness's name.
    #[must_use]
    pub fn of(seed: &[u8; 32], name: &Origin) -> Self {
        let signing = SigningKey::from_bytes(seed);
        let cosigner = Cosigner::of(name, signing.verifying_key());
        Self { signing, cosigner }
    }

    /// The other half, for everybody.
    #[must_use]
    pub fn cosigner(&self) -> &Cosigner {
        &self.cosigner
    }

    /// The line that goes below the note, at a moment in seconds since 1970.
    pub fn cosign(&self, note: &str, at: u64) -> Result<String, Unsound> {
        let text = cosigned(note, at).ok_or(Unsound::Malformed)?;
        let signature = self.signing.sign(text.as_bytes()).to_bytes();
        let signature = [at.to_be_bytes().as_slice(), &signature].concat();
        let Cosigner { name, id, .. } = &self.cosigner;
        let line = Signature::new(name.to_string(), *id, signature);
        let line = line.map_err(|_| Unsound::Malformed)?.to_bytes();
        String::from_utf8(line).map_err(|_| Unsound::Malformed)
    }
}

fn encoded(public: &VerifyingKey) -> Vec<u8> {
    [&[COSIGNATURE], public.as_bytes().as_slice()].concat()
}

/// What is signed: when, and the text of the note without its signatures.
fn cosigned(note: &str, at: u64) -> Option<String> {
    let (text, _) = note.split_once("\n\n")?;
    Some(format!("cosignature/v1\ntime {at}\n{text}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cosignature_is_of_one_note_one_moment_and_one_witness() {
        let name = Origin::parse("witness.example/one").unwrap();
        let key = CosignKey::of(&[7; 32], &name);
        let note = "log.example\n1\nAAAA\n\n\u{2014} log.example AAAAAAAA\n";
        let line = key.cosign(note, 1_761_400_000).unwrap();
        let told = key.cosigner().to_string();
        let cosigner = Cosigner::parse(&told).unwrap();
        assert_eq!(&cosigner, key.cosigner());
        let among = format!("\u{2014} other.example AAAAAAAA\n{line}");
        assert_eq!(cosigner.find(&among, note), Ok(line.as_str()));
        assert_eq!(cosigner.find(&line, &note.replace("\n1\n", "\n2\n")), Err(Unsound::Unsigned));
        assert_eq!(cosigner.find("", note), Err(Unsound::Unsigned));
        let other = CosignKey::of(&[8; 32], &name);
        assert_eq!(other.cosigner().find(&line, note), Err(Unsound::Unsigned));
        for wrong in ["", "a+b", &told[1..], &told.replace('+', "-"), &format!("{told}A")] {
            assert_eq!(Cosigner::parse(wrong), Err(Unsound::Malformed), "{wrong}");
        }
    }
}
