//! Faults: the built program and its database server as processes, clients that repeat what they do not know the outcome
//! of, and kills at random moments. At the end nothing that was acknowledged is missing, nothing is there twice.
//!
//! The short form goes with the other tests. For the long one the environment raises the counts; a seed that was printed
//! brings the same kills back:
//!
//! ```sh
//! FAULTS_SERVICE_KILLS=500 FAULTS_DATABASE_KILLS=300 cargo test --test faults -- --nocapture
//! ```
//!
//! `CEREMONY` names another build of the program than the one that comes with the tests.
//!
//! | file | holds |
//! |---|---|
//! | `world`, `replica` | the processes, and how they are killed |
//! | `clients` | the load, and what was acknowledged |
//! | `account` | what was acknowledged beside what is there |
//! | `backup` | a backup that is taken under the load, and put back |
//! | `proxy`, `slow` | a database that is slow, or that does not answer any more |
//! | `chance` | seeds |

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that meets a surprise fails, and says how it went"
)]

mod account;
mod backup;
mod chance;
mod clients;
mod kills;
mod proxy;
mod replica;
mod slow;
mod world;
