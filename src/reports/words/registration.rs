//! Of participants, delegations and members, and of their papers.

use super::Words;

pub const KINDS: Words = &[
    ("member_state", ["Member State", "État Membre", "Estado Miembro", "Quốc gia thành viên"]),
    (
        "observer_state",
        ["Observer State", "État observateur", "Estado observador", "Quốc gia quan sát viên"],
    ),
    (
        "non_member_state",
        [
            "Non-member State",
            "État non membre",
            "Estado no miembro",
            "Quốc gia không phải thành viên",
        ],
    ),
    (
        "regional_organization",
        [
            "Regional organization",
            "Organisation régionale",
            "Organización regional",
            "Tổ chức khu vực",
        ],
    ),
    (
        "intergovernmental_organization",
        [
            "Intergovernmental organization",
            "Organisation intergouvernementale",
            "Organización intergubernamental",
            "Tổ chức liên chính phủ",
        ],
    ),
    (
        "ngo",
        [
            "Non-governmental organization",
            "Organisation non gouvernementale",
            "Organización no gubernamental",
            "Tổ chức phi chính phủ",
        ],
    ),
    ("company", ["Company", "Entreprise", "Empresa", "Doanh nghiệp"]),
    ("academia", ["Academia", "Milieu universitaire", "Mundo académico", "Giới học thuật"]),
    ("media", ["Media", "Médias", "Medios de comunicación", "Truyền thông"]),
];

pub const REGIONAL_GROUPS: Words = &[
    ("african", ["African States", "États d’Afrique", "Estados de África", "Nhóm châu Phi"]),
    (
        "asia_pacific",
        [
            "Asia-Pacific States",
            "États d’Asie et du Pacifique",
            "Estados de Asia y el Pacífico",
            "Nhóm châu Á – Thái Bình Dương",
        ],
    ),
    (
        "eastern_european",
        [
            "Eastern European States",
            "États d’Europe orientale",
            "Estados de Europa Oriental",
            "Nhóm Đông Âu",
        ],
    ),
    (
        "grulac",
        [
            "Latin American and Caribbean States",
            "États d’Amérique latine et des Caraïbes",
            "Estados de América Latina y el Caribe",
            "Nhóm Mỹ Latinh và Ca-ri-bê",
        ],
    ),
    (
        "weog",
        [
            "Western European and other States",
            "États d’Europe occidentale et autres États",
            "Estados de Europa Occidental y otros Estados",
            "Nhóm Tây Âu và các nước khác",
        ],
    ),
];

pub const FUNCTIONS: Words = &[
    ("head", ["Head of delegation", "Chef de délégation", "Jefe de la delegación", "Trưởng đoàn"]),
    (
        "alternate_head",
        [
            "Alternate head of delegation",
            "Chef suppléant",
            "Jefe suplente",
            "Trưởng đoàn dự khuyết",
        ],
    ),
    ("representative", ["Representative", "Représentant", "Representante", "Đại diện"]),
    ("alternate", ["Alternate", "Suppléant", "Suplente", "Đại diện dự khuyết"]),
    ("adviser", ["Adviser", "Conseiller", "Asesor", "Cố vấn"]),
    ("expert", ["Expert", "Expert", "Experto", "Chuyên gia"]),
    ("signatory", ["Signatory", "Signataire", "Firmante", "Người ký"]),
    ("interpreter", ["Interpreter", "Interprète", "Intérprete", "Phiên dịch"]),
    ("security", ["Security", "Sécurité", "Seguridad", "An ninh"]),
    ("spouse", ["Spouse", "Conjoint", "Cónyuge", "Phu nhân/Phu quân"]),
    ("press", ["Press", "Presse", "Prensa", "Báo chí"]),
    ("staff", ["Staff", "Personnel", "Personal", "Nhân viên"]),
];

