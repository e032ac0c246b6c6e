//! An entry of the record as it is answered.

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::ceremony::PlaceCode;
use crate::db::Answer;
use crate::full_powers::Lifted;
use crate::ids::{AccountId, ActId, FullPowersId};
use crate::ledger::{Logged, checkpoint_of};
use crate::secret::hex;
use crate::text::{ParticipantCode, Reason};
use crate::treaty::commands::Shown;
use crate::treaty::model::{
    ActKind, ActState, Action, ActionKind, Change, CnNumber, Correction, Declaration, Entry, Field,
    Notification, Settled, Signatory,
};

/// An entry of the record: what it says for ever, and where it stands now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Act)]
pub struct ActView {
    id: ActId,
    kind: ActKind,
    participant: ParticipantCode,
    state: ActState,
    /// What was done, as it was recorded; of an action only.
    #[serde(flatten)]
    #[schema(value_type = ActionView)]
    action: Option<ActionView>,
    /// The action with its corrected values, where corrections are in effect.
    corrected: Option<CorrectedView>,
    /// The earlier entry that this one corrects, certifies or withdraws.
    of: Option<ActId>,
    /// Why.
    reason: Option<Reason>,
    /// What a correction corrects, each field with both values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    changes: Vec<ChangeView>,
    /// The corrections proposed for this entry, in the order of recording.
    corrections: Vec<CorrectionView>,
    /// What the Depositary published of it.
    notifications: Vec<NotificationView>,
    recorded_by: AccountId,
    recorded_at: DateTime<Utc>,
    /// The second officer, where it is certified.
    certified: Option<SettledView>,
    /// Who took the recording back, where it is withdrawn.
    withdrawn: Option<SettledView>,
    /// Where it stands in the ledger, with its receipt.
    ledger: Option<PlaceView>,
}

/// Where something stands in the ledger, and the proof of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PlaceInLedger)]
pub struct PlaceView {
    /// Counted from zero, which is the treaty itself.
    index: u64,
    /// SHA-256 of the entry, as RFC 6962 hashes a leaf; hexadecimal.
    leaf_hash: String,
    /// The signed checkpoint (C2SP `tlog-checkpoint`) of the receipt.
    checkpoint: Option<String>,
    /// The receipt (C2SP `tlog-proof`): entry, path and checkpoint. Keep it; it proves the entry to anybody who has the
    /// ledger's public key.
    receipt: Option<String>,
}

/// What a participant did.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TreatyAction)]
pub struct ActionView {
    #[schema(required = false)]
    place: PlaceCode,
    /// The moment at the table, or of the deposit, with the offset as it was given.
    #[schema(required = false)]
    done_at: DateTime<FixedOffset>,
    /// The date at the place at that moment.
    #[schema(required = false)]
    legal_date: NaiveDate,
    signatory: Option<Signatory>,
    full_powers: Option<FullPowersId>,
    #[schema(required = false)]
    ad_referendum: bool,
    #[schema(required = false)]
    declarations: Vec<DeclarationView>,
    /// The overrides without which the signatory would not have been entitled (R12), for ever beside the record.
    #[schema(required = false)]
    overrides: Vec<Lifted>,
}

/// What a participant did, by the corrections in effect.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CorrectedAction)]
pub struct CorrectedView {
    kind: ActionKind,
    #[serde(flatten)]
    action: ActionView,
}

/// A declaration or reservation, word for word.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MadeDeclaration)]
pub struct DeclarationView {
    #[serde(flatten)]
    declaration: Declaration,
    /// Whether it is to be confirmed on ratification: a reservation made at signature is (R17).
    to_be_confirmed: bool,
}

/// One field corrected.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CorrectedField)]
pub struct ChangeView {
    field: Field,
    old: String,
    new: String,
}

/// A correction of the entry.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CorrectionOfAct)]
pub struct CorrectionView {
    id: ActId,
    /// In effect once it is certified.
    state: ActState,
}

/// What the Depositary published.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DepositaryNotification)]
pub struct NotificationView {
    number: CnNumber,
    published_on: Option<NaiveDate>,
    noted_by: AccountId,
    noted_at: DateTime<Utc>,
    ledger: Option<PlaceView>,
}

