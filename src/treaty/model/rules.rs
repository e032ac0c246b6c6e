//! Which actions can stand beside which others (R2, R4–R6, R18, R19, R21, R22).

use std::collections::{BTreeMap, BTreeSet};

use super::{Action, ActionKind, DeclarationKind, Refusal, Standing, StandingAction};
use crate::ids::ActId;
use crate::participants::ParticipantKind;
use crate::text::ParticipantCode;

/// A participant, as far as the law of treaties looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// What it is.
    pub kind: ParticipantKind,
    /// The member States of a regional organization (R4, R19); of others, none.
    pub members: BTreeSet<ParticipantCode>,
}

/// The participants concerned, by code.
pub type Parties = BTreeMap<ParticipantCode, Party>;

impl Standing {
    /// Whether an action can stand beside all that stands; `id` is its own, if it is among them.
    pub(super) fn admits(
        &self,
        id: Option<ActId>,
        action: &Action,
        parties: &Parties,
    ) -> Result<(), Refusal> {
        let party = parties.get(&action.participant).ok_or(Refusal::NotEligible)?;
        if !party.kind.may_sign() {
            return Err(Refusal::NotEligible);
        }
        Beside { standing: self, id, action, party }.check()
    }

    /// Whether each action still stands rightly among the others.
    pub(super) fn holds_together(&self, parties: &Parties) -> Result<(), Refusal> {
        self.iter().try_for_each(|stands| {
            self.admits(Some(stands.id), &stands.action, parties)
                .map_err(|because| Refusal::ReliedOn { by: stands.id, because: Box::new(because) })
        })
    }
}

/// An action, seen beside all others.
struct Beside<'a> {
    standing: &'a Standing,
    id: Option<ActId>,
    action: &'a Action,
    party: &'a Party,
}

impl<'a> Beside<'a> {
    fn check(&self) -> Result<(), Refusal> {
        let Action { kind, ad_referendum, ref declarations, .. } = *self.action;
        if ad_referendum && kind != ActionKind::Signature {
            return Err(Refusal::NotAdReferendum);
        }
        let is_notice = matches!(kind, ActionKind::NoIntention | ActionKind::Denunciation);
        if is_notice && !declarations.is_empty() {
            return Err(Refusal::NoDeclarationHere);
        }
        match kind {
            ActionKind::Signature => self.check_signature(),
            ActionKind::Ratification | ActionKind::Acceptance | ActionKind::Approval => {
                let signed = self.follows_own(|k| k == ActionKind::Signature);
                self.check_is_full(signed.ok_or(Refusal::NoSignature)?)?;
                self.check_consent()
            }
            ActionKind::Accession => match self.own(|k| k == ActionKind::Signature) {
                Some(signed) => Err(Refusal::SignatoryDoesNotAccede { signature: signed.id }),
                None => self.check_consent(),
            },
            ActionKind::Confirmation => {
                let signed = self.follows_own(|k| k == ActionKind::Signature);
                signed.filter(|s| s.action.ad_referendum).ok_or(Refusal::NothingToConfirm)?;
                self.check_once()
            }
            ActionKind::NoIntention => {
                self.follows_own(|k| k == ActionKind::Signature).ok_or(Refusal::NoSignature)?;
                // Who is bound already denounces; who gave notice may still change its mind and ratify later.
                match self.follows_own(ActionKind::is_consent) {
                    Some(bound) => Err(Refusal::AlreadyBound { first: bound.id }),
                    None => self.check_once(),
                }
            }
            ActionKind::Denunciation => {
                self.follows_own(ActionKind::is_consent).ok_or(Refusal::NotBound)?;
                self.check_once()
            }
        }
    }

    fn check_signature(&self) -> Result<(), Refusal> {
        if self.action.signatory.is_none() || self.action.full_powers.is_none() {
            return Err(Refusal::NotEntitled);
        }
        if let Some(first) = self.own(|k| k == ActionKind::Signature) {
            return Err(Refusal::AlreadySigned { first: first.id });
        }
        if let Some(acceded) = self.own(|k| k == ActionKind::Accession) {
            return Err(Refusal::AlreadyBound { first: acceded.id });
        }
        if self.needs_member() && !self.follows_member(|k| k == ActionKind::Signature) {
            return Err(Refusal::MemberSignsFirst);
        }
        Ok(())
    }

    fn check_consent(&self) -> Result<(), Refusal> {
        if let Some(first) = self.own(ActionKind::is_consent) {
            return Err(Refusal::AlreadyBound { first: first.id });
        }
        let notice = self.own(|k| k == ActionKind::NoIntention);
        if let Some(notice) = notice.filter(|n| n.action.done_at >= self.action.done_at) {
            return Err(Refusal::NoticeCameLater { notice: notice.id });
        }
        if !self.needs_member() {
            return Ok(());
        }
        if !self.follows_member(ActionKind::is_consent) {
            return Err(Refusal::MemberDepositsFirst);
        }
        let mut declared = self.action.declarations.iter();
        if declared.any(|declaration| declaration.kind == DeclarationKind::Competence) {
            Ok(())
        } else {
            Err(Refusal::CompetenceNotDeclared)
        }
    }

    /// A signature *ad referendum* is none to ratify upon until the State has confirmed it (Vienna Convention on the Law of
    /// Treaties, article 12, paragraph 2 (b)).
    fn check_is_full(&self, signed: &StandingAction) -> Result<(), Refusal> {
        let is_confirmed = || self.follows_own(|k| k == ActionKind::Confirmation).is_some();
        if signed.action.ad_referendum && !is_confirmed() {
            return Err(Refusal::NotYetConfirmed { signature: signed.id });
        }
        Ok(())
    }

    fn check_once(&self) -> Result<(), Refusal> {
        match self.own(|kind| kind == self.action.kind) {
            Some(first) => Err(Refusal::AlreadyDone { first: first.id }),
            None => Ok(()),
        }
    }

    fn needs_member(&self) -> bool {
        self.party.kind == ParticipantKind::RegionalOrganization
    }

    /// Another action of the same participant.
    fn own(&self, is_wanted: impl Fn(ActionKind) -> bool) -> Option<&'a StandingAction> {
        self.others().find(|other| {
            other.action.participant == self.action.participant && is_wanted(other.action.kind)
        })
    }

    /// Another action of the same participant that came before this one.
    fn follows_own(&self, is_wanted: impl Fn(ActionKind) -> bool) -> Option<&'a StandingAction> {
        self.own(is_wanted).filter(|other| other.action.done_at <= self.action.done_at)
    }

    /// Whether an action of a member State came before this one.
    fn follows_member(&self, is_wanted: impl Fn(ActionKind) -> bool) -> bool {
        self.others().any(|other| {
            self.party.members.contains(&other.action.participant)
                && is_wanted(other.action.kind)
                && other.action.done_at <= self.action.done_at
        })
    }

    fn others(&self) -> impl Iterator<Item = &'a StandingAction> {
        self.standing.iter().filter(|other| Some(other.id) != self.id)
    }
}

#[cfg(test)]
mod tests;
