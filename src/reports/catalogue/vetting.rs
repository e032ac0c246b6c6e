//! The list for the host's vetting: who somebody is, and no politics (R41). Passports are not in it: each is read by itself,
//! and each reading is written down (R50).

use deserr::Deserr;
use futures_util::TryStreamExt as _;
use serde::Serialize;

use crate::access::Action;
use crate::delegations::StatusName;
use crate::input::Faults;
use crate::page::AnyOf;
use crate::reports::columns as c;
use crate::reports::export::{Broken, Sink};
use crate::reports::report::{Filter, Report, Source, parameters};

pub const REPORT: Report = Report {
    name: "vetting",
    titles: [
        "Security vetting list",
        "Liste pour le contrôle de sécurité",
        "Lista para el control de seguridad",
        "Danh sách thẩm tra an ninh",
    ],
    seen_by: &[Action::ExportVetting],
    columns: &[
        c::CODE,
        c::PARTICIPANT,
        c::FAMILY_NAME,
        c::GIVEN_NAMES,
        c::text(
            "native_name",
            [
                "Name in native script",
                "Nom en écriture d'origine",
                "Nombre en escritura original",
                "Tên chữ bản ngữ",
            ],
        ),
        c::text("nationality", ["Nationality", "Nationalité", "Nacionalidad", "Quốc tịch"]),
        c::STATUS,
        c::SINCE,
        c::truth("has_photo", ["Photo", "Photo", "Foto", "Ảnh"]),
        c::truth("has_passport", ["Passport", "Passeport", "Pasaporte", "Hộ chiếu"]),
        c::text("id", ["Identity", "Identifiant", "Identificador", "Mã"]),
    ],
    parameters: parameters::<Members>,
    order: |asked| asked.of(fill),
};

/// Which members.
#[derive(Debug, Serialize, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Members {
    /// In any of these statuses, divided by commas; where nothing is said, those who wait for clearance: `pre_approved`.
    #[deserr(default = AnyOf(vec![StatusName::PreApproved]))]
    #[param(value_type = Option<String>)]
    status: AnyOf<StatusName>,
}

impl Filter for Members {}

/// By participant and name: an order by rank would tell it.
async fn fill(asked: Members, from: &mut Source, to: &mut Sink) -> Result<(), Broken> {
    let mut rows = sqlx::query!(
        r#"select m.participant, name_in(p, $1) as "name!", m.family_name, m.given_names, m.native_name, m.nationality,
                  m.status, m.status_changed_at, m.passport_number is not null as "has_passport!", m.member_id,
                  exists (select from document d where d.member_id = m.member_id and d.kind = 'photo' and d.state <> 'refused')
                      as "has_photo!"
           from member m join participant p using (participant)
           where m.status = any ($2)
           order by p.sort_key, m.sort_name, m.member_id"#,
        from.tongue.as_str(),
        &asked.status.0 as _,
    )
    .fetch(&mut *from.tx);
    while let Some(row) = rows.try_next().await? {
        to.row(&[
            row.participant.into(),
            row.name.into(),
            row.family_name.into(),
            row.given_names.into(),
            row.native_name.into(),
            row.nationality.into(),
            row.status.into(),
            row.status_changed_at.into(),
            row.has_photo.into(),
            row.has_passport.into(),
            row.member_id.to_string().into(),
        ])
        .await?;
    }
    Ok(())
}
