//! The ceremony, read and checked as a whole.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Deserializer, Serialize};

use super::files::Files;
use crate::delegations::{Checklists, Quotas};
use crate::input::Date;
use crate::mail::{LetterFiles, Letters};
use crate::participants::{Register, RegisterFiles};
use crate::programme::Frame;
use crate::retention::Periods;
use crate::table::{FileFault, Row, rows};
use crate::text::{Fault, Label, Language, ParticipantCode, Translated, line, text_types};
use crate::treaty::RunningOrders;

const TREATY: &str = "treaty.toml";
const SIGNATORIES: &str = "hanoi_signatories.csv";

text_types! {
    /// A place of signature, as requests name it: `hanoi`.
    PlaceCode: 32, place_code;
    /// The full title of a treaty.
    Title: 1000, line;
    /// SHA-256 of a text, in lower-case hexadecimal.
    Digest: 64, digest;
}

/// The ceremony's data, each agreeing with the others.
#[derive(Debug, Clone)]
pub struct Ceremony {
    /// What is signed.
    pub treaty: Treaty,
    /// Where and when people meet.
    pub event: Event,
    /// Where and when it can be signed (R1), in the order of the file; one for each place.
    pub windows: Vec<SigningWindow>,
    /// Who can take part.
    pub register: Register,
    /// What delegations and members need, and at which step.
    pub checklists: Checklists,
    /// How many of a category a delegation may announce (R33).
    pub quotas: Quotas,
    /// What is kept of people, what for and how long.
    pub retention: Periods,
    /// In which orders a signing session can go (R30).
    pub running_orders: RunningOrders,
    /// What people are written, in each language.
    pub letters: Letters,
    /// How the programme is judged, and with what it starts (R44–R47).
    pub programme: Frame,
    /// Who signed in Ha Noi, in the order of the day, the host before all others of its day.
    pub signatories: Vec<Signatory>,
}

/// What is signed.
#[derive(Debug, Clone, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Treaty {
    /// Its number in the Depositary's list: `XVIII-16`.
    pub number: Label,
    /// Who keeps the original.
    pub depositary: Label,
    /// When its text was adopted.
    pub adopted_on: NaiveDate,
    /// The Depositary's notification that it will be open for signature.
    pub notification: Label,
    /// The date of that notification.
    pub notified_on: NaiveDate,
    /// Chapters of the authentic text.
    pub chapters: u16,
    /// Articles of the authentic text.
    pub articles: u16,
    /// SHA-256 of the certified true copy of each authentic text, by language; none where nobody gave them.
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    pub authentic_texts: BTreeMap<Language, Digest>,
    /// The full title.
    pub title: Translated<Title>,
    /// The title as it is commonly cited.
    pub short_title: Translated<Label>,
    /// The clauses on entry into force and denunciation.
    pub entry_into_force: EntryIntoForce,
}

/// The clauses on entry into force (R20) and denunciation (R22).
#[derive(Debug, Clone, Copy, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EntryIntoForce {
    /// Instruments of States that are needed.
    pub instruments: u16,
    /// Days from the last of these to the entry into force.
    pub days_after_last_instrument: u16,
    /// Days from a later participant's own deposit.
    pub days_after_own_deposit: u16,
    /// Years from the receipt of a denunciation to its effect.
    pub denunciation_years: u16,
}

/// Where and when people meet.
#[derive(Debug, Clone, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Its name.
    pub name: Translated<Label>,
    /// Its theme.
    pub theme: Translated<Label>,
    /// The participant that is the host, and signs first.
    pub host: ParticipantCode,
    /// The building and the city.
    pub venue: Label,
    /// Its first day, local to the host.
    pub first_day: NaiveDate,
    /// Its last day; passports are valid at least until then (R36).
    pub last_day: NaiveDate,
}

/// A place and the days on which the treaty can be signed there (R1).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SigningWindow {
    /// The place, as requests name it.
    pub place: PlaceCode,
    /// The place, as people name it.
    pub name: Translated<Label>,
    /// The time zone that the days are counted in.
    #[serde(deserialize_with = "time_zone")]
    pub time_zone: Tz,
    /// The first day.
    pub first_day: NaiveDate,
    /// The last day, until its midnight.
    pub last_day: NaiveDate,
}

