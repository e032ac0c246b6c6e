//! The list of participants, in the order of the United Nations: by kind, then as the Depositary orders them; the head
//! first, then by function, rank and name.

use futures_util::TryStreamExt as _;
use sqlx::PgConnection;

use super::export::{Broken, CsvSink};
use super::{Column, Report, Tongue};
use crate::delegations::{Function, Rank, StatusName};

pub const REPORT: Report = Report {
    name: "participants",
    titles: [
        "List of participants",
        "Liste des participants",
        "Lista de participantes",
        "Danh sách đại biểu",
    ],
    columns: &[
        Column { key: "code", titles: ["Code", "Code", "Código", "Mã"] },
        Column {
            key: "participant",
            titles: ["Participant", "Participant", "Participante", "Bên tham gia"],
        },
        Column { key: "kind", titles: ["Kind", "Catégorie", "Categoría", "Loại"] },
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

/// Writes a row per member of the statuses that are wanted.
pub async fn fill(
    conn: &mut PgConnection,
    sink: &mut CsvSink,
    tongue: Tongue,
    statuses: &[StatusName],
) -> Result<(), Broken> {
    let functions: Vec<&str> = Function::ALL.iter().map(Function::as_str).collect();
    let ranks: Vec<&str> = Rank::ALL.iter().map(Rank::as_str).collect();
    let statuses: Vec<&str> = statuses.iter().map(StatusName::as_str).collect();
    let mut rows = sqlx::query!(
        r#"select m.participant,
                  coalesce(case $1 when 'fr' then p.name_fr when 'es' then p.name_es when 'vi' then p.name_vi end, p.name_en)
                      as "name!",
                  p.kind, m.function, m.form_of_address, m.family_name, m.given_names, m.functional_title, m.affiliation,
                  m.rank, m.status
           from member m join participant p using (participant)
           where m.status = any ($2)
           order by array_position(array['member_state', 'observer_state', 'non_member_state', 'regional_organization'], p.kind)
                        nulls last,
                    p.kind, p.sort_key, array_position($3::text[], m.function), array_position($4::text[], m.rank),
                    m.sort_name, m.member_id"#,
        tongue.as_str(),
        &statuses as _,
        &functions as _,
        &ranks as _,
    )
    .fetch(conn);
    while let Some(row) = rows.try_next().await? {
        sink.row([
            row.participant.as_str(),
            &row.name,
            &row.kind,
            &row.function,
            row.form_of_address.as_deref().unwrap_or_default(),
            &row.family_name,
            row.given_names.as_deref().unwrap_or_default(),
            row.functional_title.as_deref().unwrap_or_default(),
            row.affiliation.as_deref().unwrap_or_default(),
            &row.rank,
            &row.status,
        ])
        .await?;
    }
    Ok(())
}
