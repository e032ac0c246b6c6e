//! Backups: database, papers and keys in one archive, taken while the service goes on, and put back or proven.
//!
//! 1. A transaction opens a snapshot: all that was acknowledged before is in it. `pg_dump` copies that snapshot, and what the
//!    manifest says of the database is counted in it.
//! 2. The papers are copied after it. A file is there before its row is and never changes, so each row of the dump finds its
//!    file, but for papers that were erased meanwhile, which the manifest names.
//! 3. The archive is a tar, sealed as an `age` file where somebody is named who may open it; only then the keys are in it. It
//!    grows without a name, and gets its own when it is whole and durable.
//!
//! An archive is looked through from its beginning to its end before anything is put back. The keys are put back last: what
//! was broken off in between does not start.

mod archive;
mod dump;
mod manifest;
mod prove;
mod restore;
mod seal;
mod store;
mod take;

pub use archive::Unfit;
pub use dump::{Failed, programs};
pub use manifest::Manifest;
pub use prove::Proof;
pub use restore::{Restored, Unrestored, Wanted, drill, restore};
pub use seal::{Identities, Recipient, Unidentified};
pub use store::owner;
pub use take::{Taken, Untaken, take};
