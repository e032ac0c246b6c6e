//! How much one account may ask, and how much of a network's strangers is listened to: so that nobody's script slows down
//! the others, and the signing desk least of all. Each class of requests has a budget of its own.
//!
//! It is kept in memory: what it protects is this very process, and it must cost less than what it turns away.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use actix_web::http::Method;

use crate::config::{Budget, Budgets as Settings};
use crate::ids::AccountId;
use crate::network::Network;

/// Past so many of a kind, no more are remembered until some are past; whom nobody remembers goes through.
const ENTRIES_MAX: usize = 50_000;

/// What a request is of. Each has a budget of its own, for each account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Reads what is there.
    Reads,
    /// Changes something.
    Writes,
    /// Takes away a file.
    Exports,
    /// The signing desk: full powers, appointments, the session, the record.
    Desk,
    /// Of nobody known: it counts for the network that it comes from.
    Strangers,
}

/// The addresses of the signing desk.
const DESK: &[&str] =
    &["/api/v1/treaty/", "/api/v1/signing/", "/api/v1/full-powers", "/api/v1/appointments"];

/// How the addresses end at which there is a file.
const FILES: &[&str] =
    &[".{format}", ".csv", ".xlsx", ".jsonl", ".pdf", ".xml", ".ics", "/content", "/result"];

impl Class {
    /// Of a request of somebody known, by its method and the pattern of its route.
    #[must_use]
    pub fn of(method: &Method, pattern: &str) -> Self {
        let is_reading = matches!(*method, Method::GET | Method::HEAD);
        if DESK.iter().any(|start| pattern.starts_with(start)) {
            Self::Desk
        } else if is_reading && FILES.iter().any(|end| pattern.ends_with(end)) {
            Self::Exports
        } else if is_reading {
            Self::Reads
        } else {
            Self::Writes
        }
    }

    /// Its name, in headers and measures.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reads => "reads",
            Self::Writes => "writes",
            Self::Exports => "exports",
            Self::Desk => "desk",
            Self::Strangers => "strangers",
        }
    }
}

/// Who spends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Spender {
    /// Somebody known, however many tokens they have.
    Account(AccountId),
    /// Whoever asks from there.
    Network(Network),
}

/// What is left of a budget after a request, as the answer's headers tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    class: Class,
    budget: Budget,
    left: u32,
    /// Until all of it is there again.
    whole_in: Duration,
    /// Until the next request is taken, where this one was not.
    pub retry_after: Option<Duration>,
}

impl Allowance {
    /// `RateLimit-Policy`: how many requests, in how many seconds (draft-ietf-httpapi-ratelimit-headers).
    #[must_use]
    pub fn policy(&self) -> String {
        let Budget { burst, per_second } = self.budget;
        let window = burst.get().div_ceil(per_second.get());
        format!("\"{}\";q={};w={window}", self.class.as_str(), burst.get())
    }

    /// `RateLimit`: how many are left, and in how many seconds all of them are there again.
    #[must_use]
    pub fn left(&self) -> String {
        format!("\"{}\";r={};t={}", self.class.as_str(), self.left, seconds(self.whole_in))
    }
}

/// Whole seconds, rounded up.
pub(super) fn seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

/// Whose a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    /// The account whose budget its requests are of.
    pub account: AccountId,
    /// Whether they keep the signing desk, as they did when it was last learned.
    pub keeps_desk: bool,
}

/// The budgets of one process.
pub struct Budgets {
    settings: Settings,
    /// When each budget is whole again.
    spent: Mutex<HashMap<(Spender, Class), Instant>>,
    /// Whose the tokens are that were recognized here, by their hash. It opens nothing: it only says, before the database is
    /// asked, whose budget a request is of.
    owners: Mutex<HashMap<[u8; 32], Owner>>,
}

impl Budgets {
    /// Whole budgets of these sizes.
    #[must_use]
    pub fn of(settings: &Settings) -> Self {
        Self { settings: settings.clone(), spent: Mutex::default(), owners: Mutex::default() }
    }

    /// Takes one request out of a budget, or says when the next one is taken.
    pub fn spend(&self, spender: Spender, class: Class, now: Instant) -> Allowance {
        let budget = match class {
            Class::Reads => self.settings.reads,
            Class::Writes => self.settings.writes,
            Class::Exports => self.settings.exports,
            Class::Desk => self.settings.desk,
            Class::Strangers => self.settings.strangers,
        };
        let mut spent = held(&self.spent);
        let whole_at = spent.get(&(spender, class)).copied().unwrap_or(now).max(now);
        let (allowance, whole_at) = judge(class, budget, whole_at, now);
        if make_room(&mut spent, |whole_at| *whole_at > now) {
            spent.insert((spender, class), whole_at);
        }
        allowance
    }

    /// Whose a token is, where it was recognized before.
    pub fn owner(&self, token: &[u8; 32]) -> Option<Owner> {
        held(&self.owners).get(token).copied()
    }

