//! Who is asking, and what they may do.

mod actor;
pub mod api;
mod away;
mod bearer;
mod code;
mod commands;
pub mod devices;
pub mod factors;
pub mod identities;
pub mod keys;
pub mod logins;
mod me;
mod model;
pub mod oidc;
mod own_password;
pub mod passkeys;
mod passwords;
mod policy;
mod reach;
mod refusals;
pub mod reset;
mod store;
mod strength;
mod tries;

pub use actor::{Actor, Idempotency, Known, Permit, Request};
pub use api::AccountView;
pub use away::find_away;
pub use bearer::{Bearer, NotReached, recognize};
pub use code::Code;
pub use commands::{
    Error, Invited, Wanted, create_account_at_server, first_administrator, may_another,
    reset_password_at_server,
};
pub use devices::Device;
pub use logins::Lasting;
pub use model::{Account, FOCAL_POINT_ROLE, Password, PasswordRule, ROLES, Role};
pub use oidc::{Misconfigured, Providers};
pub use passwords::{Passwords, TooBusy, Unprepared};
pub use policy::{Action, Denied};
pub use reach::{KeyScope, Reach};
pub use refusals::{Rebuff, Refusals};
pub use store::{
    find as find_account, hold_participant, insert as insert_account, save_language,
    touch as touch_account,
};
pub use tries::{Attempt, Door, Refused, Tries, Try, Who};
