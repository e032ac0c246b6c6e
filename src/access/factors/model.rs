//! Codes: what they are, and of which moment.

use chrono::{DateTime, Utc};
use totp_rs::{Algorithm, Builder, Totp, TotpError};
use zeroize::Zeroizing;

use crate::secret;
use crate::text::{Email, Fault, choices};

/// How long one code is shown (RFC 6238).
const STEP_SECONDS: u64 = 30;

/// The digits of a code.
const DIGITS: u8 = 6;

/// Whose code it is, as apps show it.
const ISSUER: &str = "hanoi-ceremony";

/// How often somebody may try within one step. More is guessing.
pub const TRIES_PER_STEP: i32 = 3;

/// How many codes are on one paper.
pub const RECOVERY_CODES: usize = 10;

choices! {
    /// What shows, beside the password, that it is they.
    FactorKind {
        /// A device that signs.
        Passkey = "passkey",
        /// A code of the moment, from an app.
        Totp = "totp",
        /// A code from the paper.
        RecoveryCode = "recovery_code",
    }
}

/// Why a second factor was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The password alone is not enough.
    #[error("a second factor is required")]
    Required(Vec<FactorKind>),
    /// It is wrong, of another time, somebody else's, or was used before.
    #[error("what was shown is wrong, too old, or was used before")]
    Wrong,
    /// Too many codes were tried within one step.
    #[error("too many codes were tried")]
    TooMany {
        /// When the next step begins.
        retry_after_seconds: u64,
    },
}

/// What a code is made of. Never shown again after the enrolment, wiped when dropped.
pub struct TotpSecret(Zeroizing<Vec<u8>>);

impl TotpSecret {
    /// With 160 bits, as RFC 4226 wants them.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(bytes.to_vec()))
    }

    /// As it is typed into an app, and as one reads it from a picture or a link.
    pub fn shown(&self, email: &Email) -> Result<(String, String), TotpError> {
        let named = Builder::new().with_account_name(email.as_str()).with_issuer(Some(ISSUER));
        let totp = self.of_the_standard(named)?;
        Ok((totp.secret().to_base32(), totp.to_url()?))
    }

    /// The step to which a code belongs: this one, the one before or the one after, since clocks differ.
    pub fn step_of(&self, code: &TotpCode, now: DateTime<Utc>) -> Result<Option<i64>, TotpError> {
        let found = self.of_the_standard(Builder::new())?.check(&code.0, seconds(now));
        Ok(found.and_then(|step| i64::try_from(step).ok()))
    }

    /// What every app knows, since nothing else is said in their pictures: SHA-1, six digits, half a minute.
    fn of_the_standard(&self, named: Builder) -> Result<Totp, TotpError> {
        let named = named.with_algorithm(Algorithm::SHA1).with_digits(DIGITS).with_skew(1);
        named.with_step_duration(STEP_SECONDS).with_secret(self.0.to_vec()).build()
    }
}

fn seconds(now: DateTime<Utc>) -> u64 {
    u64::try_from(now.timestamp()).unwrap_or_default()
}

/// The number of the step that a moment is in.
#[must_use]
pub fn step(now: DateTime<Utc>) -> i64 {
    i64::try_from(seconds(now) / STEP_SECONDS).unwrap_or_default()
}

/// How long the step of a moment still lasts.
#[must_use]
pub fn seconds_left(now: DateTime<Utc>) -> u64 {
    STEP_SECONDS - seconds(now) % STEP_SECONDS
}

/// A code of the moment, as somebody typed it: six digits. Never shown.
#[derive(Clone)]
pub struct TotpCode(Zeroizing<String>);

impl TotpCode {
    /// Reads six digits; a space between them, as apps show one, is left out.
    pub fn parse(input: &str) -> Result<Self, Fault> {
        let digits: String = input.chars().filter(|c| *c != ' ').collect();
        if digits.len() == usize::from(DIGITS) && digits.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(Self(Zeroizing::new(digits)));
        }
        Err(Fault::new("invalid_code", format!("{DIGITS} digits are expected")))
    }
}
crate::input::from_string!(TotpCode);

