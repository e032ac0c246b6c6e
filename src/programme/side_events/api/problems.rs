//! What is refused of side events, as clients read it.

use crate::problem::{Code, Problem};
use crate::programme::side_events::model::WrongStep;
use crate::programme::side_events::refused::Refused;

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::WrongStep(WrongStep { current, allowed }) => Self::of(Code::IllegalTransition)
                .detail(format!("A side event that is {current} cannot take this step."))
                .with("current", current)
                .with("allowed", allowed),
            Refused::TooLate(faults) => Self::of(Code::DeadlinePassed)
                .detail("Missions could do this until a day that has passed.")
                .faults(faults),
            Refused::NotAccepted => Self::of(Code::NotEligible)
                .detail("Side events are for participants whose delegation is accepted."),
            Refused::TooFewReviews { needed, count } => Self::of(Code::NotEligible)
                .detail("Too few officers have reviewed this application.")
                .with("needed", needed)
                .with("count", count),
            Refused::Applied => Self::of(Code::IllegalTransition)
                .detail("The proposal was applied already.")
                .with("current", "applied")
                .with("allowed", [""; 0]),
            Refused::Overtaken(side_events) => Self::of(Code::Overtaken)
                .detail(
                    "Some side events were changed since the proposal was made: make a new one.",
                )
                .with("side_events", side_events),
            Refused::BrokenOff => Self::of(Code::Unavailable),
        }
    }
}
