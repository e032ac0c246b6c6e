//! The settings by section, as `config/default.toml` explains them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::limits::{Budgets, Tries};
use super::values::{
    self, Argon2, BaseUrl, LogFilter, LogFormat, MailTransport, Origin, PagePath, Security, Store,
    Within,
};
use crate::network::{Networks, TrustedProxies};
use crate::text::{Email, Label};

/// All settings in force.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The HTTP side.
    pub server: Server,
    /// Where the data are.
    pub database: Database,
    /// Passwords and logins.
    pub access: Access,
    /// Failed tries.
    pub tries: Tries,
    /// How much is taken from one account.
    pub budgets: Budgets,
    /// Repeated requests.
    pub idempotency: Idempotency,
    /// The ceremony's own data.
    pub ceremony: CeremonyFiles,
    /// Uploaded papers.
    pub documents: Documents,
    /// The tamper-evident record.
    pub ledger: Ledger,
    /// Letters to people.
    pub mail: Mail,
    /// Reports that are made again and again.
    pub exports: Exports,
    /// What is logged, and how.
    pub log: Log,
}

/// `[server]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Threads that answer requests; 0: one per core.
    pub workers: Within<0, 1024>,
    /// The address that people see; `None`: the one that the service listens on.
    #[serde(with = "values::optional")]
    pub base_url: Option<BaseUrl>,
    /// Whose word on where a request comes from is taken.
    pub trusted_proxies: TrustedProxies,
    /// From where the service's measures may be read.
    pub metrics_from: Networks,
    /// Screens that one process serves at a time.
    pub screens: Within<1, 1_000_000>,
    /// The largest JSON body.
    pub json_limit_bytes: Within<1024, 104_857_600>,
    /// The largest uploaded document.
    pub document_limit_bytes: Within<1024, 1_073_741_824>,
    /// How long a client may take to send the head of its request.
    pub request_timeout_seconds: Within<1, 3600>,
    /// How long a request may take once it was sent.
    pub answer_timeout_seconds: Within<1, 3600>,
    /// How long requests may go on after the service was asked to stop.
    pub shutdown_timeout_seconds: Within<1, 3600>,
}

/// `[database]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// A server of one's own; `None`: the one that comes with the service.
    #[serde(with = "values::secret")]
    pub url: Option<SecretString>,
    /// The role that migrates; `None`: the same as `url`.
    #[serde(with = "values::secret")]
    pub migration_url: Option<SecretString>,
    /// The data of the server that comes with the service; `None`: the platform's place.
    #[serde(with = "values::optional")]
    pub data_dir: Option<PathBuf>,
    /// Connections of the pool that writes.
    pub write_connections: Within<1, 1000>,
    /// Connections of the pool that only reads.
    pub read_connections: Within<2, 1000>,
    /// Connections of the signing desk: so many for writing, and as many for reading.
    pub desk_connections: Within<2, 1000>,
    /// The wait for a free connection.
    pub acquire_timeout_ms: Within<1, 600_000>,
    /// `statement_timeout`
    pub statement_timeout_ms: Within<1, 3_600_000>,
    /// `lock_timeout`
    pub lock_timeout_ms: Within<1, 600_000>,
    /// How long a commit may take before its outcome is called unknown.
    pub commit_timeout_ms: Within<1, 600_000>,
    /// `idle_in_transaction_session_timeout`
    pub idle_in_transaction_timeout_ms: Within<1, 3_600_000>,
}

/// `[access]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Access {
    /// Passwords hashed at the same time.
    pub hashing_permits: Within<1, 64>,
    /// How long a login lasts.
    pub login_hours: Within<1, 720>,
    /// How long a login lasts without being used.
    pub login_idle_minutes: Within<1, 43_200>,
    /// How long a factor that was shown is enough for what is grave.
    pub step_up_minutes: Within<1, 720>,
    /// Whether all but focal points need a second factor.
    pub officers_need_second_factor: bool,
    /// How long the code of an invitation is good.
    pub invitation_hours: Within<1, 8760>,
    /// How long the code for a new password is good.
    pub reset_minutes: Within<1, 1440>,
    /// How many focal points a mission can bring itself to.
    pub focal_points_per_participant: Within<1, 1000>,
    /// How long a key for another system may last.
    pub api_key_days: Within<1, 3660>,
    /// How many keys an account has at the same time.
    pub api_keys_per_account: Within<1, 1000>,
    /// How long the token of a device may last.
    pub device_days: Within<1, 3660>,
    /// The shortest password that a person may choose.
    pub password_min_chars: Within<8, 64>,
    /// The same of who has a second factor.
    pub password_min_chars_with_factor: Within<8, 64>,
    /// Words of the event, which a guesser tries.
    pub password_event_words: String,
    /// The cost of a password.
    pub argon2: Argon2,
    /// Identity providers by which people log in.
    pub oidc: BTreeMap<String, Provider>,
}

/// `[access.oidc.<name>]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Its address, exactly as it signs it.
    pub issuer: String,
    /// What we are called there.
    pub client_id: String,
    /// What we prove that with; `None`: PKCE alone.
    #[serde(default, with = "values::secret")]
    pub client_secret: Option<SecretString>,
    /// What is asked for beside `openid`.
    pub scopes: Vec<String>,
    /// A page of a front end to which people come back, and which hands on what came; `None`: our own address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<PagePath>,
    /// Whose addresses it may vouch for where it makes accounts: what follows the `@`.
    #[serde(default)]
    pub email_domains: Vec<String>,
    /// The claim whose values say what somebody is here.
    pub claim: String,
    /// What they say. The first that somebody has counts.
    pub grants: Vec<ProviderGrant>,
    /// The values of `amr` by which it says that a second factor was shown there.
    #[serde(default = "values::mfa")]
    pub second_factor_amr: Vec<String>,
}

