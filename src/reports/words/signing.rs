//! Of full powers and of the signing.

use super::Words;

/// Of full powers.
pub const STAGES_OF_POWERS: Words = &[
    ("lodged", ["Lodged", "Déposés", "Depositados", "Đã nộp"]),
    ("verified", ["Verified", "Vérifiés", "Verificados", "Đã kiểm tra"]),
    ("confirmed", ["Confirmed", "Confirmés", "Confirmados", "Đã xác nhận"]),
    ("refused", ["Refused", "Refusés", "Rechazados", "Bị từ chối"]),
    ("revoked", ["Revoked", "Révoqués", "Revocados", "Bị thu hồi"]),
];

pub const BASES: Words = &[
    ("full_powers", ["Full powers", "Pleins pouvoirs", "Plenos poderes", "Giấy ủy quyền"]),
    ("head_of_state", ["Head of State", "Chef d’État", "Jefe de Estado", "Nguyên thủ quốc gia"]),
    (
        "head_of_government",
        [
            "Head of Government",
            "Chef de gouvernement",
            "Jefe de Gobierno",
            "Người đứng đầu Chính phủ",
        ],
    ),
    (
        "foreign_minister",
        [
            "Minister for Foreign Affairs",
            "Ministre des affaires étrangères",
            "Ministro de Relaciones Exteriores",
            "Bộ trưởng Ngoại giao",
        ],
    ),
];

/// What is missing in full powers (R7).
pub const GAPS: Words = &[
    (
        "treaty_not_named",
        [
            "the treaty is not named",
            "le traité n’est pas nommé",
            "no se nombra el tratado",
            "không nêu tên điều ước",
        ],
    ),
    (
        "person_not_named",
        [
            "the person is not named",
            "la personne n’est pas nommée",
            "no se nombra a la persona",
            "không nêu tên người ký",
        ],
    ),
    (
        "signing_not_granted",
        [
            "signing is not granted",
            "la signature n’est pas autorisée",
            "no se autoriza la firma",
            "không cho phép ký",
        ],
    ),
    ("undated", ["undated", "sans date", "sin fecha", "không ghi ngày"]),
    (
        "dated_in_future",
        ["dated in the future", "date future", "fecha futura", "ghi ngày trong tương lai"],
    ),
    ("expired", ["expired", "expirés", "caducados", "hết hạn"]),
    (
        "issuer_not_named",
        [
            "the issuer is not named",
            "l’autorité n’est pas nommée",
            "no se nombra a quien los expide",
            "không nêu người cấp",
        ],
    ),
    (
        "issuer_without_office",
        [
            "the issuer does not hold the office",
            "l’autorité n’a pas qualité",
            "quien los expide no tiene el cargo",
            "người cấp không đúng chức danh",
        ],
    ),
    (
        "issuer_of_another_participant",
        [
            "the issuer is another participant’s",
            "l’autorité est d’un autre participant",
            "los expide otro participante",
            "người cấp thuộc bên khác",
        ],
    ),
    ("no_document", ["no document", "sans document", "sin documento", "không có văn bản"]),
    (
        "not_of_delegation",
        [
            "not of the delegation",
            "n’est pas de la délégation",
            "no es de la delegación",
            "không thuộc đoàn",
        ],
    ),
    (
        "office_not_held",
        [
            "the office is not held",
            "la fonction n’est pas exercée",
            "no ejerce el cargo",
            "không giữ chức danh",
        ],
    ),
];

/// What keeps somebody from signing (R6–R10).
pub const BARS: Words = &[
    ("not_verified", ["not verified", "non vérifiés", "no verificados", "chưa kiểm tra"]),
    ("not_confirmed", ["not confirmed", "non confirmés", "no confirmados", "chưa xác nhận"]),
    ("refused", ["refused", "refusés", "rechazados", "bị từ chối"]),
    (
        "paper_refused",
        ["the paper is refused", "pièce refusée", "documento rechazado", "văn bản bị từ chối"],
    ),
    (
        "original_not_received",
        [
            "the original is not received",
            "original non reçu",
            "original no recibido",
            "chưa nhận bản gốc",
        ],
    ),
    ("revoked", ["revoked", "révoqués", "revocados", "bị thu hồi"]),
    ("expired", ["expired", "expirés", "caducados", "hết hạn"]),
    (
        "issued_later",
        ["issued later", "délivrés plus tard", "expedidos después", "cấp sau ngày ký"],
    ),
    (
        "of_another_participant",
        [
            "of another participant",
            "d’un autre participant",
            "de otro participante",
            "của bên khác",
        ],
    ),
    (
        "not_of_delegation",
        [
            "not of the delegation",
            "n’est pas de la délégation",
            "no es de la delegación",
            "không thuộc đoàn",
        ],
    ),
    (
        "delegation_not_standing",
        [
            "the delegation does not stand",
            "la délégation n’est pas admise",
            "la delegación no está admitida",
            "đoàn không còn tư cách",
        ],
    ),
    (
        "office_not_held",
        [
            "the office is not held",
            "la fonction n’est pas exercée",
            "no ejerce el cargo",
            "không giữ chức danh",
        ],
    ),
    ("no_appointment", ["no appointment", "sans rendez-vous", "sin cita", "chưa có lịch hẹn"]),
    (
        "appointed_elsewhere",
        ["appointed elsewhere", "rendez-vous ailleurs", "citado en otro lugar", "hẹn ở nơi khác"],
    ),
];

pub const TURNS: Words = &[
    ("expected", ["Expected", "Attendu", "Esperado", "Đang chờ"]),
    ("called", ["Called", "Appelé", "Llamado", "Đã mời"]),
    ("at_the_table", ["At the table", "À la table", "En la mesa", "Tại bàn ký"]),
    ("signed", ["Signed", "A signé", "Ha firmado", "Đã ký"]),
    ("deferred", ["Deferred", "Différé", "Aplazado", "Hoãn lại"]),
    ("absent", ["Absent", "Absent", "Ausente", "Vắng mặt"]),
];