    /// Remembers whose a token is, or that it is nobody's any more.
    pub fn learn(&self, token: [u8; 32], owner: Option<Owner>) {
        let mut owners = held(&self.owners);
        match owner {
            Some(owner) => {
                // Which of them are still in use, nobody knows: those that are, are learned again.
                if !make_room(&mut owners, |_| false) {
                    return;
                }
                owners.insert(token, owner);
            }
            None => drop(owners.remove(&token)),
        }
    }
}

/// What becomes of a request to a budget that is whole at a moment: each takes its share of time, and no more of them fit
/// than the budget is long (the generic cell rate algorithm).
fn judge(class: Class, budget: Budget, whole_at: Instant, now: Instant) -> (Allowance, Instant) {
    let (burst, share) = (budget.burst.get(), Duration::from_secs(1) / budget.per_second.get());
    let length = share * burst;
    let after = whole_at + share;
    let (whole_in, retry_after) = match (after - now).checked_sub(length) {
        Some(over) if !over.is_zero() => (whole_at - now, Some(over)),
        _ => (after - now, None),
    };
    let free = length.saturating_sub(whole_in).as_nanos() / share.as_nanos().max(1);
    let left = u32::try_from(free).unwrap_or(burst);
    let whole_at = if retry_after.is_some() { whole_at } else { after };
    (Allowance { class, budget, left, whole_in, retry_after }, whole_at)
}

/// Whether another entry fits, once those that are past are gone.
fn make_room<K: Eq + Hash, V>(entries: &mut HashMap<K, V>, is_needed: impl Fn(&V) -> bool) -> bool {
    if entries.len() >= ENTRIES_MAX {
        entries.retain(|_, value| is_needed(value));
    }
    entries.len() < ENTRIES_MAX
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn budgets(reads: &str) -> Budgets {
        let text = format!("[budgets.reads]\n{reads}");
        Budgets::of(&Config::from_toml(&text).unwrap().budgets)
    }

    #[test]
    fn a_budget_is_spent_and_comes_back_with_time() {
        let (budgets, now) = (budgets("burst = 3\nper_second = 2"), Instant::now());
        let one = Spender::Account(AccountId::fresh());
        let ask = |spender, after_ms| {
            let asked = budgets.spend(spender, Class::Reads, now + Duration::from_millis(after_ms));
            (asked.left, asked.retry_after.map(|wait| wait.as_millis()))
        };
        assert_eq!(
            [0; 4].map(|at| ask(one, at)),
            [(2, None), (1, None), (0, None), (0, Some(500))]
        );
        assert_eq!(ask(one, 499), (0, Some(1)), "a refusal costs nothing, and brings nothing");
        assert_eq!(ask(one, 500), (0, None));
        assert_eq!(ask(Spender::Account(AccountId::fresh()), 500), (2, None), "another's is whole");
        assert_eq!(ask(one, 60_000), (2, None), "and never more than whole");
    }

    #[test]
    fn what_one_class_spends_no_other_does() {
        let (budgets, now) = (budgets("burst = 1\nper_second = 1"), Instant::now());
        let one = Spender::Account(AccountId::fresh());
        budgets.spend(one, Class::Reads, now);
        assert!(budgets.spend(one, Class::Reads, now).retry_after.is_some());
        assert!(budgets.spend(one, Class::Desk, now).retry_after.is_none());
    }

    #[test]
    fn the_headers_are_those_of_the_draft() {
        let (budgets, now) = (budgets("burst = 100\nper_second = 40"), Instant::now());
        let one = Spender::Account(AccountId::fresh());
        let allowance = budgets.spend(one, Class::Reads, now);
        assert_eq!(allowance.policy(), "\"reads\";q=100;w=3");
        assert_eq!(allowance.left(), "\"reads\";r=99;t=1");
    }

    #[test]
    fn a_request_is_of_one_class_by_its_address() {
        for (method, pattern, class) in [
            (Method::GET, "/api/v1/members", Class::Reads),
            (Method::POST, "/api/v1/members:batch", Class::Writes),
            (Method::GET, "/api/v1/reports/{report}.{format}", Class::Exports),
            (Method::GET, "/api/v1/documents/{id}/content", Class::Exports),
            (Method::POST, "/api/v1/treaty/acts", Class::Desk),
            (Method::GET, "/api/v1/signing/queue", Class::Desk),
            (Method::GET, "/api/v1/full-powers/{id}", Class::Desk),
            (Method::POST, "/api/v1/appointments/{id}/cancel", Class::Desk),
        ] {
            assert_eq!(Class::of(&method, pattern), class, "{method} {pattern}");
        }
    }

    #[test]
    fn whose_a_token_is_is_remembered_within_bounds() {
        let (budgets, account) = (budgets(""), AccountId::fresh());
        let owner = Owner { account, keeps_desk: false };
        for number in 0..=ENTRIES_MAX {
            let mut token = [0; 32];
            token[..8].copy_from_slice(&number.to_be_bytes());
            budgets.learn(token, Some(owner));
        }
        assert!(held(&budgets.owners).len() <= ENTRIES_MAX);
        budgets.learn([7; 32], Some(owner));
        assert_eq!(budgets.owner(&[7; 32]), Some(owner));
        budgets.learn([7; 32], None);
        assert_eq!(budgets.owner(&[7; 32]), None);
    }
}
