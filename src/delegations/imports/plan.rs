//! What a list comes to: each row against the delegation as it is (R33, R36, R37). The rules of the values are those
//! of the JSON bodies. Pure.

mod claims;

use std::collections::{BTreeSet, HashMap};

use super::columns::{self, Column, is_masked};
use super::differences::Differences;
use super::model::{CellFault, ImportRowState, Preview, PreviewRow, ReadRow};
use crate::delegations::changes::Difference;
use crate::delegations::members::body::{self, MemberPatch, NewMember};
use crate::delegations::members::model::Calendar;
use crate::delegations::members::{
    Function, Identity, Member, PassportNumber, Person, Rank, Status,
};
use crate::delegations::quotas::{Places, Quotas};
use crate::ids::MemberId;
use crate::input::Faults;
use crate::text::{Email, PersonName};

/// The delegation as it is, and what is known of the rest of the event.
pub struct Present {
    /// Its members with what is sealed of them, those who do not come included.
    pub members: HashMap<MemberId, (Member, Identity)>,
    /// What is asked for about some of them and not decided yet.
    pub asked: HashMap<MemberId, Difference>,
    /// Those of the list's addresses that people of other delegations have.
    pub taken_outside: BTreeSet<Email>,
    /// Its places, as far as they are taken (R33).
    pub places: Places,
    /// The days by which dates are judged.
    pub calendar: Calendar,
}

/// What a list comes to.
#[derive(Debug, Default)]
pub struct Plan {
    /// As it is shown.
    pub preview: Preview,
    /// The people to be entered.
    pub new: Vec<(Person, Identity)>,
    /// The people to be changed.
    pub changed: Vec<Change>,
    /// The people for whom a change is to be asked, since others have passed them on (R37).
    pub asked: Vec<Change>,
}

/// A person of whom something else is to be said.
#[derive(Debug)]
pub struct Change {
    /// Who.
    pub member: MemberId,
    /// What is to be said.
    pub person: Person,
    /// What is to be sealed.
    pub identity: Identity,
}

/// What one row says.
struct Said {
    member: Option<MemberId>,
    person: Person,
    identity: Identity,
    changes: Differences,
    is_asked: bool,
}

/// The addresses of a list, as far as they are addresses.
pub fn addresses(rows: &[ReadRow]) -> Vec<Email> {
    let cells = rows.iter().filter_map(|row| row.cells.get(&Column::Email));
    cells.filter_map(|cell| Email::parse(cell).ok()).collect()
}

/// Holds a list against the delegation.
pub fn plan(rows: &[ReadRow], present: Present, quotas: &Quotas) -> Plan {
    let by_email = by_email(&present);
    let mut seen: HashMap<MemberId, u32> = HashMap::new();
    let mut said: Vec<Result<Said, Vec<CellFault>>> = rows
        .iter()
        .map(|row| {
            let said = read(row, &present, &by_email)?;
            if let Some(first) = said.member.and_then(|member| seen.insert(member, row.row)) {
                let column = identifying(row);
                let detail = format!("row {first} is about the same person");
                return Err(vec![CellFault::at(row.row, Some(column), "twice", detail)]);
            }
            Ok(said)
        })
        .collect();
    claims::refuse_what_is_taken(rows, &mut said, &present);
    claims::refuse_what_is_full(rows, &mut said, present, quotas);

    let mut plan = Plan::default();
    for (row, said) in rows.iter().zip(said) {
        match said {
            Ok(said) => plan.add(row.row, said),
            Err(faults) => {
                let member = None;
                plan.preview.faults.extend(faults);
                let (state, changes) = (ImportRowState::Error, Differences::default());
                let row = PreviewRow { row: row.row, state, member, is_asked: false, changes };
                plan.preview.rows.push(row);
            }
        }
    }
    plan
}

impl Plan {
    fn add(&mut self, row: u32, said: Said) {
        let Said { member, person, identity, changes, is_asked } = said;
        let state = match member {
            None => ImportRowState::New,
            Some(_) if changes.is_empty() => ImportRowState::Unchanged,
            Some(_) => ImportRowState::Changed,
        };
        self.preview.rows.push(PreviewRow { row, state, member, is_asked, changes });
        match (state, member) {
            (ImportRowState::New, _) => self.new.push((person, identity)),
            (ImportRowState::Changed, Some(member)) => {
                let changes = if is_asked { &mut self.asked } else { &mut self.changed };
                changes.push(Change { member, person, identity });
            }
            _ => {}
        }
    }
}

fn by_email(present: &Present) -> HashMap<&Email, MemberId> {
    let standing = present.members.values().filter(|(member, _)| member.status.stands());
    standing
        .filter_map(|(member, _)| member.person.email.as_ref().map(|email| (email, member.id)))
        .collect()
}

/// The column that tells whom a row is about.
fn identifying(row: &ReadRow) -> Column {
    let has_id = row.cells.get(&Column::Id).is_some_and(|id| !id.trim().is_empty());
    if has_id { Column::Id } else { Column::Email }
}

