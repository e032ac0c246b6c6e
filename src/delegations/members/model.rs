//! A member: a person of a delegation, and what must be known of them (R36). Pure.

use chrono::{DateTime, Months, NaiveDate, Utc};

use super::passports::OtherPassports;
use super::person::{Function, Nationality, PassportNumber, Rank};
use super::status::{Lost, Status, Step};
use crate::collation::{fold, search_text};
use crate::delegations::model::WrongState;
use crate::ids::{AccountId, MemberId};
use crate::input::{Date, Faults};
use crate::page::Version;
use crate::text::{Email, Label, Language, ParticipantCode, PersonName};

/// Nobody who travels is older.
const OLDEST_YEARS: u32 = 120;

/// What the mission says of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// As in the passport.
    pub family_name: PersonName,
    /// As in the passport; people with one name have none.
    pub given_names: Option<PersonName>,
    /// As it is printed.
    pub badge_name: PersonName,
    /// In the person's own script.
    pub native_name: Option<PersonName>,
    /// `H.E. Ms.`
    pub form_of_address: Option<Label>,
    /// What they are in the delegation.
    pub function: Function,
    /// Their rank.
    pub rank: Rank,
    /// `Minister of Justice`
    pub functional_title: Option<Label>,
    /// `Ministry of Justice`
    pub affiliation: Option<Label>,
    /// As in the passport.
    pub nationality: Option<Nationality>,
    /// Their own; one person at the ceremony has it.
    pub email: Option<Email>,
    /// The one they want to be written to in.
    pub language: Option<Language>,
}

/// What is sealed at rest (R50).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Identity {
    /// Date of birth.
    pub date_of_birth: Option<Date>,
    /// Number of the passport.
    pub passport_number: Option<PassportNumber>,
    /// Last day of the passport.
    pub passport_expires_on: Option<Date>,
    /// Further passports.
    pub other_passports: OtherPassports,
}

/// A person of a delegation. What is sealed is read apart from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Identity.
    pub id: MemberId,
    /// Whose delegation.
    pub participant: ParticipantCode,
    /// Who it is.
    pub person: Person,
    /// Where the entry stands.
    pub status: Status,
    /// Since when it stands there.
    pub since: DateTime<Utc>,
    /// Who works on it, while it waits there.
    pub assigned_to: Option<AccountId>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts its changes.
    pub version: Version,
}

/// The days by which dates are judged.
#[derive(Debug, Clone, Copy)]
pub struct Calendar {
    /// The day on which it is judged.
    pub today: NaiveDate,
    /// The last day of the event: passports are valid until then (R36).
    pub last_day: NaiveDate,
}

impl Calendar {
    /// What is wrong with the dates, where they are given.
    pub fn judge(self, born: Option<Date>, expires: Option<Date>, faults: &mut Faults) {
        let oldest = self.today.checked_sub_months(Months::new(OLDEST_YEARS * 12));
        if born.is_some_and(|Date(born)| born >= self.today) {
            faults.add("/date_of_birth", "too_late", "a date in the past is expected");
        } else if born.is_some_and(|Date(born)| Some(born) < oldest) {
            let detail = format!("a date less than {OLDEST_YEARS} years ago is expected");
            faults.add("/date_of_birth", "too_early", detail);
        }
        if expires.is_some_and(|Date(expires)| expires < self.last_day) {
            let detail = format!("the passport must be valid at least until {}", self.last_day);
            faults.add("/passport/expires_on", "too_early", detail);
        }
    }
}

impl Person {
    /// Given names, then family name.
    #[must_use]
    pub fn full_name(&self) -> String {
        let given = self.given_names.iter().map(PersonName::as_str);
        given.chain([self.family_name.as_str()]).collect::<Vec<_>>().join(" ")
    }

    /// The names under which somebody may be announced.
    #[must_use]
    pub fn announced_as(&self) -> Vec<String> {
        let native = self.native_name.iter().map(|name| name.as_str().to_owned());
        [self.full_name(), self.badge_name.as_str().to_owned()].into_iter().chain(native).collect()
    }

    /// What lists are ordered by, byte by byte: family name, then given names, folded. The tab between them comes
    /// before the space inside them: `Van` stands before `Van Sample`.
    #[must_use]
    pub fn sort_name(&self) -> String {
        let given = self.given_names.as_ref().map_or("", PersonName::as_str);
        format!("{}\t{}", fold(self.family_name.as_str()), fold(given))
    }

