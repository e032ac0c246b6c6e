//! Who is asking, and what they may do.

mod actor;
pub mod api;
mod commands;
pub mod factors;
pub mod logins;
mod model;
mod own_password;
pub mod passkeys;
mod passwords;
mod policy;
mod refusals;
mod store;
mod strength;
mod tries;

pub use actor::{Actor, Idempotency, Known, Permit, Request};
pub use api::AccountView;
pub use commands::{
    Error, Invited, Wanted, create_account_at_server, first_administrator, may_another,
    reset_password_at_server,
};
pub use logins::{Lasting, recognize};
pub use model::{Account, FOCAL_POINT_ROLE, Password, PasswordRule, Role};
pub use passwords::{Passwords, TooBusy, Unprepared};
pub use policy::{Action, Denied};
pub use refusals::{Rebuff, Refusals};
pub use store::{
    find as find_account, hold_participant, insert as insert_account, touch as touch_account,
};
pub use tries::{Attempt, Door, Refused, Tries, Try, Wait, Who};