/// Reads a row with all its faults.
fn read(
    row: &ReadRow,
    present: &Present,
    by_email: &HashMap<&Email, MemberId>,
) -> Result<Said, Vec<CellFault>> {
    let mut faults = row.faults.clone();
    let mut fault = |column, code: &str, detail: &str| {
        faults.push(CellFault::at(row.row, Some(column), code, detail));
    };
    let id = match row.cells.get(&Column::Id).map(|id| id.trim()).filter(|id| !id.is_empty()) {
        None => None,
        Some(id) => {
            let known = MemberId::parse(id).ok().and_then(|id| present.members.get(&id));
            if known.is_none() {
                fault(Column::Id, "unknown_member", "an id of this delegation's list is expected");
            }
            known.map(|(member, _)| member.id)
        }
    };
    let email = row.cells.get(&Column::Email).map_or("", |email| email.trim());
    let member = id.or_else(|| by_email.get(&Email::parse(email).ok()?).copied());
    if email.is_empty() && identifying(row) == Column::Email {
        fault(
            Column::Email,
            "required",
            "an address is required where there is no id: it tells who is meant",
        );
    }
    let known = member.and_then(|member| present.members.get(&member));
    let masked = row.cells.get(&Column::PassportNumber).filter(|cell| is_masked(cell));
    if let Some(masked) = masked {
        let number = known.and_then(|(_, identity)| identity.passport_number.as_ref());
        if number.map(PassportNumber::masked).as_deref() != Some(masked.trim()) {
            let detail =
                "this is not the end of the number that is known; the whole number is expected";
            fault(Column::PassportNumber, "masked", detail);
        }
    }
    // What is wrong with the values is found as in a body of JSON; those who are known are patched.
    let whole = body::read::<NewMember>(columns::as_new(&row.cells), present.calendar)
        .and_then(NewMember::split);
    let said = match (whole, known) {
        (Err(wrong), _) => Err(wrong),
        (Ok((person, identity)), None) => {
            let changes = Differences::default();
            Ok(Said { member: None, person, identity, changes, is_asked: false })
        }
        (Ok(_), Some(known)) => patched(row, known, present.calendar),
    };
    match said {
        Ok(said) if faults.is_empty() => match known {
            Some(known) => must_be_open(row, said, known, present),
            None => Ok(said),
        },
        Ok(_) => Err(faults),
        Err(wrong) => {
            faults.extend(of_row(row, wrong));
            Err(faults)
        }
    }
}

fn patched(row: &ReadRow, known: &(Member, Identity), calendar: Calendar) -> Result<Said, Faults> {
    let (member, sealed) = known;
    let before = &member.person;
    let patch = body::read::<MemberPatch>(columns::as_patch(&row.cells), calendar)?;
    let mut faults = Faults::default();
    let (mut person, identity) = patch.apply(before.clone(), sealed.clone(), &mut faults);
    faults.none_or()?;
    // An empty badge name stands for the names, also when these change.
    let is_badge_empty =
        row.cells.get(&Column::BadgeName).is_none_or(|cell| cell.trim().is_empty());
    if is_badge_empty && before.badge_name.as_str() == before.full_name() {
        person.badge_name = PersonName::parse(&person.full_name())
            .map_err(|fault| Faults::at("/badge_name", fault))?;
    }
    let changes = Differences::between((before, sealed), (&person, &identity));
    Ok(Said { member: Some(member.id), person, identity, changes, is_asked: false })
}

/// R37: whom others have passed on is changed by request; who was handed in stays complete (R36).
fn must_be_open(
    row: &ReadRow,
    said: Said,
    known: &(Member, Identity),
    present: &Present,
) -> Result<Said, Vec<CellFault>> {
    let (member, sealed) = known;
    if member.status == Status::Draft || said.changes.is_empty() {
        return Ok(said);
    }
    let refuse = |code: &str, detail: &str| {
        let fault = |column| CellFault::at(row.row, Some(column), code, detail);
        Err(said.changes.columns().map(fault).collect())
    };
    if !member.status.stands() {
        return refuse("ended", "this entry has ended: enter the person anew, without the id");
    }
    if let Some(asked) = present.asked.get(&member.id) {
        let stands = (&member.person, sealed);
        if *asked != Difference::between(stands, (&said.person, &said.identity)) {
            let detail = "another change of this person is asked for: withdraw the request, or wait for its decision";
            return refuse("change_requested", detail);
        }
        // Asked for once is enough.
        let (person, identity) = (member.person.clone(), sealed.clone());
        return Ok(Said { person, identity, changes: Differences::default(), ..said });
    }
    let mut faults = Faults::default();
    let is_escort = said.person.function == Function::Spouse && has_exempt(present);
    said.person.missing(&said.identity, is_escort, &mut faults);
    let (born, expires) = (said.identity.date_of_birth, said.identity.passport_expires_on);
    present.calendar.judge(born, expires, &mut faults);
    if let Err(faults) = faults.none_or() {
        return Err(of_row(row, faults));
    }
    Ok(Said { is_asked: !member.status.is_open_to_change(), ..said })
}

/// Whether somebody has come whose spouse needs no passport either (R36).
fn has_exempt(present: &Present) -> bool {
    let mut standing = present.members.values().filter(|(member, _)| member.status.stands());
    standing.any(|(member, _)| Rank::EXEMPT.contains(&member.person.rank))
}

/// The faults of a body, each at its cell.
fn of_row(row: &ReadRow, Faults(faults): Faults) -> Vec<CellFault> {
    let cell = |pointer: &str| Column::of_pointer(pointer);
    faults
        .into_iter()
        .map(|fault| CellFault::at(row.row, cell(&fault.pointer), fault.code, fault.detail))
        .collect()
}
