//! Whether a checkpoint is cosigned: what C2SP's `tlog-witness` says, in its order.

use crate::config::Origin;
use crate::ledger::{Checkpoint, Submission, Unsound, Verifier};

/// Why it is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The body is none, or says that the old tree is larger than the new one.
    #[error("this is not a checkpoint with what it grew out of")]
    Malformed,
    /// Of a log that this witness does not watch.
    #[error("this witness does not watch that log")]
    UnknownLog,
    /// Not signed by the log.
    #[error("the checkpoint is not signed by the log's key")]
    Unsigned,
    /// It does not begin at what was cosigned last, of which this is the size; or it is another tree of that size.
    #[error("{0} entries were cosigned last")]
    Stale(u64),
    /// The proof does not lead from the one to the other.
    #[error("the tree did not grow out of the one that was cosigned last")]
    Inconsistent,
    /// Something of the witness's own.
    #[error("the witness cannot remember what it sees")]
    Unable,
}

/// Judges a body by what was cosigned last of its log. Gives the log, the note, and the checkpoint to be remembered.
pub fn judge(
    logs: &[Verifier],
    last: impl Fn(&Origin) -> Checkpoint,
    body: &str,
) -> Result<(Origin, String, Checkpoint), Refusal> {
    let submission = Submission::parse(body).ok_or(Refusal::Malformed)?;
    let named = submission.note.lines().next().unwrap_or_default();
    let log = logs.iter().find(|log| log.origin().as_str() == named).ok_or(Refusal::UnknownLog)?;
    let checkpoint = log.open_cosigned(&submission.note).map_err(|unsound| match unsound {
        Unsound::Malformed => Refusal::Malformed,
        Unsound::OtherLog => Refusal::UnknownLog,
        Unsound::Unsigned => Refusal::Unsigned,
    })?;
    if submission.old > checkpoint.size {
        return Err(Refusal::Malformed);
    }
    let last = last(log.origin());
    let is_another = last.size == checkpoint.size && last.root != checkpoint.root;
    if submission.old != last.size || is_another {
        return Err(Refusal::Stale(last.size));
    }
    if !submission.leads(&last, &checkpoint) {
        return Err(Refusal::Inconsistent);
    }
    Ok((log.origin().clone(), submission.note, checkpoint))
}
