//! What is still held of people, what for and until when (R52). Nobody is named.

use crate::access::Action;
use crate::reports::columns as c;
use crate::reports::export::{Broken, Sink};
use crate::reports::report::{Report, Source, Whole, parameters};
use crate::retention;

pub const REPORT: Report = Report {
    name: "still-held",
    titles: [
        "What is still held",
        "Données encore conservées",
        "Datos aún conservados",
        "Dữ liệu còn lưu giữ",
    ],
    seen_by: &[Action::ListReports, Action::ReadRetention],
    columns: &[
        c::text("data", ["Data", "Données", "Datos", "Dữ liệu"]),
        c::text("purpose", ["Purpose", "Finalité", "Finalidad", "Mục đích"]),
        c::date(
            "keep_until",
            ["Kept until", "Conservées jusqu'au", "Se conservan hasta", "Lưu đến"],
        ),
        c::truth("is_due", ["Due", "Échues", "Vencidos", "Đến hạn"]),
        c::number("rows", ["Rows", "Lignes", "Filas", "Số dòng"]),
        c::number("on_hold", ["On legal hold", "Sous séquestre", "Retenidos", "Bị giữ lại"]),
    ],
    parameters: parameters::<Whole>,
    order: |asked| asked.of(fill),
};

async fn fill(_: Whole, from: &mut Source, to: &mut Sink) -> Result<(), Broken> {
    let report = retention::still_held(&mut from.tx, &from.ceremony, from.now).await?;
    for still in &report.data {
        to.row(&[
            still.data.as_str().into(),
            still.purpose.as_str().into(),
            still.keep_until.into(),
            still.is_due.into(),
            still.rows.into(),
            still.held.into(),
        ])
        .await?;
    }
    Ok(())
}
