//! Speakers' lists as they stand: who speaks in which place, why there, and when (R49).

use super::of_session::OfSession;
use crate::access::Action;
use crate::programme::sessions::SessionKind;
use crate::programme::speakers::{arrange, statements};
use crate::reports::columns as c;
use crate::reports::export::{Broken, Sink};
use crate::reports::report::{Report, Source, parameters};
use crate::reports::words;
use crate::text::Label;

pub const REPORT: Report = Report {
    name: "speakers",
    titles: ["Speakers' lists", "Listes des orateurs", "Listas de oradores", "Danh sách phát biểu"],
    seen_by: &[Action::ListReports, Action::ListSpeakers],
    columns: &[
        c::SESSION,
        c::STARTS_AT,
        c::number("place", ["No.", "N°", "N.º", "Số"]),
        c::CODE,
        c::code(
            "statement",
            words::STATEMENTS,
            ["Statement", "Intervention", "Intervención", "Phát biểu"],
        ),
        c::text("speaker", ["Speaker", "Orateur", "Orador", "Người phát biểu"]),
        c::text("office", ["Office", "Fonction officielle", "Cargo", "Chức danh"]),
        c::RANK,
        c::text("language", ["Language", "Langue", "Idioma", "Ngôn ngữ"]),
        c::text("on_behalf_of", ["On behalf of", "Au nom de", "En nombre de", "Thay mặt"]),
        c::code("state", words::STATEMENT_STATES, ["State", "État", "Estado", "Trạng thái"]),
        c::moment("from", ["From", "De", "De", "Từ"]),
        c::moment("until", ["Until", "À", "A", "Đến"]),
        c::moment("inscribed_at", ["Inscribed at", "Inscrit le", "Inscrito el", "Đăng ký lúc"]),
    ],
    parameters: parameters::<OfSession>,
    order: |asked| asked.of(fill),
};

async fn fill(asked: OfSession, from: &mut Source, to: &mut Sink) -> Result<(), Broken> {
    let mut plenaries = asked.find(from).await?;
    plenaries.retain(|session| session.kind == SessionKind::Plenary);
    for plenary in plenaries {
        let listed = statements(&mut from.tx, plenary.id).await?;
        let classes = &from.ceremony.programme.speakers;
        for placed in arrange(&listed, classes, plenary.starts_at, from.now) {
            let (statement, speech) = (placed.statement, &placed.statement.speech);
            to.row(&[
                from.tongue.said(&plenary.title).as_str().into(),
                plenary.starts_at.into(),
                i64::try_from(placed.place).ok().into(),
                statement.participant.as_str().into(),
                statement.kind.as_str().into(),
                speech.speaker.as_str().into(),
                speech.title.as_ref().map(Label::as_str).into(),
                speech.rank.as_str().into(),
                speech.language.as_str().into(),
                speech.on_behalf_of.as_ref().map(Label::as_str).into(),
                statement.state.as_str().into(),
                placed.times.starts_at.into(),
                placed.times.ends_at.into(),
                statement.inscribed_at.into(),
            ])
            .await?;
        }
    }
    Ok(())
}
