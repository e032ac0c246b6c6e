//! Full powers as the secretariat holds them, and the verbs that move them on.

use chrono::{DateTime, Utc};

use super::{Application, Examined, Gap, Mark, Stage, StageColumns};
use crate::ids::FullPowersId;
use crate::input::Faults;
use crate::page::Version;
use crate::text::{Fault, Label, Reason};

/// A verb that the present stage does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("from {current} one cannot {wanted}")]
pub struct WrongStage {
    /// The present stage.
    pub current: &'static str,
    /// The verb asked for.
    pub wanted: &'static str,
    /// The verbs that are legal now.
    pub allowed: Vec<&'static str>,
}

/// Why a step was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The stage does not know the verb.
    #[error(transparent)]
    WrongStage(#[from] WrongStage),
    /// The papers have gaps (R7).
    #[error("the full powers have gaps")]
    Gaps(Vec<Gap>),
    /// Who verified cannot confirm (R9).
    #[error("the officer who verified cannot confirm: a second officer is required")]
    SecondPersonRequired,
    /// There is no such place of signature.
    #[error("there is no such place of signature")]
    UnknownPlace,
    /// The treaty is not open for signature there and then (R1).
    #[error("the treaty is not open for signature at that place on that day")]
    OutsideWindow,
}

/// Full powers, or the high office that stands for them, on their way through the secretariat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FullPowers {
    /// Their identity.
    pub id: FullPowersId,
    /// What was lodged.
    pub application: Application,
    /// Who lodged it.
    pub lodged: Mark,
    /// Who received the original.
    pub original_received: Option<Mark>,
    /// When they were last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts their changes.
    pub version: Version,
    stage: Stage,
}

/// What is stored beside what was lodged.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Who lodged it.
    pub lodged: Mark,
    /// Who received the original.
    pub original_received: Option<Mark>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts the changes.
    pub version: Version,
    /// Where it is.
    pub stage: StageColumns,
}

impl FullPowers {
    /// Takes them in, gaps and all: the gaps are the officer's to point out.
    pub fn lodge(id: FullPowersId, application: Application, by: Mark) -> Result<Self, Faults> {
        application.check()?;
        Ok(Self {
            id,
            application,
            lodged: by,
            original_received: None,
            updated_at: by.at,
            version: Version(1),
            stage: Stage::Lodged,
        })
    }

    /// Reads them back as stored.
    pub fn restore(id: FullPowersId, application: Application, kept: Kept) -> Result<Self, Fault> {
        let Kept { lodged, original_received, updated_at, version, stage } = kept;
        let stage = stage.parse()?;
        Ok(Self { id, application, lodged, original_received, updated_at, version, stage })
    }

    /// Where they are.
    #[must_use]
    pub fn stage(&self) -> &Stage {
        &self.stage
    }

    /// A treaty officer finds them without a gap (R7).
    pub fn verify(self, treaty: &Label, examined: &Examined, by: Mark) -> Result<Self, Refusal> {
        let Stage::Lodged = self.stage else { return Err(self.wrong_stage("verify").into()) };
        let gaps = self.application.gaps(treaty, examined);
        if !gaps.is_empty() {
            return Err(Refusal::Gaps(gaps));
        }
        Ok(self.moved(Stage::Verified { verified: by }, by))
    }

    /// A second officer finds the same (R9). It is looked for anew: what was right when the first officer looked may have
    /// been found false since.
    pub fn confirm(self, treaty: &Label, examined: &Examined, by: Mark) -> Result<Self, Refusal> {
        let Stage::Verified { verified } = self.stage else {
            return Err(self.wrong_stage("confirm").into());
        };
        if verified.by == by.by {
            return Err(Refusal::SecondPersonRequired);
        }
        let gaps = self.application.gaps(treaty, examined);
        if !gaps.is_empty() {
            return Err(Refusal::Gaps(gaps));
        }
        Ok(self.moved(Stage::Confirmed { verified, confirmed: by }, by))
    }

    /// An officer does not accept them.
    pub fn refuse(self, by: Mark, reason: Reason) -> Result<Self, WrongStage> {
        let verified = match self.stage {
            Stage::Lodged => None,
            Stage::Verified { verified } => Some(verified),
            _ => return Err(self.wrong_stage("refuse")),
        };
        Ok(self.moved(Stage::Refused { verified, refused: by, reason }, by))
    }

    /// The participant takes them back (R10). A signature made by then stands.
    pub fn revoke(self, by: Mark, reason: Reason) -> Result<Self, WrongStage> {
        let (verified, confirmed) = match self.stage {
            Stage::Lodged => (None, None),
            Stage::Verified { verified } => (Some(verified), None),
            Stage::Confirmed { verified, confirmed } => (Some(verified), Some(confirmed)),
            _ => return Err(self.wrong_stage("revoke")),
        };
        Ok(self.moved(Stage::Revoked { verified, confirmed, revoked: by, reason }, by))
    }

    /// The original arrives, whatever stage the copy has reached.
    pub fn receive_original(self, by: Mark) -> Result<Self, WrongStage> {
        if self.allowed().contains(&"original_received") {
            let stage = self.stage.clone();
            Ok(Self { original_received: Some(by), ..self.moved(stage, by) })
        } else {
            Err(self.wrong_stage("original_received"))
        }
    }