/// A code from the paper, as somebody typed it. Never shown.
#[derive(Clone)]
pub struct RecoveryCode(Zeroizing<String>);

impl RecoveryCode {
    /// Reads any code: that it is none of theirs is told by the table.
    pub fn parse(input: &str) -> Result<Self, Fault> {
        let code = input.trim().to_ascii_lowercase();
        if code.is_empty() || code.len() > 64 {
            return Err(Fault::new("invalid_code", "a code from the paper is expected"));
        }
        Ok(Self(Zeroizing::new(code)))
    }

    /// What is kept of it. It has 99 random bits: there is nothing to be found by trying.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        secret::sha256(self.0.as_bytes())
    }
}
crate::input::from_string!(RecoveryCode);

macro_rules! unshown {
    ($($name:ident)+) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )+};
}
unshown! { TotpSecret TotpCode RecoveryCode }

/// The second factors of an account.
#[derive(Debug, Clone, Default)]
pub struct Factors {
    /// Since when it has an app that shows codes.
    pub totp_since: Option<DateTime<Utc>>,
    /// Whether an app was given a secret and has not yet shown a code of it.
    pub is_enrolling: bool,
    /// How many passkeys it has.
    pub passkeys: i64,
    /// How many codes of the paper are left.
    pub recovery_codes_left: i64,
}

impl Factors {
    /// Whether the password alone is enough.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.totp_since.is_none() && self.passkeys == 0
    }

    /// What is taken beside the password.
    #[must_use]
    pub fn kinds(&self) -> Vec<FactorKind> {
        let mut kinds = Vec::new();
        kinds.extend((self.passkeys > 0).then_some(FactorKind::Passkey));
        kinds.extend(self.totp_since.map(|_| FactorKind::Totp));
        kinds.extend((self.recovery_codes_left > 0).then_some(FactorKind::RecoveryCode));
        kinds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of RFC 6238, appendix B.
    fn secret() -> TotpSecret {
        TotpSecret::of(b"12345678901234567890")
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn codes_are_those_of_the_standard() {
        // The standard shows eight digits; these are their last six.
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_234_567_890, "005924"),
            (20_000_000_000, "353130"),
        ] {
            let code = TotpCode::parse(code).unwrap();
            assert_eq!(secret().step_of(&code, at(seconds)).unwrap(), Some(seconds / 30));
        }
    }

    #[test]
    fn a_code_is_good_one_step_early_and_one_late_and_no_more() {
        let code = TotpCode::parse("081804").unwrap();
        let of = 1_111_111_109 / 30;
        for (step, is_good) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            let found = secret().step_of(&code, at((of + step) * 30)).unwrap();
            assert_eq!(found, is_good.then_some(of), "{step}");
        }
        assert_eq!((step(at(59)), seconds_left(at(59)), seconds_left(at(60))), (1, 1, 30));
    }

    #[test]
    fn what_is_typed_is_read_kindly_and_never_printed() {
        assert!(TotpCode::parse("081 804").is_ok());
        for input in ["", "81804", "0818044", "o81804", "０８１８０４"] {
            assert_eq!(TotpCode::parse(input).unwrap_err().code, "invalid_code", "{input}");
        }
        let typed = RecoveryCode::parse(" ABCD-efgh ").unwrap();
        assert_eq!(typed.hash(), RecoveryCode::parse("abcd-efgh").unwrap().hash());
        assert!(RecoveryCode::parse(&"x".repeat(65)).is_err());
        let shown = format!("{:?} {typed:?} {:?}", secret(), TotpCode::parse("081804").unwrap());
        assert_eq!(shown, "TotpSecret(…) RecoveryCode(…) TotpCode(…)");
    }

    #[test]
    fn an_app_reads_the_link_and_a_person_the_letters() {
        let (letters, link) = secret().shown(&Email::parse("a@b.example").unwrap()).unwrap();
        assert_eq!(letters, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert!(link.starts_with("otpauth://totp/hanoi-ceremony:a%40b.example?"), "{link}");
        assert!(link.contains(&format!("secret={letters}")) && link.contains("issuer="), "{link}");
    }
}