    /// All the names that they are looked for by.
    #[must_use]
    pub fn search_text(&self) -> String {
        let given = self.given_names.as_ref().map_or("", PersonName::as_str);
        let family = self.family_name.as_str();
        let both = [format!("{given} {family}"), format!("{family} {given}")];
        let native = self.native_name.as_ref().map_or("", PersonName::as_str);
        let names = [self.badge_name.as_str(), native].into_iter();
        search_text(names.chain(both.iter().map(String::as_str)).filter(|name| !name.is_empty()))
    }

    /// What is missing before the entry can be submitted (R36), each with its place.
    pub fn missing(&self, identity: &Identity, accompanies_exempt: bool, faults: &mut Faults) {
        let is_exempt = self.function.is_exempt(self.rank, accompanies_exempt);
        let needed = [
            ("/nationality", self.nationality.is_none()),
            ("/email", self.email.is_none()),
            ("/language", self.language.is_none()),
            ("/date_of_birth", !is_exempt && identity.date_of_birth.is_none()),
            ("/passport/number", !is_exempt && identity.passport_number.is_none()),
            ("/passport/expires_on", !is_exempt && identity.passport_expires_on.is_none()),
        ];
        for (pointer, _) in needed.into_iter().filter(|(_, is_missing)| *is_missing) {
            faults.add(pointer, "required", "this field is required before the entry is submitted");
        }
    }
}

impl Member {
    /// A draft.
    #[must_use]
    pub fn begun(participant: ParticipantCode, person: Person, now: DateTime<Utc>) -> Self {
        Self {
            id: MemberId::fresh(),
            participant,
            person,
            status: Status::Draft,
            since: now,
            assigned_to: None,
            created_at: now,
            updated_at: now,
            version: Version(1),
        }
    }

    /// Goes a step further, where the rules know it (R34), and says what is lost by it. It leads into another queue,
    /// where nobody has the entry yet (R41).
    pub fn go(self, step: Step, now: DateTime<Utc>) -> Result<(Self, Option<Lost>), WrongState> {
        let (status, lost) = self.status.go(step)?;
        let version = self.version.next();
        let assigned_to = None;
        Ok((Self { status, since: now, assigned_to, updated_at: now, version, ..self }, lost))
    }

    /// Somebody takes the entry, or gives it back.
    #[must_use]
    pub fn assigned(self, to: Option<AccountId>) -> Self {
        Self { assigned_to: to, version: self.version.next(), ..self }
    }

    /// Says other things of the person, while nobody has looked at them yet.
    pub fn changed(self, person: Person, now: DateTime<Utc>) -> Result<Self, WrongState> {
        if !self.status.is_open_to_change() {
            return Err(self.status.refuse("change"));
        }
        Ok(Self { person, updated_at: now, version: self.version.next(), ..self })
    }

    /// Says other things of a person whom others have passed on, as an officer agreed (R37). Where the change is
    /// material, security looks at the person anew; says what is lost by it.
    pub fn corrected(
        self,
        person: Person,
        is_material: bool,
        now: DateTime<Utc>,
    ) -> Result<(Self, Option<Lost>), WrongState> {
        if !self.status.takes_requests() {
            return Err(self.status.refuse("accept-change"));
        }
        let was = self.status.name();
        let (status, lost) =
            if is_material { self.status.vetted_anew() } else { (self.status, None) };
        // Who waits for security already keeps the place in its queue.
        let since = if status.name() == was { self.since } else { now };
        let assigned_to = self.assigned_to.filter(|_| status.name() == was);
        let version = self.version.next();
        Ok((Self { person, status, since, assigned_to, updated_at: now, version, ..self }, lost))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: &str) -> Date {
        Date::parse(day).unwrap()
    }

    fn person(function: Function, rank: Rank) -> Person {
        Person {
            family_name: PersonName::parse("EXAMPLE").unwrap(),
            given_names: PersonName::parse("Émilie Ann").ok(),
            badge_name: PersonName::parse("Emilie Example").unwrap(),
            native_name: PersonName::parse("样本").ok(),
            form_of_address: None,
            function,
            rank,
            functional_title: None,
            affiliation: None,
            nationality: None,
            email: None,
            language: None,
        }
    }

    fn missing(function: Function, rank: Rank, accompanies_exempt: bool) -> Vec<String> {
        let mut faults = Faults::default();
        person(function, rank).missing(&Identity::default(), accompanies_exempt, &mut faults);
        faults.0.into_iter().map(|fault| fault.pointer).collect()
    }

