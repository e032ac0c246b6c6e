//! Refusals of the record as problems.

use crate::full_powers::Bar;
use crate::input::Faults;
use crate::problem::{Code, Problem};
use crate::text::Fault;
use crate::treaty::commands::Error;
use crate::treaty::model::Refusal;

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Denied(denied) => denied.into(),
            Error::KeyRequired => Self::of(Code::IdempotencyKeyRequired),
            Error::ParticipantUnknown => {
                at("/participant", "unknown_participant", "a code of the register is expected")
            }
            Error::NotEntitled(bars) => not_entitled(&bars),
            Error::Refused(refusal) => refusal.into(),
            Error::OfAnotherTreaty => {
                at("/number", "of_another_treaty", "a notification of this treaty is expected")
            }
            Error::NotedAlready => {
                Self::of(Code::Duplicate).detail("This notification is noted already.")
            }
            Error::Stale(stale) => stale.into(),
            Error::Ledger(error) => error.into(),
            Error::Shut(shut) => shut.into(),
            Error::Database(error) => error.into(),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        use Refusal as R;

        let detail = sentence(&refusal);
        let of = |code| Self::of(code).detail(detail.clone());
        match refusal {
            R::NotEligible
            | R::MemberSignsFirst
            | R::MemberDepositsFirst
            | R::NoSignature
            | R::NothingToConfirm
            | R::NotBound => of(Code::NotEligible),
            R::SignatoryDoesNotAccede { signature: by }
            | R::NotYetConfirmed { signature: by }
            | R::NoticeCameLater { notice: by } => of(Code::NotEligible).with("because_of", by),
            R::NotOpen { place, date } => {
                of(Code::NotOpenForSignature).with("place", place).with("date", date)
            }
            R::AlreadySigned { first } | R::AlreadyBound { first } | R::AlreadyDone { first } => {
                of(Code::Duplicate).with("first", first)
            }
            R::NotEntitled => not_entitled(&[]),
            R::UnknownPlace => at("/place", "unknown_place", &detail),
            R::InFuture => at("/done_at", "in_future", &detail),
            R::NotAdReferendum => at("/ad_referendum", "not_applicable", &detail),
            R::CompetenceNotDeclared => at("/declarations", "competence_not_declared", &detail),
            R::NoDeclarationHere => at("/declarations", "not_applicable", &detail),
            R::NotCorrectable => at("/changes", "not_correctable", &detail),
            R::NothingToCorrect => at("/changes", "nothing_to_correct", &detail),
            R::ReliedOn { by, .. } => of(Code::IllegalTransition).with("because_of", by),
            R::Withdrawn => settled(of(Code::IllegalTransition), "withdrawn", &[]),
            R::Certified => settled(of(Code::IllegalTransition), "certified", &["correct"]),
            R::Overtaken => settled(of(Code::IllegalTransition), "recorded", &["withdraw"]),
            R::NoSuchAct => Self::of(Code::NotFound),
            R::SecondPersonRequired => of(Code::SecondPersonRequired),
            R::NotTheRecorder => of(Code::Forbidden),
        }
    }
}

fn settled(problem: Problem, current: &str, allowed: &[&str]) -> Problem {
    problem.with("current", current).with("allowed", allowed)
}

fn not_entitled(bars: &[Bar]) -> Problem {
    let mut faults = Faults::default();
    for bar in bars {
        faults.add("/full_powers", bar.as_str(), bar.sentence());
    }
    if bars.is_empty() {
        let detail = "full powers that are verified and confirmed, or an office that needs none, are expected";
        faults.add("/full_powers", "required", detail);
    }
    Problem::of(Code::FullPowersMissing).faults(faults)
}

fn at(pointer: &str, code: &'static str, detail: &str) -> Problem {
    Faults::at(pointer, Fault::new(code, detail)).into()
}

/// The refusal's own words, as a sentence.
fn sentence(refusal: &Refusal) -> String {
    let words = refusal.to_string();
    let mut letters = words.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}
