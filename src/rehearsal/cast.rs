//! Who takes part, with how many people, and who signs when. Decided from the ceremony's data alone, so that it is the
//! same at every run.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, TimeDelta};

use crate::ceremony::{Ceremony, PlaceCode, Signatory};
use crate::participants::{Participant, ParticipantKind};
use crate::secret;
use crate::text::ParticipantCode;

/// Delegations of the full rehearsal: the signatories, and other States beside them.
const DELEGATIONS: usize = 110;
/// Members of the full rehearsal: as many as the host expected in Ha Noi.
const MEMBERS: usize = 2500;
/// The host's own delegation is the largest.
const HOST_MEMBERS: usize = 80;
/// When the table opens, local to the place, and how long each signature takes.
const TABLE_OPENS: NaiveTime = match NaiveTime::from_hms_opt(10, 30, 0) {
    Some(time) => time,
    None => NaiveTime::MIN,
};
const MINUTES_EACH: i64 = 3;

/// How large a rehearsal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// 110 delegations with 2,500 members: the size of the real event.
    Full,
    /// Four delegations with ten members, all of which sign: for tests.
    Small,
}

/// A participant's part in the rehearsal.
#[derive(Debug, Clone)]
pub struct Part {
    /// Who it is.
    pub participant: Participant,
    /// Its place in the register, from 1: what its invented people are numbered by.
    pub number: usize,
    /// How many members its delegation has; at least two.
    pub members: usize,
    /// Where its people are from: itself, or for an organization the first of its members.
    pub nationality: ParticipantCode,
    /// When it signs. Who does not sign came to Ha Noi by invention alone.
    pub signing: Option<Signing>,
}

/// A signature to come.
#[derive(Debug, Clone)]
pub struct Signing {
    /// Where.
    pub place: PlaceCode,
    /// The moment at the table; the day is that of the real record.
    pub at: DateTime<FixedOffset>,
}

/// All who take part, the host first, the others in the Depositary's order.
pub fn cast(ceremony: &Ceremony, size: Size) -> Vec<Part> {
    let wanted = match size {
        Size::Full => full(ceremony),
        Size::Small => small(ceremony),
    };
    let times = times(ceremony);
    let parts = (1..).zip(ceremony.register.participants()).filter_map(|(number, participant)| {
        let code = &participant.code;
        let mut memberships = ceremony.register.memberships();
        let member = memberships.find(|(organization, _)| *organization == code);
        Some(Part {
            participant: participant.clone(),
            number,
            members: *wanted.get(code)?,
            nationality: member.map_or(code, |(_, member)| member).clone(),
            signing: times.get(code).cloned(),
        })
    });
    let mut parts: Vec<Part> = parts.collect();
    parts.sort_by_key(|part| part.participant.code != ceremony.event.host);
    parts
}

type Seats = BTreeMap<ParticipantCode, usize>;

/// All signatories, and as many other Member States as are missing, drawn by the hash of their codes.
fn full(ceremony: &Ceremony) -> Seats {
    let signs = |code: &ParticipantCode| ceremony.signatories.iter().any(|s| s.code == *code);
    let mut others: Vec<&Participant> = ceremony.register.participants().iter().collect();
    others.retain(|p| p.kind == ParticipantKind::MemberState && !signs(&p.code));
    others.sort_by_key(|p| drawn("attendance", &p.code));
    let missing = DELEGATIONS.saturating_sub(ceremony.signatories.len());
    let others = others.into_iter().take(missing).map(|p| &p.code);
    let host = &ceremony.event.host;
    let codes: Vec<&ParticipantCode> =
        ceremony.signatories.iter().map(|s| &s.code).chain(others).collect();

    // One, two or three shares for each but the host; rounding the running sum leaves the total exact.
    let shares = |code: &ParticipantCode| usize::from(drawn("members", code)[0] % 3) + 1;
    let guests: Vec<_> = codes.iter().filter(|code| **code != host).collect();
    let all: usize = guests.iter().map(|code| shares(code)).sum();
    let seats = MEMBERS - HOST_MEMBERS;
    let mut given = 0;
    let mut sum = 0;
    let mut wanted = Seats::from([(host.clone(), HOST_MEMBERS)]);
    for code in guests {
        sum += shares(code);
        let upto = seats * sum / all.max(1);
        wanted.insert((*code).clone(), (upto - given).max(2));
        given = upto;
    }
    wanted
}