    #[test]
    fn r36_the_highest_ranks_and_their_spouses_need_no_passport() {
        let all = [
            "/nationality",
            "/email",
            "/language",
            "/date_of_birth",
            "/passport/number",
            "/passport/expires_on",
        ];
        assert_eq!(missing(Function::Head, Rank::Minister, false), all);
        for rank in Rank::EXEMPT {
            assert_eq!(missing(Function::Head, *rank, false), all[..3]);
        }
        assert_eq!(missing(Function::Spouse, Rank::None, true), all[..3]);
        assert_eq!(missing(Function::Spouse, Rank::None, false), all);
        assert_eq!(missing(Function::Staff, Rank::None, true), all);
    }

    #[test]
    fn r36_dates_are_plausible_and_the_passport_outlives_the_event() {
        let calendar = Calendar { today: day("2025-10-01").0, last_day: day("2025-10-26").0 };
        for (born, expires, expected) in [
            ("1970-02-03", "2025-10-26", vec![]),
            ("2025-09-30", "2025-10-25", vec![("/passport/expires_on", "too_early")]),
            ("2025-10-01", "2030-01-01", vec![("/date_of_birth", "too_late")]),
            ("1905-10-01", "2030-01-01", vec![]),
            ("1905-09-30", "2030-01-01", vec![("/date_of_birth", "too_early")]),
        ] {
            let mut faults = Faults::default();
            calendar.judge(Some(day(born)), Some(day(expires)), &mut faults);
            let seen: Vec<_> = faults.0.iter().map(|f| (f.pointer.as_str(), f.code)).collect();
            assert_eq!(seen, expected);
            assert!(faults.0.iter().all(|f| !f.detail.contains(born)));
        }
        let mut faults = Faults::default();
        calendar.judge(None, None, &mut faults);
        assert_eq!(faults, Faults::default());
    }

    #[test]
    fn r34_an_entry_is_changed_only_until_the_secretariat_has_passed_it_on() {
        let now = DateTime::UNIX_EPOCH;
        let someone = person(Function::Head, Rank::Minister);
        let code = ParticipantCode::parse("FRA").unwrap();
        let draft = Member::begun(code, someone.clone(), now);
        let (submitted, _) = draft.go(Step::Submit(None), now).unwrap();
        let changed = submitted.changed(someone.clone(), now).unwrap();
        assert_eq!(changed.version, Version(3));
        let (passed_on, _) = changed.go(Step::PreApprove(None), now).unwrap();
        assert_eq!(passed_on.changed(someone, now).unwrap_err().current, "pre_approved");
    }

    #[test]
    fn r37_a_material_correction_sends_back_to_vetting_and_a_harmless_one_does_not() {
        let someone = person(Function::Head, Rank::Minister);
        let begun = DateTime::UNIX_EPOCH;
        let now = begun + chrono::Duration::hours(1);
        let draft = Member::begun(ParticipantCode::parse("FRA").unwrap(), someone.clone(), begun);
        let reason = crate::text::Reason::parse("an invented reason").unwrap();
        for (status, lost) in [
            (Status::PreApproved, None),
            (Status::OnHold(reason.clone()), None),
            (Status::Approved, Some(Lost::Approval)),
            (Status::Suspended(reason.clone()), Some(Lost::Approval)),
        ] {
            let member = Member { status: status.clone(), ..draft.clone() };
            let (same, nothing) = member.clone().corrected(someone.clone(), false, now).unwrap();
            assert_eq!((same.status, same.since, nothing), (status.clone(), begun, None));
            let (anew, gone) = member.corrected(someone.clone(), true, now).unwrap();
            assert_eq!((&anew.status, gone), (&Status::PreApproved, lost));
            assert_eq!(anew.since == begun, status == Status::PreApproved);
        }
        for status in [Status::Draft, Status::Submitted, Status::Rejected(reason)] {
            let member = Member { status: status.clone(), ..draft.clone() };
            let refused = member.corrected(someone.clone(), false, now).unwrap_err();
            assert_eq!(refused.current, status.name().as_str());
        }
    }

    #[test]
    fn a_person_is_found_by_any_name_in_any_order() {
        let someone = person(Function::Head, Rank::Minister);
        assert_eq!(someone.full_name(), "Émilie Ann EXAMPLE");
        assert_eq!(someone.sort_name(), "example\temilie ann");
        for wanted in [" example emilie", " emilie ann ex", " 样本", " ann"] {
            assert!(someone.search_text().contains(wanted), "{wanted}");
        }
        let one_name = Person { given_names: None, ..someone };
        assert_eq!(one_name.full_name(), "EXAMPLE");
    }
}