/// One line of the real record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signatory {
    /// Who signed.
    pub code: ParticipantCode,
    /// The legal date.
    pub day: NaiveDate,
    /// Where.
    pub place: PlaceCode,
    /// Where that was published.
    pub source: String,
}

/// Why the ceremony's data cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CeremonyError {
    /// The directory or a file in it cannot be read.
    #[error("the ceremony's data in {path} cannot be read: {source}")]
    Unreadable {
        /// The directory or file.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// All that is wrong, in the order of the files.
    #[error("the ceremony's data cannot be used:{}", listed(.0))]
    Faulty(Vec<FileFault>),
}

impl Ceremony {
    /// The ceremony built in, changed by the files of `dir`.
    pub fn load(dir: Option<&Path>) -> Result<Self, CeremonyError> {
        let files = Files::load(dir)?;
        let mut faults = Vec::new();
        let register = Register::read(
            RegisterFiles {
                participants: &files.participants,
                aliases: &files.aliases,
                members: &files.members,
            },
            &mut faults,
        );
        let checklists = Checklists::read(&files.checklists, &mut faults);
        let quotas = Quotas::read(&files.quotas, &mut faults);
        let retention = Periods::read(&files.retention, &mut faults);
        let running_orders = RunningOrders::read(&files.running_order, &mut faults);
        let [en, fr, es, vi] = &files.letters;
        let letters = Letters::read(&LetterFiles { en, fr, es, vi }, &mut faults);
        let programme = Frame::read(&files.programme, &mut faults);
        let ceremony = match read_treaty(&files.treaty) {
            Err(fault) => {
                faults.push(fault);
                None
            }
            Ok(TreatyFile { treaty, event, signing_window: windows }) => {
                check_event(&event, &register, &mut faults);
                check_windows(&windows, &mut faults);
                let mut signatories =
                    read_signatories(&files.signatories, &register, &windows, &mut faults);
                signatories.sort_by_key(|signed| (signed.day, signed.code != event.host));
                programme.map(|programme| Self {
                    treaty,
                    event,
                    windows,
                    register,
                    checklists,
                    quotas,
                    retention,
                    running_orders,
                    letters,
                    programme,
                    signatories,
                })
            }
        };
        ceremony.filter(|_| faults.is_empty()).ok_or(CeremonyError::Faulty(faults))
    }

    /// The latest day that it now is at any place of signature: whatever has been dated is dated up to it.
    #[must_use]
    pub fn latest_day(&self, now: DateTime<Utc>) -> NaiveDate {
        let days = self.windows.iter().map(|window| window.local_day(now));
        days.max().unwrap_or_else(|| now.date_naive())
    }

    /// The window at a place.
    #[must_use]
    pub fn window(&self, place: &PlaceCode) -> Option<&SigningWindow> {
        self.windows.iter().find(|window| window.place == *place)
    }
}

impl SigningWindow {
    /// The day at the place when it is `moment` in the world.
    #[must_use]
    pub fn local_day(&self, moment: DateTime<Utc>) -> NaiveDate {
        moment.with_timezone(&self.time_zone).date_naive()
    }

    /// The moments between which it is this day at the place; the second is of the next day already.
    #[must_use]
    pub fn bounds(&self, day: NaiveDate) -> (DateTime<Utc>, DateTime<Utc>) {
        let begins = |day: NaiveDate| {
            let midnight = day.and_time(NaiveTime::MIN);
            // Where clocks are put forward at midnight, there is none: the day begins an hour later.
            let hours = [midnight, midnight + TimeDelta::hours(1)].into_iter();
            let local =
                hours.filter_map(|hour| self.time_zone.from_local_datetime(&hour).earliest());
            local.map(|begin| begin.to_utc()).next().unwrap_or_else(|| midnight.and_utc())
        };
        (begins(day), begins(day.succ_opt().unwrap_or(day)))
    }

