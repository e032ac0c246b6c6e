//! The ledger over HTTP, for the world.

use super::Error;
use super::model::Hindrance;
use crate::problem::{Code, Problem};

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Hindered(hindrances) => {
                let code = if hindrances.iter().any(Hindrance::is_of_integrity) {
                    Code::LedgerIntegrity
                } else {
                    Code::Unavailable
                };
                Self::of(code).detail("Nothing is recorded at present; GET /health/ready says why.")
            }
            error @ Error::Mismatch(_) => Self::of(Code::LedgerIntegrity)
                .detail("What is stored is not what was signed. Nothing more is recorded.")
                .because(error),
            Error::Shut(shut) => shut.into(),
            Error::Database(error) => error.into(),
            error @ (Error::Unconfirmed | Error::Unwitnessed(_) | Error::Unsound(_)) => {
                Self::of(Code::Unavailable).because(error)
            }
        }
    }
}
