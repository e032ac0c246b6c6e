//! The real ceremony, replayed over HTTP as its clients would hold it: officers and focal points log in, delegations
//! register invented people, papers are checked, the signatories of Ha Noi are called in their order, sign, and are certified, and the status is
//! compared with the real record (R29).
//!
//! | file | holds |
//! |---|---|
//! | `cast` | who takes part, with how many people, and who signs when |
//! | `people`, `papers` | what is invented |
//! | `notebook` | what is remembered between runs |
//! | `client`, `reply` | requests that are repeated until their outcome is known |
//! | `staff`, `missions`, `table` | the story: logins, registration, signatures |
//! | `check` | whether anything that was acknowledged is missing |
//! | `compare` | the status beside the real record |
//! | `home` | a service and a database of the rehearsal's own |

mod cast;
mod check;
mod client;
mod compare;
mod home;
mod missions;
mod notebook;
mod papers;
mod people;
mod progress;
mod reply;
mod staff;
mod table;

use std::path::PathBuf;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::access::Role;
use crate::ceremony::Ceremony;
use crate::text::ParticipantCode;
use client::Client;
use compare::Comparison;
use notebook::Notebook;
use staff::Staff;

pub use cast::Size;
pub use home::{Unhoused, at_home, beside, state_for};
pub use notebook::Unusable;
pub use progress::Telling;
pub use staff::Administrator;

/// Delegations that register at the same time.
const AT_ONCE: usize = 16;

/// Where and how large a rehearsal is.
pub struct Options {
    /// The service: `http://127.0.0.1:8080`.
    pub url: String,
    /// Who makes the accounts of all others.
    pub administrator: Administrator,
    /// The file in which the rehearsal keeps what it must know again when it is interrupted.
    pub state: PathBuf,
    /// How large it is.
    pub size: Size,
    /// Whether it says how far it is.
    pub telling: Telling,
}

/// How a rehearsal ended.
#[derive(Debug)]
pub struct Outcome {
    /// The status of the treaty, as the Depositary's table shows it.
    pub table: String,
    /// Where it is not the real record; empty when all is well.
    pub differences: Vec<String>,
    /// Items that earlier runs had been told are stored, all of which were found.
    pub kept: usize,
}

/// Why a rehearsal could not go on. It can be started again at any time.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No answer, for longer than the patience of a client.
    #[error("the service cannot be reached: {0}")]
    Unreachable(reqwest::Error),
    /// Turned away, for longer than the patience of a client.
    #[error("{call} was turned away with {status} again and again")]
    Busy {
        /// Method and path.
        call: String,
        /// The last status.
        status: u16,
        /// How long the service wanted us to wait.
        retry_after: Option<std::time::Duration>,
    },
    /// A refusal that the story does not know.
    #[error("{call} was refused with {status} {code}: {detail}")]
    Refused {
        /// Method and path.
        call: String,
        /// The status.
        status: u16,
        /// The code of the problem.
        code: String,
        /// What it says, with the places of faulty values.
        detail: String,
    },
    /// An answer that is not what the contract says.
    #[error("the answer to {call} cannot be read: {source}")]
    Unreadable {
        /// Method and path.
        call: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// An account whose password the rehearsal does not know.
    #[error("{0} cannot log in: the password is another one")]
    Shut(String),
    /// A delegation without the member who is to sign.
    #[error("the delegation of {0} has lost its signatory")]
    NoSigner(ParticipantCode),
    /// The memory of the rehearsal.
    #[error(transparent)]
    Notebook(#[from] Unusable),
    /// The service has acknowledged what it does not have.
    #[error("what the service acknowledged is missing, {} in all:{}", .0.len(), listed(.0))]
    Lost(Vec<String>),
}

/// Holds the rehearsal, or goes on with one that was interrupted.
pub async fn run(ceremony: &Ceremony, options: &Options) -> Result<Outcome, Error> {
    let Options { url, administrator, state, size, telling } = options;
    let parts = cast::cast(ceremony, *size);
    let notebook = Notebook::open(state, &administrator.email)?;
    let client = Client::new(url, notebook)?;
    client.greet().await?;

    let staff = Staff::gather(&client, administrator).await?;
    let kept = check::everything_acknowledged(&client, &staff, *telling).await?;
    let ready = prepare(ceremony, &staff, &parts, *telling).await?;
    let phase = telling.phase("Signatures", ready.len());
    table::order(&staff, &ready).await?;
    for ready in &ready {
        table::sign(&staff, ready).await?;
        phase.step();
    }
    phase.end();

    let Comparison { table, differences } =
        compare::with_the_record(&client, ceremony, &parts).await?;
    Ok(Outcome { table, differences, kept })
}

/// A token of one of the officers of a rehearsal that was held.
pub async fn officer(options: &Options, role: Role) -> Result<String, Error> {
    let notebook = Notebook::open(&options.state, &options.administrator.email)?;
    staff::token(&Client::new(&options.url, notebook)?, role).await
}

/// Registers all delegations, several at once, and answers who is to sign, in the order of signature.
async fn prepare<'p>(
    ceremony: &Ceremony,
    staff: &Staff<'_>,
    parts: &'p [cast::Part],
    telling: Telling,
) -> Result<Vec<table::Ready<'p>>, Error> {
    let members: usize = parts.iter().map(|part| part.members).sum();
    let phase = telling.phase("Steps of members", members * missions::STEPS_OF_A_MEMBER);
    let stories = parts.iter().map(async |part| {
        let focal_point = staff.focal_point(part);
        missions::register(staff, &focal_point, part, &phase).await?;
        table::entitle(ceremony, staff, &focal_point, part).await
    });
    let ready: Vec<Option<table::Ready<'p>>> =
        stream::iter(stories).buffer_unordered(AT_ONCE).try_collect().await?;
    phase.end();
    let mut ready: Vec<table::Ready<'p>> = ready.into_iter().flatten().collect();
    ready.sort_by_key(|ready| ready.signing.at);
    Ok(ready)
}

fn listed(lines: &[String]) -> String {
    lines.iter().take(20).flat_map(|line| ["\n  ", line]).collect()
}