pub const RANKS: Words = &[
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
    ("vice_president", ["Vice-President", "Vice-président", "Vicepresidente", "Phó Tổng thống"]),
    ("crown_prince", ["Crown Prince", "Prince héritier", "Príncipe heredero", "Thái tử"]),
    (
        "deputy_prime_minister",
        ["Deputy Prime Minister", "Vice-Premier ministre", "Viceprimer ministro", "Phó Thủ tướng"],
    ),
    ("minister", ["Minister", "Ministre", "Ministro", "Bộ trưởng"]),
    ("vice_minister", ["Vice-Minister", "Vice-ministre", "Viceministro", "Thứ trưởng"]),
    (
        "permanent_representative",
        [
            "Permanent Representative or Ambassador",
            "Représentant permanent ou ambassadeur",
            "Representante permanente o embajador",
            "Đại diện thường trực hoặc Đại sứ",
        ],
    ),
    ("director", ["Director", "Directeur", "Director", "Vụ trưởng"]),
    ("official", ["Official", "Fonctionnaire", "Funcionario", "Viên chức"]),
    ("none", ["None", "Aucun", "Ninguno", "Không"]),
];

pub const STATUSES: Words = &[
    ("draft", ["Draft", "Brouillon", "Borrador", "Bản nháp"]),
    ("submitted", ["Submitted", "Soumis", "Presentado", "Đã nộp"]),
    ("pre_approved", ["Pre-approved", "Préapprouvé", "Preaprobado", "Đã sơ duyệt"]),
    ("approved", ["Approved", "Approuvé", "Aprobado", "Đã duyệt"]),
    ("rejected", ["Rejected", "Rejeté", "Rechazado", "Bị từ chối"]),
    ("on_hold", ["On hold", "En attente", "En espera", "Tạm hoãn"]),
    ("suspended", ["Suspended", "Suspendu", "Suspendido", "Bị đình chỉ"]),
    ("revoked", ["Revoked", "Révoqué", "Revocado", "Bị thu hồi"]),
    ("withdrawn", ["Withdrawn", "Retiré", "Retirado", "Đã rút"]),
];

/// Of a delegation or a side event.
pub const STAGES: Words = &[
    ("draft", ["Draft", "Brouillon", "Borrador", "Bản nháp"]),
    ("submitted", ["Submitted", "Soumise", "Presentada", "Đã nộp"]),
    ("returned", ["Returned", "Renvoyée", "Devuelta", "Được trả lại"]),
    ("accepted", ["Accepted", "Acceptée", "Aceptada", "Được chấp nhận"]),
    ("rejected", ["Rejected", "Rejetée", "Rechazada", "Bị từ chối"]),
    ("withdrawn", ["Withdrawn", "Retirée", "Retirada", "Đã rút"]),
];

pub const ITEM_STATES: Words = &[
    ("missing", ["Missing", "Manquant", "Falta", "Còn thiếu"]),
    ("received", ["Received", "Reçu", "Recibido", "Đã nhận"]),
    ("verified", ["Verified", "Vérifié", "Verificado", "Đã kiểm tra"]),
    ("refused", ["Refused", "Refusé", "Rechazado", "Bị từ chối"]),
    ("expired", ["Expired", "Expiré", "Caducado", "Hết hạn"]),
    ("present", ["Present", "Présent", "Presente", "Có"]),
];

pub const LEVELS: Words = &[
    ("required", ["Required", "Obligatoire", "Obligatorio", "Bắt buộc"]),
    ("recommended", ["Recommended", "Recommandé", "Recomendado", "Khuyến nghị"]),
];

pub const OFFICES: Words = &[
    ("mission", ["Mission", "Mission", "Misión", "Phái đoàn"]),
    ("secretariat", ["Secretariat", "Secrétariat", "Secretaría", "Ban thư ký"]),
    (
        "treaty_office",
        ["Treaty office", "Service des traités", "Oficina de tratados", "Bộ phận điều ước"],
    ),
];
