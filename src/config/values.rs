//! The values of settings: each says itself what it accepts.

use serde::{Deserialize, Serialize};
use tracing_subscriber::EnvFilter;

use crate::text::{Fault, choices, text_types};

/// A whole number from `MIN` to `MAX`. The unit is the last word of its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Within<const MIN: u32, const MAX: u32>(u32);

impl<const MIN: u32, const MAX: u32> Within<MIN, MAX> {
    /// The number.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0
    }

    /// The number as a length in memory.
    #[must_use]
    pub fn length(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl<const MIN: u32, const MAX: u32> TryFrom<u32> for Within<MIN, MAX> {
    type Error = Fault;
    fn try_from(number: u32) -> Result<Self, Fault> {
        if (MIN..=MAX).contains(&number) {
            Ok(Self(number))
        } else {
            Err(Fault::new(
                "out_of_range",
                format!("a whole number from {MIN} to {MAX} is expected"),
            ))
        }
    }
}

impl<const MIN: u32, const MAX: u32> From<Within<MIN, MAX>> for u32 {
    fn from(number: Within<MIN, MAX>) -> Self {
        number.0
    }
}

/// The address that people see, without a slash at its end: `https://ceremony.example`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct BaseUrl(String);

impl BaseUrl {
    /// The address itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for BaseUrl {
    type Error = Fault;
    fn try_from(text: String) -> Result<Self, Fault> {
        let fault =
            || Fault::new("invalid_url", "an address like https://ceremony.example is expected");
        let uri: actix_web::http::Uri = text.parse().map_err(|_| fault())?;
        let plain = matches!(uri.scheme_str(), Some("http" | "https"))
            && uri.authority().is_some_and(|authority| !authority.as_str().contains('@'))
            && uri.query().is_none();
        if plain { Ok(Self(text.trim_end_matches('/').to_owned())) } else { Err(fault()) }
    }
}

impl From<BaseUrl> for String {
    fn from(url: BaseUrl) -> Self {
        url.0
    }
}

text_types! {
    /// The name of a log in its checkpoints, and of its key: an address without a scheme, `ceremony.example/treaty`.
    Origin: 200, origin;
}

fn origin(input: &str, max_chars: usize) -> Result<String, Fault> {
    let is_plain = |c: char| c.is_ascii_graphic() && c != '+';
    if !input.is_empty() && input.len() <= max_chars && input.chars().all(is_plain) {
        Ok(input.to_owned())
    } else {
        let detail = "an address without a scheme, like ceremony.example/treaty, is expected";
        Err(Fault::new("invalid_origin", detail))
    }
}

/// `[access.argon2]`: the cost of a password, as Argon2id knows it.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(try_from = "Argon2Cost", into = "Argon2Cost")]
pub struct Argon2(argon2::Params);

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Argon2Cost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl Argon2 {
    /// The cost, as the hashing library takes it.
    #[must_use]
    pub fn params(&self) -> argon2::Params {
        self.0.clone()
    }
}

impl TryFrom<Argon2Cost> for Argon2 {
    type Error = Fault;
    fn try_from(cost: Argon2Cost) -> Result<Self, Fault> {
        argon2::Params::new(cost.memory_kib, cost.passes, cost.lanes, None).map(Self).map_err(
            |_| {
                Fault::new(
                    "invalid_cost",
                    "at least one pass, one lane, and 8 KiB of memory for each lane are expected",
                )
            },
        )
    }
}

impl From<Argon2> for Argon2Cost {
    fn from(Argon2(params): Argon2) -> Self {
        Self { memory_kib: params.m_cost(), passes: params.t_cost(), lanes: params.p_cost() }
    }
}

choices! {
    /// Where the sealed content of papers is kept.
    Store {
        /// In the data directory.
        Files = "files",
        /// In a bucket of a store that speaks S3.
        S3 = "s3",
    }
}

choices! {
    /// How letters leave.
    MailTransport {
        /// A file for each, in the data directory.
        Directory = "directory",
        /// Standard output.
        Console = "console",
        /// A mail server.
        Smtp = "smtp",
    }

    /// How the connection to a mail server is kept private.
    Security {
        /// Encryption is asked for, and nothing is sent without.
        Starttls = "starttls",
        /// Encrypted from the first byte.
        Tls = "tls",
        /// Not at all.
        None = "none",
    }
}

/// Where a page is, below the address that people see: `/invitation`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct PagePath(String);

impl PagePath {
    /// The path; `{participant}` in it is a participant's code.
    #[must_use]
    pub fn of(&self, participant: &str) -> String {
        self.0.replace("{participant}", participant)
    }
}

impl TryFrom<String> for PagePath {
    type Error = Fault;
    fn try_from(text: String) -> Result<Self, Fault> {
        let fault = || Fault::new("invalid_path", "a path like /invitation is expected");
        let path = text.replace("{participant}", "FRA");
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "/-._~#".contains(c);
        if path.starts_with('/') && !path.starts_with("//") && path.chars().all(is_plain) {
            Ok(Self(text))
        } else {
            Err(fault())
        }
    }
}

impl From<PagePath> for String {
    fn from(path: PagePath) -> Self {
        path.0
    }
}

choices! {
    /// The form of a log line.
    LogFormat {
        /// For people.
        Text = "text",
        /// One JSON object a line, for programs.
        Json = "json",
    }
}

/// What is logged, as `tracing` has it: `info,sqlx=warn`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct LogFilter(String);

impl LogFilter {
    /// The filter for the subscriber.
    #[must_use]
    pub fn filter(&self) -> EnvFilter {
        EnvFilter::new(&self.0)
    }

    /// For commands that speak for themselves: `level`, unless somebody asked for more than the `info` of a service.
    #[must_use]
    pub fn or_less(&self, level: &str) -> Self {
        if self.0 == "info" { Self(level.to_owned()) } else { self.clone() }
    }
}

impl TryFrom<String> for LogFilter {
    type Error = Fault;
    fn try_from(text: String) -> Result<Self, Fault> {
        match EnvFilter::try_new(&text) {
            Ok(_) => Ok(Self(text)),
            Err(_) => Err(Fault::new("invalid_filter", "a filter like info,sqlx=warn is expected")),
        }
    }
}

impl From<LogFilter> for String {
    fn from(filter: LogFilter) -> Self {
        filter.0
    }
}

/// A setting that may be left empty: TOML has no null, so an empty text stands for it.
pub(super) mod optional {
    use std::fmt::Display;

    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

    pub fn deserialize<'de, D, T>(from: D) -> Result<Option<T>, D::Error>
    where
        D: Deserializer<'de>,
        T: TryFrom<String, Error: Display>,
    {
        let text = String::deserialize(from)?;
        if text.is_empty() {
            return Ok(None);
        }
        T::try_from(text).map(Some).map_err(D::Error::custom)
    }

    #[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
    pub fn serialize<S: Serializer, T: Serialize>(
        value: &Option<T>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => value.serialize(to),
            None => to.serialize_str(""),
        }
    }
}

/// How a provider says that a second factor was shown (RFC 8176), where nothing else is set.
pub(super) fn mfa() -> Vec<String> {
    vec!["mfa".to_owned()]
}

/// A setting that is never shown: written as stars where there is one.
pub(super) mod secret {
    use secrecy::SecretString;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<SecretString>, D::Error> {
        let text = String::deserialize(from)?;
        Ok((!text.is_empty()).then(|| SecretString::from(text)))
    }

    #[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
    pub fn serialize<S: Serializer>(
        value: &Option<SecretString>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.serialize_str(if value.is_some() { "***" } else { "" })
    }
}