/// What somebody becomes who has a claim of this value.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderGrant {
    /// The value.
    pub value: String,
    /// The role.
    pub role: String,
    /// For whom a focal point speaks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub participant: Option<String>,
}

/// `[idempotency]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Idempotency {
    /// How long an answer is kept for a repeated request.
    pub keep_hours: Within<1, 8760>,
}

/// `[ceremony]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CeremonyFiles {
    /// A directory whose files replace those built in.
    #[serde(with = "values::optional")]
    pub dir: Option<PathBuf>,
}

/// `[documents]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Documents {
    /// Where their sealed content is kept.
    pub store: Store,
    /// How many papers a participant may hand in.
    pub quota_papers: Within<1, 1_000_000>,
    /// How much they may be together.
    pub quota_mebibytes: Within<1, 1_048_576>,
    /// What a photograph must be.
    pub photo: Photo,
    /// The bucket, where they are kept in one.
    pub s3: S3,
}

/// `[documents.s3]`, `[exports.destinations.<name>.s3]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct S3 {
    /// The store's address; `None`: Amazon's own, of the region.
    #[serde(default, with = "values::optional")]
    pub endpoint: Option<BaseUrl>,
    /// The region, which takes part in the signing of requests.
    pub region: String,
    /// The bucket, which is there already.
    pub bucket: String,
    /// Who asks.
    #[serde(default)]
    pub access_key_id: String,
    /// Their secret; `None`: the machine's own role, as Amazon's machines have one.
    #[serde(default, with = "values::secret")]
    pub secret_access_key: Option<SecretString>,
}

/// `[documents.photo]`
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Photo {
    /// The largest file.
    pub limit_bytes: Within<1024, 104_857_600>,
    /// The narrowest.
    pub min_width_pixels: Within<1, 10_000>,
    /// The lowest.
    pub min_height_pixels: Within<1, 10_000>,
    /// The widest and the highest.
    pub max_side_pixels: Within<1, 10_000>,
    /// How far it may be from 3:4 without a warning.
    pub ratio_tolerance_percent: Within<0, 100>,
}

/// `[ledger]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Ledger {
    /// The log's name in what it signs.
    pub origin: Origin,
    /// The same of the audit trail's log.
    pub audit_origin: Origin,
    /// The verifier key that the key file must match; `None`: whichever it holds.
    #[serde(with = "values::optional")]
    pub public_key: Option<String>,
    /// The file that every checkpoint is written to, on another disk than the database.
    #[serde(with = "values::optional")]
    pub witness_file: Option<PathBuf>,
    /// The standby that must have everything before it is acknowledged.
    #[serde(with = "values::optional")]
    pub standby: Option<String>,
    /// Whether nothing is signed over a database that may lose what it acknowledged.
    pub durable_only: bool,
    /// A second witness, over the network.
    pub witness: Witness,
}

/// `[ledger.witness]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Witness {
    /// Where it is; `None`: there is none.
    #[serde(with = "values::optional")]
    pub url: Option<BaseUrl>,
    /// The verifier key by which its cosignatures are known.
    #[serde(with = "values::optional")]
    pub key: Option<String>,
    /// Whether nothing is acknowledged that it has not cosigned.
    pub required: bool,
}

/// `[mail]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// How letters leave.
    pub transport: MailTransport,
    /// Who they are from.
    pub sender: Email,
    /// The same, as people read it.
    pub sender_name: Label,
    /// Where answers go.
    pub reply_to: Email,
    /// How often the worker looks for letters.
    pub poll_ms: Within<10, 60_000>,
    /// How many letters are sent at the same time.
    pub at_once: Within<1, 100>,
    /// For how long a worker has a letter to itself.
    pub lease_seconds: Within<1, 3600>,
    /// The pause after the first failure; it doubles with each.
    pub retry_first_ms: Within<10, 3_600_000>,
    /// The longest pause.
    pub retry_longest_ms: Within<10, 86_400_000>,
    /// When a letter is given up.
    pub give_up_hours: Within<1, 720>,
    /// For how long letters that left as files lie in their directory.
    pub keep_files_days: Within<1, 365>,
    /// Where links lead.
    pub pages: MailPages,
    /// The server.
    pub smtp: Smtp,
}

/// `[mail.pages]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MailPages {
    /// Where an invitation is accepted.
    pub invitation: PagePath,
    /// Where a new password is chosen.
    pub password_reset: PagePath,
    /// Where somebody keeps their account.
    pub account: PagePath,
    /// Where a mission looks after its delegation.
    pub delegation: PagePath,
}

/// `[mail.smtp]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Smtp {
    /// The server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is kept private.
    pub security: Security,
    /// Who logs in; empty: nobody.
    pub user: String,
    /// Their password.
    #[serde(with = "values::secret")]
    pub password: Option<SecretString>,
    /// A certificate authority of one's own, as a PEM file.
    #[serde(with = "values::optional")]
    pub ca_file: Option<PathBuf>,
    /// How long one answer of the server may take.
    pub timeout_seconds: Within<1, 600>,
    /// How many connections are kept.
    pub connections: Within<1, 100>,
}

/// `[exports]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Exports {
    /// Where they can be put, by name.
    pub destinations: BTreeMap<String, Destination>,
}

/// `[exports.destinations.<name>]`: one of these.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Destination {
    /// A directory, which is there already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<PathBuf>,
    /// A bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub s3: Option<S3>,
}

/// `[log]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// For people or for programs.
    pub format: LogFormat,
    /// What is logged.
    pub filter: LogFilter,
}
