//! Full powers: who is to sign for whom, what they need for it, how far they are, and what is missing (R6–R9).

use deserr::Deserr;
use serde::Serialize;

use crate::access::Action;
use crate::full_powers::requirement::{Looked, Requirement, look};
use crate::full_powers::{Bar, FullPowersStage, Gap, StageColumns, Wanted, list};
use crate::input::Faults;
use crate::page::{AnyOf, Limit};
use crate::reports::columns as c;
use crate::reports::export::{Broken, Sink};
use crate::reports::model::Column;
use crate::reports::report::{Filter, Report, Source, parameters};
use crate::reports::words;

pub const REPORT: Report = Report {
    name: "full-powers",
    titles: ["Full powers", "Pleins pouvoirs", "Plenos poderes", "Giấy ủy quyền"],
    seen_by: &[Action::ListReports, Action::ListFullPowers],
    columns: &[
        c::CODE,
        c::text("signer", ["Signer", "Signataire", "Firmante", "Người ký"]),
        c::text("office", ["Office", "Fonction officielle", "Cargo", "Chức danh"]),
        c::code("basis", words::BASES, ["Basis", "Fondement", "Base", "Căn cứ"]),
        c::truth("acting", ["Acting", "Par intérim", "Interino", "Quyền"]),
        c::truth(
            "needs_paper",
            [
                "Full powers needed",
                "Pleins pouvoirs requis",
                "Plenos poderes necesarios",
                "Cần giấy ủy quyền",
            ],
        ),
        Column { words: words::STAGES_OF_POWERS, ..c::STAGE },
        c::code("gaps", words::GAPS, ["Gaps", "Lacunes", "Deficiencias", "Thiếu sót"]),
        c::code(
            "bars",
            words::BARS,
            ["Bars to signing", "Empêchements", "Impedimentos", "Trở ngại"],
        ),
        c::date("issued_on", ["Issued", "Délivrés le", "Expedidos", "Cấp ngày"]),
        c::date("expires_on", ["Expires", "Expirent le", "Caducan", "Hết hạn"]),
        c::moment(
            "original_received_at",
            ["Original received", "Original reçu", "Original recibido", "Nhận bản gốc"],
        ),
        c::text("place", ["Place", "Lieu", "Lugar", "Nơi ký"]),
        c::moment("signs_at", ["Appointment", "Rendez-vous", "Cita", "Giờ ký"]),
    ],
    parameters: parameters::<Stages>,
    order: |asked| asked.of(fill),
};

/// Which full powers.
#[derive(Debug, Serialize, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Stages {
    /// At any of these stages, divided by commas; where nothing is said, all but those that are refused or revoked.
    #[deserr(default = AnyOf(vec![FullPowersStage::Lodged, FullPowersStage::Verified, FullPowersStage::Confirmed]))]
    #[param(value_type = Option<String>)]
    stage: AnyOf<FullPowersStage>,
}

impl Filter for Stages {}

/// A row for each, in the order of lodging.
async fn fill(asked: Stages, from: &mut Source, to: &mut Sink) -> Result<(), Broken> {
    let mut wanted = Wanted { stages: Some(asked.stage.0), ..Wanted::default() };
    loop {
        // One more is asked for than a page holds: it begins the next.
        let page = list(&mut from.tx, &wanted, Limit::LARGEST).await?;
        let is_last = page.len() <= Limit::LARGEST.rows();
        for found in page.into_iter().take(Limit::LARGEST.rows()) {
            wanted.after = Some(found.id);
            let looked = look(&mut from.tx, &from.ceremony, found, from.now).await?;
            write(&looked, from, to).await?;
        }
        if is_last {
            return Ok(());
        }
    }
}

async fn write(looked: &Looked, from: &Source, to: &mut Sink) -> Result<(), Broken> {
    let full_powers = &looked.entitlement.full_powers;
    let application = &full_powers.application;
    let gaps: Vec<&str> = looked.gaps.iter().map(Gap::as_str).collect();
    let bars: Vec<&str> = looked.bars.iter().map(Bar::as_str).collect();
    let appointment = looked.entitlement.appointment.as_ref();
    to.row(&[
        application.participant.as_str().into(),
        application.signer.name.as_str().into(),
        application.signer.office.as_str().into(),
        application.basis.as_str().into(),
        application.acting.into(),
        looked.requirement.as_ref().map(Requirement::is_a_paper).into(),
        StageColumns::from(full_powers.stage().clone()).stage.as_str().into(),
        (!gaps.is_empty()).then(|| gaps.join(" ")).into(),
        (!bars.is_empty()).then(|| bars.join(" ")).into(),
        application.paper.issued_on.into(),
        application.paper.expires_on.into(),
        full_powers.original_received.map(|mark| mark.at).into(),
        appointment.map(|made| from.place(&made.place)).into(),
        appointment.map(|made| made.at.to_utc()).into(),
    ])
    .await
}
