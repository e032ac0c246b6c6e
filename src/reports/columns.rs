//! Columns that stand in several reports, under the same key and the same titles in each.

use super::model::{Column, Kind, Titles};

/// A column of words.
pub const fn text(key: &'static str, titles: Titles) -> Column {
    Column { key, kind: Kind::Text, titles }
}

/// A column of whole numbers.
pub const fn number(key: &'static str, titles: Titles) -> Column {
    Column { key, kind: Kind::Number, titles }
}

/// A column of days.
pub const fn date(key: &'static str, titles: Titles) -> Column {
    Column { key, kind: Kind::Date, titles }
}

/// A column of moments.
pub const fn moment(key: &'static str, titles: Titles) -> Column {
    Column { key, kind: Kind::Moment, titles }
}

/// A column of yes and no.
pub const fn truth(key: &'static str, titles: Titles) -> Column {
    Column { key, kind: Kind::Truth, titles }
}

pub const CODE: Column = text("code", ["Code", "Code", "Código", "Mã"]);
pub const PARTICIPANT: Column =
    text("participant", ["Participant", "Participant", "Participante", "Bên tham gia"]);
pub const PARTICIPANT_KIND: Column = text("kind", ["Kind", "Catégorie", "Categoría", "Loại"]);
pub const STAGE: Column = text("stage", ["Stage", "Étape", "Etapa", "Giai đoạn"]);
pub const SINCE: Column = moment("since", ["Since", "Depuis", "Desde", "Từ"]);
pub const FUNCTION: Column = text("function", ["Function", "Fonction", "Función", "Chức năng"]);
pub const FORM_OF_ADDRESS: Column =
    text("form_of_address", ["Title", "Titre", "Tratamiento", "Danh xưng"]);
pub const FAMILY_NAME: Column = text("family_name", ["Family name", "Nom", "Apellidos", "Họ"]);
pub const GIVEN_NAMES: Column = text("given_names", ["Given names", "Prénoms", "Nombres", "Tên"]);
pub const FUNCTIONAL_TITLE: Column =
    text("functional_title", ["Position", "Poste", "Cargo", "Chức vụ"]);
pub const AFFILIATION: Column =
    text("affiliation", ["Affiliation", "Institution", "Institución", "Cơ quan"]);
pub const RANK: Column = text("rank", ["Rank", "Rang", "Rango", "Hàm cấp"]);
pub const STATUS: Column = text("status", ["Status", "État", "Estado", "Trạng thái"]);
pub const REGIONAL_GROUP: Column =
    text("regional_group", ["Regional group", "Groupe régional", "Grupo regional", "Nhóm khu vực"]);
pub const MEMBERS: Column = number("members", ["Members", "Membres", "Miembros", "Thành viên"]);
pub const SESSION: Column = text("session", ["Session", "Séance", "Sesión", "Phiên"]);
pub const STARTS_AT: Column = moment(
    "starts_at",
    ["Starts at (UTC)", "Commence à (UTC)", "Empieza a las (UTC)", "Bắt đầu (UTC)"],
);
