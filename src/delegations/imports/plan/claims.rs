//! What there is one of: the address of a person in the event, the head and the alternate head of a delegation (R33,
//! R36); and what there is a number of: the places of a category. Pure.

use std::collections::{BTreeSet, HashMap};

use super::{Present, Said};
use crate::delegations::imports::columns::Column;
use crate::delegations::imports::model::{CellFault, ReadRow};
use crate::delegations::members::{Function, Person};
use crate::delegations::quotas::{Full, Quotas, Seat};
use crate::ids::MemberId;
use crate::text::Email;

/// What there is one of: in the event, or in the delegation.
#[derive(PartialEq, Eq, Hash)]
enum Claim {
    Email(Email),
    Function(Function),
}

/// What there is one of is claimed by whoever has it and keeps it, then by the rows in their order. Who only asks for
/// a change keeps what they have until it is decided.
pub(super) fn refuse_what_is_taken(
    rows: &[ReadRow],
    said: &mut [Result<Said, Vec<CellFault>>],
    present: &Present,
) {
    let is_moving = |said: &&Said| !said.changes.is_empty() && !said.is_asked;
    let moving: BTreeSet<MemberId> =
        said.iter().filter_map(|said| said.as_ref().ok().filter(is_moving)?.member).collect();
    let mut claimed: HashMap<Claim, Option<u32>> = HashMap::new();
    let staying = present
        .members
        .values()
        .filter(|(member, _)| member.status.stands() && !moving.contains(&member.id));
    for (member, _) in staying {
        claimed.extend(claims(&member.person).map(|(_, claim)| (claim, None)));
    }
    claimed.extend(present.taken_outside.iter().map(|email| (Claim::Email(email.clone()), None)));

    for (row, said) in rows.iter().zip(said) {
        let Ok(wanted) = said else { continue };
        let kept = wanted.member.filter(|member| !moving.contains(member));
        let kept = kept.and_then(|member| present.members.get(&member));
        let kept: Vec<Claim> =
            kept.iter().flat_map(|(member, _)| claims(&member.person)).map(|(_, c)| c).collect();
        let mut faults = Vec::new();
        for (column, claim) in claims(&wanted.person).filter(|(_, claim)| !kept.contains(claim)) {
            match claimed.get(&claim) {
                None => drop(claimed.insert(claim, Some(row.row))),
                Some(first) => {
                    let detail = match first {
                        Some(first) => format!("row {first} has the same; there can be one only"),
                        None => "somebody has this; there can be one only".to_owned(),
                    };
                    faults.push(CellFault::at(row.row, Some(column), "taken", detail));
                }
            }
        }
        if !faults.is_empty() {
            *said = Err(faults);
        }
    }
}

/// Who was handed in takes a place in each category that counts them (R33); a row that would take one too many is
/// refused. Drafts take none yet, and those whom others have passed on take theirs when the change is agreed to.
pub(super) fn refuse_what_is_full(
    rows: &[ReadRow],
    said: &mut [Result<Said, Vec<CellFault>>],
    present: Present,
    quotas: &Quotas,
) {
    let Present { members, mut places, .. } = present;
    for (row, said) in rows.iter().zip(said) {
        let Ok(wanted) = said else { continue };
        let known = wanted.member.and_then(|member| members.get(&member));
        let Some((member, _)) = known.filter(|(member, _)| member.status.takes_a_place()) else {
            continue;
        };
        let (was, is) = (Seat::of(&member.person), Seat::of(&wanted.person));
        if wanted.is_asked || was == is {
            continue;
        }
        match places.must_fit(quotas, &member.participant, Some(was), is) {
            Ok(()) => {
                places.free(&member.participant, was);
                places.take(&member.participant, is);
            }
            Err(Full { category, limit, count }) => {
                let column = if was.0 == is.0 { Column::Rank } else { Column::Function };
                let detail =
                    format!("{count} of {limit} places of the category {category} are taken");
                *said = Err(vec![CellFault::at(row.row, Some(column), "quota_exceeded", detail)]);
            }
        }
    }
}

fn claims(person: &Person) -> impl Iterator<Item = (Column, Claim)> {
    let is_single = matches!(person.function, Function::Head | Function::AlternateHead);
    let function = is_single.then_some((Column::Function, Claim::Function(person.function)));
    let email = person.email.clone().map(|email| (Column::Email, Claim::Email(email)));
    function.into_iter().chain(email)
}