/// Who certified or withdrew an entry.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SettlementOfAct)]
pub struct SettledView {
    by: AccountId,
    at: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Reason>,
    ledger: Option<PlaceView>,
}

impl From<&Shown> for ActView {
    fn from(shown: &Shown) -> Self {
        let entered = &shown.entered;
        let (action, reason, changes): (_, _, &[Change]) = match &entered.act.entry {
            Entry::Action(action) => (Some(action.into()), None, &[]),
            Entry::Correction(Correction { reason, changes, .. }) => (None, Some(reason), changes),
            Entry::Withdrawal { reason, .. } => (None, Some(reason), &[]),
            Entry::Certification { .. } => (None, None, &[]),
        };
        let place = |subject| shown.logged.get(&subject).map(PlaceView::from);
        let settled = |wanted| {
            let settled = entered.settled.as_ref().filter(|_| entered.state == wanted);
            settled.map(|settled| SettledView::of(settled, place(settled.entry.uuid())))
        };
        Self {
            id: entered.act.id,
            kind: entered.act.kind(),
            participant: entered.participant.clone(),
            state: entered.state,
            action,
            corrected: entered
                .corrected
                .as_ref()
                .map(|action| CorrectedView { kind: action.kind, action: action.into() }),
            of: entered.act.entry.of(),
            reason: reason.cloned(),
            changes: changes.iter().map(ChangeView::from).collect(),
            corrections: entered
                .corrections
                .iter()
                .map(|(id, state)| CorrectionView { id: *id, state: *state })
                .collect(),
            notifications: shown
                .notifications
                .iter()
                .map(|noted| NotificationView::of(noted, place(noted.id.uuid())))
                .collect(),
            recorded_by: entered.act.recorded_by,
            recorded_at: entered.act.recorded_at,
            certified: settled(ActState::Certified),
            withdrawn: settled(ActState::Withdrawn),
            ledger: place(entered.act.id.uuid()),
        }
    }
}

impl From<&Action> for ActionView {
    fn from(action: &Action) -> Self {
        let declared = |declaration: &Declaration| DeclarationView {
            declaration: declaration.clone(),
            to_be_confirmed: action.awaits_confirmation(declaration),
        };
        Self {
            place: action.place.clone(),
            done_at: action.done_at,
            legal_date: action.legal_date,
            signatory: action.signatory.clone(),
            full_powers: action.full_powers,
            ad_referendum: action.ad_referendum,
            declarations: action.declarations.iter().map(declared).collect(),
            overrides: action.overrides.clone(),
        }
    }
}

impl From<&Change> for ChangeView {
    fn from(change: &Change) -> Self {
        let (old, new) = (change.old().text(), change.new_value().text());
        Self { field: change.field(), old, new }
    }
}

impl From<&Logged> for PlaceView {
    fn from(logged: &Logged) -> Self {
        let receipt = logged.receipt.as_ref();
        Self {
            index: logged.index,
            leaf_hash: hex(&logged.leaf_hash.0),
            checkpoint: receipt.map(|receipt| checkpoint_of(receipt).to_owned()),
            receipt: receipt.cloned(),
        }
    }
}

impl NotificationView {
    fn of(notification: &Notification, ledger: Option<PlaceView>) -> Self {
        Self {
            ledger,
            number: notification.number.clone(),
            published_on: notification.published_on,
            noted_by: notification.noted_by,
            noted_at: notification.noted_at,
        }
    }
}

impl SettledView {
    fn of(settled: &Settled, ledger: Option<PlaceView>) -> Self {
        Self { by: settled.by, at: settled.at, reason: settled.reason.clone(), ledger }
    }
}

impl Answer for Shown {
    fn status(&self) -> u16 {
        if self.is_new { 201 } else { 200 }
    }
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&ActView::from(self))
    }
    fn etag(&self) -> Option<String> {
        Some(self.version().etag())
    }
    fn location(&self) -> Option<String> {
        Some(format!("/api/v1/treaty/acts/{}", self.entered.act.id))
    }
}
