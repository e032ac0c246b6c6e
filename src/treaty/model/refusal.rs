//! Why an act is not recorded.

use chrono::NaiveDate;

use crate::ceremony::PlaceCode;
use crate::ids::ActId;

/// Why an act is not recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// R2.
    #[error(
        "only States and regional economic integration organizations sign the treaty or become parties to it"
    )]
    NotEligible,
    /// R1.
    #[error("on {date} the treaty is not open for signature at {place}")]
    NotOpen {
        /// The place given.
        place: PlaceCode,
        /// The date there.
        date: NaiveDate,
    },
    /// The place is none of those configured.
    #[error("there is no such place of signature")]
    UnknownPlace,
    /// The moment is yet to come, by the server's clock.
    #[error("what has not happened yet cannot be recorded")]
    InFuture,
    /// R4.
    #[error("a regional organization signs after at least one of its member States")]
    MemberSignsFirst,
    /// R5.
    #[error("the participant has signed already")]
    AlreadySigned {
        /// The standing signature.
        first: ActId,
    },
    /// R6.
    #[error("a signature names its signatory and the full powers or office that entitle them")]
    NotEntitled,
    /// R18: only signatories ratify, accept, approve, confirm, or give notice.
    #[error("this needs an earlier signature of the participant")]
    NoSignature,
    /// R13, R18: a signature ad referendum is confirmed first.
    #[error("the participant signed ad referendum and has not confirmed it: it confirms first")]
    NotYetConfirmed {
        /// The signature.
        signature: ActId,
    },
    /// R18: one consent to be bound.
    #[error("the participant has expressed its consent to be bound already")]
    AlreadyBound {
        /// The standing consent.
        first: ActId,
    },
    /// R18: accession is for those who have not signed.
    #[error("a participant that has signed does not accede: it ratifies, accepts or approves")]
    SignatoryDoesNotAccede {
        /// The standing signature.
        signature: ActId,
    },
    /// R21: a consent dated before a notice of not intending to become a party, recorded after it.
    #[error("the participant gave notice afterwards of not intending to become a party")]
    NoticeCameLater {
        /// The standing notice.
        notice: ActId,
    },
    /// R19.
    #[error("a regional organization deposits after at least one of its member States")]
    MemberDepositsFirst,
    /// R19.
    #[error("a regional organization declares the extent of its competence with its deposit")]
    CompetenceNotDeclared,
    /// There is nothing to be confirmed.
    #[error("there is no earlier signature ad referendum of the participant")]
    NothingToConfirm,
    /// Only a signature can be *ad referendum*.
    #[error("only a signature can be ad referendum")]
    NotAdReferendum,
    /// Done once, and standing.
    #[error("the participant has done this already")]
    AlreadyDone {
        /// The standing action.
        first: ActId,
    },
    /// R22: only a consent to be bound is denounced.
    #[error("this needs an earlier consent of the participant to be bound")]
    NotBound,
    /// A notice or a denunciation carries no declaration or reservation.
    #[error("no declaration or reservation is made with this action")]
    NoDeclarationHere,
    /// Another action that stands relies on the one that would go or change.
    #[error("another action relies on this one: {because}")]
    ReliedOn {
        /// The other action.
        by: ActId,
        /// What would be wrong with it.
        because: Box<Refusal>,
    },
    /// There is no such entry, or none of that kind.
    #[error("there is no such act")]
    NoSuchAct,
    /// R32: withdrawn before certification.
    #[error("the recording was withdrawn")]
    Withdrawn,
    /// R32: certified already; what is wrong is corrected (R15).
    #[error("the recording is certified")]
    Certified,
    /// R15, R32: who recorded cannot certify.
    #[error("the officer who recorded cannot certify: a second officer is required")]
    SecondPersonRequired,
    /// R32: only the recorder withdraws.
    #[error("only the officer who recorded it can withdraw it")]
    NotTheRecorder,
    /// R15: this field cannot be corrected in this action.
    #[error("this field cannot be corrected in this action")]
    NotCorrectable,
    /// R15: nothing would change.
    #[error("a correction changes at least one value")]
    NothingToCorrect,
    /// R15: another correction came between; the old value is no longer what stands.
    #[error("what stands is no longer what this correction corrects")]
    Overtaken,
}