    /// Whether the treaty can be signed at the place on this day.
    #[must_use]
    pub fn is_open_on(&self, day: NaiveDate) -> bool {
        (self.first_day..=self.last_day).contains(&day)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TreatyFile {
    treaty: Treaty,
    event: Event,
    signing_window: Vec<SigningWindow>,
}

fn read_treaty(text: &str) -> Result<TreatyFile, FileFault> {
    toml::from_str(text).map_err(|e| FileFault::of_toml(TREATY, text, &e))
}

fn check_event(event: &Event, register: &Register, faults: &mut Vec<FileFault>) {
    if event.last_day < event.first_day {
        faults.push(FileFault::of(TREATY, "event: the last day is before the first"));
    }
    if register.find(&event.host).is_none() {
        faults.push(FileFault::of(TREATY, "event: the host is not in participants.csv"));
    }
}

fn check_windows(windows: &[SigningWindow], faults: &mut Vec<FileFault>) {
    if windows.is_empty() {
        faults.push(FileFault::of(TREATY, "at least one signing window is expected"));
    }
    let mut places = BTreeSet::new();
    for window in windows {
        let place = &window.place;
        if window.last_day < window.first_day {
            let detail = format!("signing window {place}: the last day is before the first");
            faults.push(FileFault::of(TREATY, detail));
        }
        if !places.insert(place) {
            faults.push(FileFault::of(TREATY, format!("signing window {place} stands here twice")));
        }
    }
}

#[derive(Deserialize)]
struct SignatoryRow {
    iso3: ParticipantCode,
    date: Date,
    place: PlaceCode,
    source: String,
}

fn read_signatories(
    text: &str,
    register: &Register,
    windows: &[SigningWindow],
    faults: &mut Vec<FileFault>,
) -> Vec<Signatory> {
    let columns = &["iso3", "date", "place", "source"];
    let mut seen = BTreeSet::new();
    let mut signatories = Vec::new();
    for Row { line, value } in rows::<SignatoryRow>(SIGNATORIES, text, columns, faults) {
        let SignatoryRow { iso3: code, date: Date(day), place, source } = value;
        let window = windows.iter().find(|window| window.place == place);
        let fault = match (register.find(&code), window) {
            (None, _) => Some(format!("{code} is not in participants.csv")),
            (Some(participant), _) if !participant.kind.may_sign() => {
                Some(format!("{code} may not sign"))
            }
            (_, None) => Some(format!("no signing window is at {place}")),
            (_, Some(window)) if !window.is_open_on(day) => {
                Some(format!("{day} is outside the signing window of {place}"))
            }
            _ => (!seen.insert(code.clone())).then(|| format!("{code} stands here twice")),
        };
        match fault {
            Some(detail) => faults.push(FileFault::at(SIGNATORIES, line, detail)),
            None => signatories.push(Signatory { code, day, place, source }),
        }
    }
    signatories
}

/// Reads a time zone of the IANA list.
pub(crate) fn time_zone<'de, D: Deserializer<'de>>(from: D) -> Result<Tz, D::Error> {
    let name = String::deserialize(from)?;
    name.parse().map_err(|_| {
        serde::de::Error::custom("a time zone of the IANA list like Asia/Ho_Chi_Minh is expected")
    })
}

fn place_code(input: &str, max_chars: usize) -> Result<String, Fault> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    if !input.is_empty() && input.len() <= max_chars && input.bytes().all(plain) {
        Ok(input.to_owned())
    } else {
        Err(Fault::new("invalid_place", "the code of a place like hanoi or new_york is expected"))
    }
}

fn digest(input: &str, max_chars: usize) -> Result<String, Fault> {
    let is_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if input.len() == max_chars && input.bytes().all(is_hex) {
        Ok(input.to_owned())
    } else {
        Err(Fault::new("invalid_digest", "SHA-256 in 64 lower-case hexadecimal digits is expected"))
    }
}

fn listed(faults: &[FileFault]) -> String {
    faults.iter().flat_map(|fault| ["\n  ".to_owned(), fault.to_string()]).collect()
}
