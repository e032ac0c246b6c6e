//! The settings of the service: what is built in, then a file, then the environment.
//!
//! Every key, its default and its meaning stand in `config/default.toml`, which is part of the program. A key that
//! does not stand there is refused, so that a mistyped setting is not silently without effect.

mod limits;
mod settings;
mod values;

use std::ffi::OsString;
use std::path::Path;

use ::config::{Environment, File, FileFormat, Map};

pub use limits::{Budget, Budgets, Ladder, Tries};
pub use settings::{
    Access, CeremonyFiles, Config, Database, Destination, Documents, Exports, Idempotency, Ledger,
    Log, Mail, MailPages, Photo, Provider, ProviderGrant, S3, Server, Smtp, Witness,
};
pub use values::{
    Argon2, BaseUrl, LogFilter, LogFormat, MailTransport, Origin, PagePath, Security, Store, Within,
};

const DEFAULTS: &str = include_str!("../../config/default.toml");
const LOCAL_FILE: &str = "config/local.toml";
const PREFIX: &str = "CEREMONY__";
const SEPARATOR: &str = "__";
/// What every hosting service sets; the same as `CEREMONY__DATABASE__URL`, which wins over it.
const DATABASE_URL: &str = "DATABASE_URL";

/// Why the settings cannot be used. Names the key and never a value that could be secret.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The named file is not there, or may not be read.
    #[error("the settings in {path} cannot be read: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is not TOML. The line itself is not shown: it may hold a password.
    #[error("the settings in {path} are not TOML, line {line}: {message}")]
    Syntax {
        /// The file.
        path: String,
        /// Counted from 1.
        line: usize,
        /// What the parser says.
        message: String,
    },
    /// A key that does not exist, or a value that is not accepted.
    #[error("the settings cannot be used: {0}")]
    Invalid(String),
    /// A variable whose bytes are not text.
    #[error("the environment variable {0} is not UTF-8")]
    NotUnicode(String),
}

impl Config {
    /// The settings in force for this process: built in, then `file` or else `config/local.toml` where there is
    /// one, then the environment.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let path = file.unwrap_or(Path::new(LOCAL_FILE));
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            // A file that was asked for by name must be there.
            Err(e) if file.is_none() && e.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(source) => {
                return Err(ConfigError::Unreadable { path: path.display().to_string(), source });
            }
        };
        Self::layered(&path.display().to_string(), &text, settings_among(std::env::vars_os())?)
    }

    /// The settings built in, changed by a TOML text alone. For programs that embed the service, as its tests do.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        Self::layered("the given text", text, Map::new())
    }

    /// The settings as TOML, with `***` for each secret.
    pub fn display_without_secrets(&self) -> Result<String, ConfigError> {
        toml::to_string_pretty(self).map_err(|e| ConfigError::Invalid(e.to_string()))
    }

    fn layered(
        path: &str,
        text: &str,
        environment: Map<String, String>,
    ) -> Result<Self, ConfigError> {
        check_syntax(path, text)?;
        ::config::Config::builder()
            .add_source(File::from_str(DEFAULTS, FileFormat::Toml))
            .add_source(File::from_str(text, FileFormat::Toml))
            .add_source(Environment::default().separator(SEPARATOR).source(Some(environment)))
            .build()
            .and_then(::config::Config::try_deserialize)
            .map_err(|e| ConfigError::Invalid(without_value(&e.to_string())))
    }
}

