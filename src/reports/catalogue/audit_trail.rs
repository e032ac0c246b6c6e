//! An extract of the audit trail: who did what, to what, when and why, the latest first (R51). What a field holds it does
//! not tell.

use deserr::Deserr;
use serde::Serialize;

use crate::access::Action;
use crate::audit::{self, Entries};
use crate::ids::{AccountId, SubjectId};
use crate::input::{Faults, Moment};
use crate::page::Limit;
use crate::reports::columns as c;
use crate::reports::export::{Broken, Sink};
use crate::reports::report::{Filter, Report, Source, parameters};
use crate::text::{Label, ParticipantCode, Reason};

pub const REPORT: Report = Report {
    name: "audit-trail",
    titles: ["Audit trail", "Piste d'audit", "Registro de auditoría", "Nhật ký kiểm toán"],
    seen_by: &[Action::ListReports, Action::ReadAudit],
    columns: &[
        c::moment("happened_at", ["Happened at", "Survenu le", "Ocurrió el", "Xảy ra lúc"]),
        c::text("event", ["Event", "Événement", "Evento", "Sự kiện"]),
        c::CODE,
        c::text("subject", ["Subject", "Objet", "Objeto", "Đối tượng"]),
        c::text("account", ["Account", "Compte", "Cuenta", "Tài khoản"]),
        c::text("api_key", ["API key", "Clé d'API", "Clave de API", "Khóa API"]),
        c::text("reason", ["Reason", "Motif", "Motivo", "Lý do"]),
        c::text("fields", ["Fields", "Champs", "Campos", "Trường"]),
        c::text("request_id", ["Request", "Requête", "Solicitud", "Yêu cầu"]),
        c::number(
            "entry",
            ["Entry of the log", "Entrée du journal", "Entrada del registro", "Mục nhật ký"],
        ),
        c::text("id", ["Identity", "Identifiant", "Identificador", "Mã"]),
    ],
    parameters: parameters::<Trail>,
    order: |asked| asked.of(fill),
};

/// What of the trail.
#[derive(Debug, Serialize, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Trail {
    /// Whose business: `FRA`.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    participant: Option<ParticipantCode>,
    /// What it happened to.
    #[deserr(default)]
    #[param(value_type = Option<uuid::Uuid>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<SubjectId>,
    /// Who did it.
    #[deserr(default)]
    #[param(value_type = Option<uuid::Uuid>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<AccountId>,
    /// Of this kind: `member.approved`.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<Label>,
    /// Not before this moment.
    #[deserr(default)]
    #[param(value_type = Option<DateTime<Utc>>)]
    #[serde(rename = "from", skip_serializing_if = "Option::is_none")]
    from: Option<Moment>,
    /// Before this moment.
    #[deserr(default)]
    #[param(value_type = Option<DateTime<Utc>>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Moment>,
}

impl Filter for Trail {}

/// Read in pages by its index: what was read is not held while a slow reader takes it.
async fn fill(asked: Trail, from: &mut Source, to: &mut Sink) -> Result<(), Broken> {
    let mut wanted = Entries {
        participant: asked.participant.as_ref(),
        subject: asked.subject,
        account: asked.account,
        kind: asked.kind.as_ref().map(Label::as_str),
        from: asked.from.map(|Moment(at)| at.to_utc()),
        until: asked.until.map(|Moment(at)| at.to_utc()),
        after: None,
    };
    loop {
        // One more is asked for than a page holds: it begins the next.
        let page = audit::entries(&mut from.tx, &wanted, Limit::LARGEST).await?;
        let is_last = page.len() <= Limit::LARGEST.rows();
        for entry in page.into_iter().take(Limit::LARGEST.rows()) {
            wanted.after = Some((entry.happened_at, entry.id.uuid()));
            to.row(&[
                entry.happened_at.into(),
                entry.kind.into(),
                entry.participant.as_ref().map(ParticipantCode::as_str).into(),
                entry.subject.map(|id| id.to_string()).into(),
                entry.account.map(|id| id.to_string()).into(),
                entry.api_key.map(|id| id.to_string()).into(),
                entry.reason.as_ref().map(Reason::as_str).into(),
                entry.fields.join(" ").into(),
                entry.request_id.into(),
                entry.entry.into(),
                entry.id.to_string().into(),
            ])
            .await?;
        }
        if is_last {
            return Ok(());
        }
    }
}
