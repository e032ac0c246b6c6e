//! Of which moment a composition is, and who belongs to it. Pure.

use chrono::{DateTime, Utc};

use crate::delegations::members::StatusName;
use crate::input::{Faults, Moment};
use crate::page::AnyOf;
use crate::text::Fault;

/// The moment that is asked for, now where nothing is said. The future is not known.
pub fn moment(as_of: Option<Moment>, now: DateTime<Utc>) -> Result<DateTime<Utc>, Faults> {
    match as_of.map(|at| at.0.to_utc()) {
        Some(at) if at > now => {
            let fault = Fault::new("too_late", "a moment that has passed is expected");
            Err(Faults::at("/as_of", fault))
        }
        at => Ok(at.unwrap_or(now)),
    }
}

/// The statuses that are asked for; where nothing is said, all in which an entry counts.
#[must_use]
pub fn statuses(wanted: Option<AnyOf<StatusName>>) -> Vec<StatusName> {
    match wanted {
        Some(AnyOf(statuses)) => statuses,
        None => StatusName::ALL.iter().filter(|status| status.stands()).copied().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r39_any_moment_can_be_asked_for_that_has_passed() {
        let now = Moment::parse("2025-10-26T10:00:00Z").unwrap();
        let utc = now.0.to_utc();
        assert_eq!(moment(None, utc).unwrap(), utc);
        assert_eq!(moment(Some(now), utc).unwrap(), utc);
        let same = Moment::parse("2025-10-26T17:00:00+07:00").unwrap();
        assert_eq!(moment(Some(same), utc).unwrap(), utc);
        let later = Moment::parse("2025-10-26T10:00:00.000001Z").unwrap();
        assert_eq!(moment(Some(later), utc).unwrap_err().0[0].code, "too_late");
    }

    #[test]
    fn who_does_not_come_belongs_to_no_delegation_unless_asked_for() {
        assert_eq!(statuses(None).len(), StatusName::ALL.len() - 3);
        assert!(!statuses(None).contains(&StatusName::Withdrawn));
        assert_eq!(statuses(Some(AnyOf(vec![StatusName::Withdrawn]))), [StatusName::Withdrawn]);
    }
}