/// The host, the latest to sign, an organization, and one of its members that signed.
fn small(ceremony: &Ceremony) -> Seats {
    let host = &ceremony.event.host;
    let signed = || ceremony.signatories.iter().map(|s| &s.code).filter(|code| *code != host);
    let is_member =
        |code: &ParticipantCode| ceremony.register.memberships().any(|(_, member)| member == code);
    let is_organization = |code: &ParticipantCode| {
        ceremony.register.memberships().any(|(organization, _)| organization == code)
    };
    let latest = signed().rfind(|code| !is_member(code) && !is_organization(code));
    let organization = signed().find(|code| is_organization(code));
    let member = signed().find(|code| is_member(code));
    let seats = [(Some(host), 3), (latest, 2), (organization, 3), (member, 2)];
    seats.into_iter().filter_map(|(code, seats)| Some((code?.clone(), seats))).collect()
}

/// When each signatory signs: on its day, the host first, organizations after the States (R4).
fn times(ceremony: &Ceremony) -> BTreeMap<ParticipantCode, Signing> {
    let place_in_register = |code: &ParticipantCode| {
        ceremony.register.participants().iter().position(|p| p.code == *code)
    };
    let mut order: Vec<&Signatory> = ceremony.signatories.iter().collect();
    order.sort_by_cached_key(|Signatory { code, day, .. }| {
        let is_state = ceremony.register.find(code).is_some_and(|p| p.kind.is_state());
        (*day, code != &ceremony.event.host, Reverse(is_state), place_in_register(code))
    });
    let mut seen: BTreeMap<NaiveDate, i64> = BTreeMap::new();
    let timed = order.into_iter().filter_map(|Signatory { code, day, place, .. }| {
        let before = seen.entry(*day).or_default();
        let minutes = TimeDelta::minutes(*before * MINUTES_EACH);
        *before += 1;
        let local = day.and_time(TABLE_OPENS) + minutes;
        let at = local.and_local_timezone(ceremony.window(place)?.time_zone).earliest()?;
        Some((code.clone(), Signing { place: place.clone(), at: at.fixed_offset() }))
    });
    timed.collect()
}

/// A lot that is the same at every run.
pub fn drawn(purpose: &str, code: &ParticipantCode) -> [u8; 32] {
    secret::sha256(format!("rehearsal/{purpose}/{code}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ceremony() -> Ceremony {
        Ceremony::load(None).unwrap()
    }

    #[test]
    fn r29_all_signatories_sign_on_their_day_the_host_first_and_organizations_after_states() {
        let ceremony = ceremony();
        let mut signing: Vec<Part> = cast(&ceremony, Size::Full);
        signing.retain(|part| part.signing.is_some());
        signing.sort_by_key(|part| part.signing.as_ref().map(|s| s.at));
        assert_eq!(signing.len(), 72);
        assert_eq!(signing[0].participant.code.as_str(), "VNM");
        assert_eq!(signing[68].participant.code.as_str(), "EUE");
        for signatory in &ceremony.signatories {
            let part = signing.iter().find(|p| p.participant.code == signatory.code).unwrap();
            let at = part.signing.as_ref().unwrap().at;
            assert_eq!(at.date_naive(), signatory.day);
            assert!(at.time() >= TABLE_OPENS, "the day is one of the place and does not wrap");
        }
    }

    #[test]
    fn the_full_cast_has_the_size_of_the_event_and_is_the_same_each_time() {
        let cast = |_| cast(&ceremony(), Size::Full);
        let (first, second) = (cast(1), cast(2));
        assert_eq!(first.len(), 110);
        assert_eq!(first.iter().map(|part| part.members).sum::<usize>(), 2500);
        assert!(first.iter().all(|part| part.members >= 2));
        let codes = |parts: &[Part]| -> Vec<ParticipantCode> {
            parts.iter().map(|p| p.participant.code.clone()).collect()
        };
        assert_eq!(codes(&first), codes(&second));
    }

    #[test]
    fn the_small_cast_has_ten_members_both_days_and_an_organization_with_its_member() {
        let parts = cast(&ceremony(), Size::Small);
        assert_eq!(parts.iter().map(|part| part.members).sum::<usize>(), 10);
        let days: std::collections::BTreeSet<_> =
            parts.iter().map(|p| p.signing.as_ref().unwrap().at.date_naive()).collect();
        assert_eq!(days.len(), 2);
        assert!(parts.iter().any(|p| p.participant.kind == ParticipantKind::RegionalOrganization));
    }
}