    /// The verbs that are legal now.
    #[must_use]
    pub fn allowed(&self) -> Vec<&'static str> {
        let mut verbs = match self.stage {
            Stage::Lodged => vec!["verify", "refuse", "revoke"],
            Stage::Verified { .. } => vec!["confirm", "refuse", "revoke", "appoint"],
            Stage::Confirmed { .. } => vec!["revoke", "appoint"],
            Stage::Refused { .. } | Stage::Revoked { .. } => return Vec::new(),
        };
        if self.original_received.is_none() {
            verbs.push("original_received");
        }
        verbs
    }

    fn moved(self, stage: Stage, by: Mark) -> Self {
        Self { stage, updated_at: by.at, version: self.version.next(), ..self }
    }

    pub(in crate::full_powers) fn wrong_stage(&self, wanted: &'static str) -> WrongStage {
        let current = StageColumns::from(self.stage.clone()).stage.as_str();
        WrongStage { current, wanted, allowed: self.allowed() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::samples::{application, examined, mark, moment, treaty};
    use super::*;
    use crate::delegations::Rank;
    use crate::ids::AccountId;

    const RANK: Rank = Rank::PermanentRepresentative;

    fn lodged() -> FullPowers {
        FullPowers::lodge(FullPowersId::fresh(), application(), mark()).unwrap()
    }

    fn verify(full_powers: FullPowers, by: Mark) -> Result<FullPowers, Refusal> {
        full_powers.verify(&treaty(), &examined(RANK), by)
    }

    fn confirm(full_powers: FullPowers, by: Mark) -> Result<FullPowers, Refusal> {
        full_powers.confirm(&treaty(), &examined(RANK), by)
    }

    fn reason() -> Reason {
        Reason::parse("The seal is another ministry's").unwrap()
    }

    #[test]
    fn r07_full_powers_without_a_date_cannot_be_verified() {
        let mut undated = application();
        undated.paper.issued_on = None;
        let undated = FullPowers::lodge(FullPowersId::fresh(), undated, mark()).unwrap();
        assert_eq!(verify(undated, mark()), Err(Refusal::Gaps(vec![Gap::Undated])));
    }

    #[test]
    fn r09_who_verified_cannot_confirm() {
        let first = mark();
        let verified = verify(lodged(), first).unwrap();
        let later = Mark { at: moment("2025-10-21T08:00:00Z"), ..first };
        assert_eq!(confirm(verified.clone(), later), Err(Refusal::SecondPersonRequired));
        assert!(matches!(confirm(verified, mark()).unwrap().stage(), Stage::Confirmed { .. }));
    }

    #[test]
    fn r09_what_was_refused_since_the_first_officer_looked_is_not_confirmed() {
        let verified = verify(lodged(), mark()).unwrap();
        let refused = Examined { has_copy: false, ..examined(Rank::PermanentRepresentative) };
        let outcome = verified.confirm(&treaty(), &refused, mark());
        assert_eq!(outcome, Err(Refusal::Gaps(vec![Gap::NoDocument])));
    }

    #[test]
    fn r09_nothing_is_confirmed_before_it_is_verified() {
        let Err(Refusal::WrongStage(wrong)) = confirm(lodged(), mark()) else {
            panic!("confirmed though nobody had verified")
        };
        assert_eq!(wrong.current, "lodged");
        assert_eq!(wrong.allowed, ["verify", "refuse", "revoke", "original_received"]);
    }

    #[test]
    fn r10_confirmed_full_powers_are_revoked_and_not_refused() {
        let confirmed = confirm(verify(lodged(), mark()).unwrap(), mark()).unwrap();
        assert!(confirmed.clone().refuse(mark(), reason()).is_err());
        let revoked = confirmed.revoke(mark(), reason()).unwrap();
        assert!(revoked.allowed().is_empty());
    }

    #[test]
    fn r09_the_original_is_received_once() {
        let received = lodged().receive_original(mark()).unwrap();
        assert_eq!(received.receive_original(mark()).unwrap_err().wanted, "original_received");
    }

    #[test]
    fn a_row_that_no_transition_produces_is_not_read() {
        let officer = mark();
        let row = StageColumns::from(Stage::Confirmed { verified: officer, confirmed: officer });
        assert_eq!(row.parse().unwrap_err().code, "impossible_stage");
    }

    proptest! {
        /// Whatever three officers do in whatever order: what is listed as legal is, nothing else is, nobody
        /// confirms what they verified, and what is closed stays closed.
        #[test]
        fn r09_r10_any_walk_keeps_the_rules(steps in prop::collection::vec((0_usize..5, 0_usize..3), 1..20)) {
            let officers = [AccountId::fresh(), AccountId::fresh(), AccountId::fresh()];
            let verbs = ["verify", "confirm", "refuse", "revoke", "original_received"];
            let mut now = lodged();
            for (verb, officer) in steps {
                let by = Mark { by: officers[officer], ..mark() };
                let before = now.clone();
                let (verb, is_legal) = (verbs[verb], before.allowed().contains(&verbs[verb]));
                let after: Result<FullPowers, Refusal> = match verb {
                    "verify" => verify(before.clone(), by),
                    "confirm" => confirm(before.clone(), by),
                    "refuse" => before.clone().refuse(by, reason()).map_err(Refusal::from),
                    "revoke" => before.clone().revoke(by, reason()).map_err(Refusal::from),
                    _ => before.clone().receive_original(by).map_err(Refusal::from),
                };
                let is_unknown = matches!(after, Err(Refusal::WrongStage(_)));
                prop_assert_eq!(is_legal, !is_unknown, "{} from {:?}", verb, before.stage());
                now = after.unwrap_or(before);
                if let Stage::Confirmed { verified, confirmed } = now.stage() {
                    prop_assert_ne!(verified.by, confirmed.by);
                }
                let row = StageColumns::from(now.stage().clone());
                prop_assert_eq!(&row.parse().unwrap(), now.stage());
            }
        }
    }
}
