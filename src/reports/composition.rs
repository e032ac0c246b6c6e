//! The composition of a delegation at a moment, to be printed (R39).

use chrono::SecondsFormat;

use super::export::{Broken, CsvSink};
use super::{Column, Report};
use crate::delegations::Composition;
use crate::text::{Label, PersonName};

pub const REPORT: Report = Report {
    name: "composition",
    titles: [
        "Composition of the delegation",
        "Composition de la délégation",
        "Composición de la delegación",
        "Thành phần đoàn",
    ],
    columns: &[
        Column { key: "code", titles: ["Code", "Code", "Código", "Mã"] },
        Column {
            key: "as_of", titles: ["As of", "Situation au", "Situación al", "Tại thời điểm"]
        },
        Column { key: "function", titles: ["Function", "Fonction", "Función", "Chức năng"] },
        Column { key: "form_of_address", titles: ["Title", "Titre", "Tratamiento", "Danh xưng"] },
        Column { key: "family_name", titles: ["Family name", "Nom", "Apellidos", "Họ"] },
        Column { key: "given_names", titles: ["Given names", "Prénoms", "Nombres", "Tên"] },
        Column { key: "functional_title", titles: ["Position", "Poste", "Cargo", "Chức vụ"] },
        Column {
            key: "affiliation",
            titles: ["Affiliation", "Institution", "Institución", "Cơ quan"],
        },
        Column { key: "rank", titles: ["Rank", "Rang", "Rango", "Hàm cấp"] },
        Column { key: "status", titles: ["Status", "État", "Estado", "Trạng thái"] },
    ],
};

/// Writes a row per member.
pub async fn fill(sink: &mut CsvSink, composition: &Composition) -> Result<(), Broken> {
    let as_of = composition.as_of.to_rfc3339_opts(SecondsFormat::Secs, true);
    for member in &composition.members {
        let person = &member.person;
        let label = |label: &Option<Label>| label.as_ref().map_or("", Label::as_str).to_owned();
        sink.row([
            composition.participant.as_str(),
            &as_of,
            person.function.as_str(),
            &label(&person.form_of_address),
            person.family_name.as_str(),
            person.given_names.as_ref().map_or("", PersonName::as_str),
            &label(&person.functional_title),
            &label(&person.affiliation),
            person.rank.as_str(),
            member.status.name().as_str(),
        ])
        .await?;
    }
    Ok(())
}
