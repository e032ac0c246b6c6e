//! The truth table of the policy.

use std::fmt::Write as _;

use super::*;
use crate::text::ParticipantCode;

type Named = (&'static str, fn(&ParticipantCode) -> Action<'_>);

pub(in crate::access) const ACTIONS: &[Named] = &[
    ("keep own account", |_| Action::KeepOwnAccount),
    ("change factors", |_| Action::ChangeFactors),
    ("reset factors", |_| Action::ResetFactors),
    ("keep accounts", |_| Action::KeepAccounts),
    ("make keys", |_| Action::MakeKeys),
    ("keep devices", |_| Action::KeepDevices),
    ("read messages", |_| Action::ReadMessages),
    ("resend messages", |_| Action::ResendMessages),
    ("write mailings", |_| Action::WriteMailings),
    ("approve mailing", |_| Action::ApproveMailing),
    ("accept invitation", |_| Action::AcceptInvitation),
    ("list focal points", |_| Action::ListFocalPoints),
    ("read focal points", |c| Action::ReadFocalPoints(c)),
    ("invite focal point", |c| Action::InviteFocalPoint(c)),
    ("appoint focal point", |c| Action::AppointFocalPoint(c)),
    ("read register", |_| Action::ReadRegister),
    ("change register", |_| Action::ChangeRegister),
    ("list delegations", |_| Action::ListDelegations),
    ("read delegation", |c| Action::ReadDelegation(c)),
    ("prepare delegation", |c| Action::PrepareDelegation(c)),
    ("review delegation", |c| Action::ReviewDelegation(c)),
    ("read identity", |c| Action::ReadIdentity(c)),
    ("clear member", |c| Action::ClearMember(c)),
    ("refuse member", |c| Action::RefuseMember(c)),
    ("read warnings", |_| Action::ReadWarnings),
    ("work review queues", |_| Action::WorkReviewQueues),
    ("work clearance queues", |_| Action::WorkClearanceQueues),
    ("forget member", |c| Action::ForgetMember(c)),
    ("read legal holds", |_| Action::ReadLegalHolds),
    ("read retention", |_| Action::ReadRetention),
    ("read audit", |_| Action::ReadAudit),
    ("verify record", |_| Action::VerifyRecord),
    ("read protocol", |_| Action::ReadProtocol),
    ("read passport", |c| Action::ReadPassport(c)),
    ("list documents", |_| Action::ListDocuments),
    ("list identity papers", |_| Action::ListIdentityPapers),
    ("read document", |c| Action::ReadDocument(c)),
    ("review document", |c| Action::ReviewDocument(c)),
    ("list full powers", |_| Action::ListFullPowers),
    ("read full powers", |c| Action::ReadFullPowers(c)),
    ("lodge full powers", |c| Action::LodgeFullPowers(c)),
    ("check full powers", |c| Action::CheckFullPowers(c)),
    ("confirm full powers", |c| Action::ConfirmFullPowers(c)),
    ("read record", |_| Action::ReadRecord),
    ("record act", |_| Action::RecordAct),
    ("order record", |_| Action::OrderRecord),
    ("read session", |_| Action::ReadSession),
    ("run session", |_| Action::RunSession),
    ("list seats", |_| Action::ListSeats),
    ("book seats", |c| Action::BookSeats(c)),
    ("list speakers", |_| Action::ListSpeakers),
    ("speak", |c| Action::Speak(c)),
    ("read programme", |_| Action::ReadProgramme),
    ("read draft programme", |_| Action::ReadDraftProgramme),
    ("keep programme", |_| Action::KeepProgramme),
    ("list side events", |_| Action::ListSideEvents),
    ("prepare a side event", |c| Action::PrepareSideEvent(c)),
    ("answer as co-sponsor", |c| Action::CoSponsorSideEvent(c)),
    ("review side events", |_| Action::ReviewSideEvents),
    ("list reports", |_| Action::ListReports),
    ("read exports", |_| Action::ReadExports),
    ("export vetting", |_| Action::ExportVetting),
    ("review accounts", |_| Action::ReviewAccounts),
    ("export delegations", |_| Action::ExportDelegations),
    ("export members", |c| Action::ExportMembers(c)),
];

#[test]
fn the_truth_table_is_as_committed() {
    let code = ParticipantCode::parse("FRA").unwrap();
    let mut table = String::from(
        "! with a factor that was shown just now\n\n                      adm acc tre pro sec gat aud foc\n",
    );
    for (name, action) in ACTIONS {
        write!(table, "{name:<21}").unwrap();
        for role in Role::ALL {
            table += match judge(*role, action(&code)) {
                Verdict::Allowed if action(&code).is_grave() => "  ! ",
                Verdict::Allowed => "  + ",
                Verdict::Forbidden => "  - ",
                Verdict::Invisible => "    ",
            };
        }
        table = table.trim_end().to_owned() + "\n";
    }
    insta::assert_snapshot!(table);
}
