//! The status of the treaty in the columns of the Depositary (R27), on a day, as known now or at a moment (R28).

use super::signatories::{Asked, Known};
use crate::access::Action;
use crate::reports::columns as c;
use crate::reports::export::{Broken, Sink};
use crate::reports::report::{Report, Source, parameters};
use crate::treaty::{Only, status};

pub const REPORT: Report = Report {
    name: "treaty-status",
    titles: ["Status of the treaty", "État du traité", "Estado del tratado", "Tình trạng điều ước"],
    // What the world may read as well.
    seen_by: &[Action::ListReports],
    columns: &[
        c::CODE,
        c::PARTICIPANT,
        c::date("signed_on", ["Signature", "Signature", "Firma", "Ký"]),
        c::text(
            "signature",
            ["Signature (text)", "Signature (texte)", "Firma (texto)", "Ký (văn bản)"],
        ),
        c::date("deposited_on", ["Deposit", "Dépôt", "Depósito", "Nộp lưu chiểu"]),
        c::text(
            "consent",
            [
                "Ratification; Acceptance (A); Approval (AA); Accession (a)",
                "Ratification; Acceptation (A); Approbation (AA); Adhésion (a)",
                "Ratificación; Aceptación (A); Aprobación (AA); Adhesión (a)",
                "Phê chuẩn; Chấp nhận (A); Phê duyệt (AA); Gia nhập (a)",
            ],
        ),
        c::date(
            "no_intention_on",
            [
                "No intention to become a party",
                "Renonce à devenir partie",
                "Sin intención de ser parte",
                "Không có ý định trở thành thành viên",
            ],
        ),
        c::date("denounced_on", ["Denunciation", "Dénonciation", "Denuncia", "Bãi ước"]),
    ],
    parameters: parameters::<Known>,
    order: |asked| asked.of(fill),
};

async fn fill(asked: Known, from: &mut Source, to: &mut Sink) -> Result<(), Broken> {
    let Asked { standing, listed, as_of } = asked.read(from).await?;
    let clauses = &from.ceremony.treaty.entry_into_force;
    let status = status(standing, &listed, Only::default(), clauses, as_of);
    for row in &status.rows {
        let (signature, consent) = (row.signature.as_ref(), row.consent.as_ref());
        to.row(&[
            row.participant.as_str().into(),
            row.name.as_str().into(),
            signature.map(|signature| signature.date).into(),
            signature.map(|signature| signature.text.as_str()).into(),
            consent.map(|consent| consent.date).into(),
            consent.map(|consent| consent.text.as_str()).into(),
            row.no_intention_on.into(),
            row.denounced_on.into(),
        ])
        .await?;
    }
    Ok(())
}