/// The variables that are settings, without their prefix.
fn settings_among(
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Map<String, String>, ConfigError> {
    let mut settings = Map::new();
    let mut hosted = None;
    for (key, value) in variables {
        let Ok(key) = key.into_string() else { continue };
        let own = key.strip_prefix(PREFIX).map(str::to_owned);
        if own.is_none() && key != DATABASE_URL {
            continue;
        }
        let value = value.into_string().map_err(|_| ConfigError::NotUnicode(key))?;
        match own {
            Some(setting) => drop(settings.insert(setting, value)),
            None => hosted = Some(value),
        }
    }
    if let Some(url) = hosted {
        settings.entry("DATABASE__URL".to_owned()).or_insert(url);
    }
    Ok(settings)
}

/// Looks at the form first: the layers' own report would repeat the line, which may hold a password.
fn check_syntax(path: &str, text: &str) -> Result<(), ConfigError> {
    let Err(e) = text.parse::<toml::Table>() else { return Ok(()) };
    let before = e.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    Err(ConfigError::Syntax {
        path: path.to_owned(),
        line: before.matches('\n').count() + 1,
        message: e.message().to_owned(),
    })
}

/// A value of the wrong kind is not repeated: it may be a password that was written in the wrong place.
fn without_value(report: &str) -> String {
    match report.rsplit_once(", expected ") {
        Some((found, expected)) if found.starts_with("invalid ") => {
            format!("another kind of value, expected {expected}")
        }
        _ => report.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use secrecy::ExposeSecret;

    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Map<String, String> {
        settings_among(pairs.iter().map(|(k, v)| (k.into(), v.into()))).unwrap()
    }

    #[test]
    fn the_built_in_settings_are_complete_and_print_as_themselves() {
        let built_in = Config::from_toml("").unwrap();
        let printed = built_in.display_without_secrets().unwrap();
        assert_eq!(printed.parse::<toml::Table>().unwrap(), DEFAULTS.parse().unwrap());
    }

    #[test]
    fn the_environment_wins_over_the_file_and_the_file_over_what_is_built_in() {
        let text = "[server]\nlisten = \"127.0.0.1:1\"\n[access.argon2]\npasses = 5";
        let environment = environment(&[
            ("CEREMONY__SERVER__LISTEN", "0.0.0.0:2"),
            ("CEREMONY__ACCESS__ARGON2__LANES", "4"),
            ("CEREMONY_ADMIN_PASSWORD", "not a setting"),
            ("PATH", "/bin"),
        ]);
        let config = Config::layered("file", text, environment).unwrap();
        assert_eq!(config.server.listen.to_string(), "0.0.0.0:2");
        let cost = config.access.argon2.params();
        assert_eq!((cost.m_cost(), cost.t_cost(), cost.p_cost()), (65_536, 5, 4));
    }

    #[test]
    fn a_hosts_database_url_is_taken_unless_ours_is_set() {
        let url = |pairs: &[(&str, &str)]| {
            let config = Config::layered("file", "", environment(pairs)).unwrap();
            config.database.url.map(|url| url.expose_secret().to_owned())
        };
        let hosted = ("DATABASE_URL", "postgres://hosted");
        let ours = ("CEREMONY__DATABASE__URL", "postgres://ours");
        assert_eq!(url(&[]), None);
        assert_eq!(url(&[hosted]).as_deref(), Some("postgres://hosted"));
        assert_eq!(url(&[ours, hosted]).as_deref(), Some("postgres://ours"));
        assert_eq!(url(&[hosted, ours]).as_deref(), Some("postgres://ours"));
    }

    #[test]
    fn an_unknown_key_is_refused_by_name_wherever_it_stands() {
        for text in ["lisen = 1", "[server]\nlisen = 1", "[access.argon2]\nlisen = 1"] {
            let refusal = Config::from_toml(text).unwrap_err().to_string();
            assert!(refusal.contains("unknown field `lisen`"), "{refusal}");
        }
        let environment = environment(&[("CEREMONY__SERVER__LISEN", "x")]);
        let refusal = Config::layered("file", "", environment).unwrap_err().to_string();
        assert!(refusal.contains("`lisen`") && refusal.contains("for key `server`"), "{refusal}");
    }

    #[test]
    fn a_value_that_is_not_accepted_names_its_key() {
        for (text, key) in [
            ("[server]\nlisten = \"here\"", "server.listen"),
            ("[server]\nbase_url = \"ceremony\"", "server.base_url"),
            ("[server]\nbase_url = \"https://u:p@ceremony.example\"", "server.base_url"),
            ("[server]\ntrusted_proxies = \"proxy.example\"", "server.trusted_proxies"),
            ("[database]\nwrite_connections = 0", "database.write_connections"),
            ("[database]\nlock_timeout_ms = -1", "database.lock_timeout_ms"),
            ("[access.argon2]\nmemory_kib = 1", "access.argon2"),
            ("[log]\nformat = \"xml\"", "log.format"),
            ("[log]\nfilter = \"a=b=c\"", "log.filter"),
        ] {
            let refusal = Config::from_toml(text).unwrap_err().to_string();
            assert!(refusal.contains(&format!("`{key}`")), "{refusal}");
        }
    }

    #[test]
    fn no_secret_is_printed_or_named_in_a_fault() {
        let set = "[database]\nurl = \"postgres://u:hunter2@h/d\"\nmigration_url = \"hunter2\"";
        let config = Config::from_toml(set).unwrap();
        let printed = config.display_without_secrets().unwrap();
        assert!(printed.contains("url = \"***\"") && !printed.contains("hunter2"));
        assert!(!format!("{config:?}").contains("hunter2"));
        for wrong in [
            "[database]\nurl = \"postgres://u:hunter2@h/d",
            "[database]\nurl = [\"hunter2\"]",
            "[database]\nwrite_connections = \"hunter2\"",
            "database = \"hunter2, expected \"",
        ] {
            let refusal = Config::from_toml(wrong).unwrap_err();
            assert!(!format!("{refusal} {refusal:?}").contains("hunter2"), "{refusal}");
        }
    }

    #[test]
    fn a_file_asked_for_by_name_must_be_there() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        write!(file, "[server]\nlisten = \"127.0.0.1:3\"").unwrap();
        assert_eq!(Config::load(Some(file.path())).unwrap().server.listen.port(), 3);
        let gone = file.path().with_extension("gone");
        assert!(matches!(Config::load(Some(&gone)), Err(ConfigError::Unreadable { .. })));
    }
}
