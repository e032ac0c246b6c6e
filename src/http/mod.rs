//! HTTP as every resource speaks it: who calls, what they sent, how they are answered.

mod body;
mod budget;
mod call;
mod described;
mod in_time;
mod json;
mod leave;
mod meters;
pub mod paper;
mod prepared;
mod query;
mod reply;
mod unread;

pub use body::{Json, Merge, NoBody, Upload};
pub use budget::Budgets;
pub use call::{AnyToken, Anyone, Call, Visit, is_from};
pub use described::describe;
pub use in_time::in_time;
pub use leave::leave;
pub use meters::Meters;
pub use prepared::Prepared;
pub use query::{NoQuery, Unread, of_parameters};
pub use reply::{Public, item, item_anew, page, public, written};

use std::path::Path;
use std::sync::Arc;

use actix_web::web;
use tokio::sync::Semaphore;

use crate::access::{Passwords, Providers, Refusals, Tries};
use crate::ceremony::Ceremony;
use crate::config::Config;
use crate::db::Db;
use crate::documents::Papers;
use crate::ledger::Ledger;
use crate::mail::Post;

/// What the handlers of one service share.
#[derive(Clone)]
pub struct App {
    /// The database, as the service's role sees it.
    pub db: Db,
    /// The effective configuration.
    pub config: Arc<Config>,
    /// The ceremony: treaty, windows, register.
    pub ceremony: Arc<Ceremony>,
    /// Hashes passwords off the reactor, a few at a time.
    pub passwords: Passwords,
    /// Grants tries at passwords and codes, and counts those that fail.
    pub tries: Tries,
    /// Public answers that are made once for all.
    pub prepared: Prepared,
    /// How much is taken from one account.
    pub budgets: Arc<Budgets>,
    /// Counts what is answered.
    pub meters: Meters,
    /// Tells the audit trail of what is refused.
    pub refusals: Refusals,
    /// Identity providers by which people log in.
    pub oidc: Providers,
    /// The content of uploaded papers.
    pub papers: Papers,
    /// The log of the record.
    pub ledger: Ledger,
    /// Sends letters.
    pub post: Post,
    /// Where files are made that cannot be sent as they grow.
    pub workshop: Arc<Path>,
    /// Where long sums are reckoned off the reactor, each by whoever has a desk.
    pub desks: Arc<Semaphore>,
    /// The log of the audit trail.
    pub audit: Ledger,
    /// Whose turn it is to have all of both looked at: it keeps the database busy for seconds.
    pub looks: Arc<Semaphore>,
}

/// The same for whoever keeps the signing desk: with connections to the database that are the desk's own.
#[derive(Clone)]
pub struct Desk(web::Data<App>);

impl Desk {
    /// Beside what all others share.
    #[must_use]
    pub fn beside(app: &App) -> Self {
        Self(web::Data::new(App { db: app.db.at_desk(), ..app.clone() }))
    }
}
