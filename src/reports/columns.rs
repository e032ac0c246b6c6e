//! Columns that stand in several reports, under the same key and the same titles in each.

use super::model::{Column, Kind, Titles};
use super::words::{self, Words};

/// A column of words.
pub const fn text(key: &'static str, titles: Titles) -> Column {
    Column { key, kind: Kind::Text, titles, words: &[] }
}

/// A column of codes, which people are told in words.
pub const fn code(key: &'static str, words: Words, titles: Titles) -> Column {
    Column { key, kind: Kind::Text, titles, words }
}

/// A column of whole numbers.
pub const fn number(key: &'static str, titles: Titles) -> Column {
    Column { key, kind: Kind::Number, titles, words: &[] }
}

/// A column of days.
pub const fn date(key: &'static str, titles: Titles) -> Column {
    Column { key, kind: Kind::Date, titles, words: &[] }
}

/// A column of moments.
pub const fn moment(key: &'static str, titles: Titles) -> Column {
    Column { key, kind: Kind::Moment, titles, words: &[] }
}

/// A column of yes and no.
pub const fn truth(key: &'static str, titles: Titles) -> Column {
    Column { key, kind: Kind::Truth, titles, words: &[] }
}

pub const CODE: Column = text("code", ["Code", "Code", "Código", "Mã"]);
pub const PARTICIPANT: Column =
    text("participant", ["Participant", "Participant", "Participante", "Bên tham gia"]);
pub const PARTICIPANT_KIND: Column =
    code("kind", words::KINDS, ["Kind", "Catégorie", "Categoría", "Loại"]);
pub const STAGE: Column = code("stage", words::STAGES, ["Stage", "Étape", "Etapa", "Giai đoạn"]);
pub const SINCE: Column = moment("since", ["Since", "Depuis", "Desde", "Từ"]);
pub const FUNCTION: Column =
    code("function", words::FUNCTIONS, ["Function", "Fonction", "Función", "Chức năng"]);
pub const FORM_OF_ADDRESS: Column =
    text("form_of_address", ["Title", "Titre", "Tratamiento", "Danh xưng"]);
pub const FAMILY_NAME: Column = text("family_name", ["Family name", "Nom", "Apellidos", "Họ"]);
pub const GIVEN_NAMES: Column = text("given_names", ["Given names", "Prénoms", "Nombres", "Tên"]);
pub const FUNCTIONAL_TITLE: Column =
    text("functional_title", ["Position", "Poste", "Cargo", "Chức vụ"]);
pub const AFFILIATION: Column =
    text("affiliation", ["Affiliation", "Institution", "Institución", "Cơ quan"]);
pub const RANK: Column = code("rank", words::RANKS, ["Rank", "Rang", "Rango", "Hàm cấp"]);
pub const STATUS: Column =
    code("status", words::STATUSES, ["Status", "État", "Estado", "Trạng thái"]);
pub const REGIONAL_GROUP: Column = code(
    "regional_group",
    words::REGIONAL_GROUPS,
    ["Regional group", "Groupe régional", "Grupo regional", "Nhóm khu vực"],
);
pub const MEMBERS: Column = number("members", ["Members", "Membres", "Miembros", "Thành viên"]);
pub const SESSION: Column = text("session", ["Session", "Séance", "Sesión", "Phiên"]);
pub const STARTS_AT: Column = moment(
    "starts_at",
    ["Starts at (UTC)", "Commence à (UTC)", "Empieza a las (UTC)", "Bắt đầu (UTC)"],
);
