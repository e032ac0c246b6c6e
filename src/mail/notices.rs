//! Of what happened, what its people are told: the one page that says so.
//!
//! A notice follows from the event, whichever command made it, alone or in a batch: no command can forget to send it.

use uuid::Uuid;

use super::letter::{Letter, LetterKind, Mail, Reader};
use crate::ids::AccountId;
use crate::text::ParticipantCode;

/// The notice that goes with an event, by its name, with what it happened to and whose business it is.
#[must_use]
pub fn notice_of(
    event: &str,
    subject: Option<Uuid>,
    participant: Option<&ParticipantCode>,
) -> Option<Mail> {
    use LetterKind as K;
    let of_the_account = |kind| {
        let to = Reader::Account(AccountId::from(subject?));
        Some(Mail { to, participant: None, letter: Letter::notice(kind) })
    };
    let to_the_mission = |kind| {
        let participant = Some(participant?.clone());
        Some(Mail { to: Reader::FocalPoints, participant, letter: Letter::notice(kind) })
    };
    match event {
        "account.password_changed" => of_the_account(K::PasswordChanged),
        "account.password_reset" => of_the_account(K::PasswordGiven),
        "account.factor_added"
        | "account.factor_removed"
        | "account.factors_reset"
        | "account.recovery_codes_renewed" => of_the_account(K::FactorChanged),
        "account.identity_linked" | "account.identity_unlinked" => {
            of_the_account(K::IdentityChanged)
        }

        "delegation.submitted" => to_the_mission(K::DelegationSubmitted),
        "delegation.returned" => to_the_mission(K::DelegationReturned),
        "delegation.accepted" => to_the_mission(K::DelegationAccepted),
        "delegation.rejected" => to_the_mission(K::DelegationRejected),

        "member.approved"
        | "member.rejected"
        | "member.held"
        | "member.suspended"
        | "member.revoked"
        | "member.change_accepted"
        | "member.change_refused" => to_the_mission(K::MembersDecided),

        "full_powers.verified" | "full_powers.confirmed" | "full_powers.refused" => {
            to_the_mission(K::FullPowersDecided)
        }
        "appointment.made" => to_the_mission(K::AppointmentMade),
        "appointment.cancelled" => to_the_mission(K::AppointmentCancelled),
        "side_event.accepted" | "side_event.rejected" => to_the_mission(K::SideEventDecided),
        "side_event.co_sponsor_asked" => to_the_mission(K::CoSponsorAsked),
        "programme.placed" => to_the_mission(K::SideEventPlaced),
        "programme.moved" => to_the_mission(K::ProgrammeMoved),
        "seat.offered" => to_the_mission(K::SeatsOffered),
        _ => None,
    }
}
