//! Of the programme, and of who works for it.

use super::Words;

pub const SESSION_KINDS: Words = &[
    ("opening", ["Opening", "Ouverture", "Apertura", "Khai mạc"]),
    ("signing", ["Signing", "Signature", "Firma", "Lễ ký"]),
    ("plenary", ["Plenary", "Plénière", "Plenaria", "Toàn thể"]),
    ("side_event", ["Side event", "Manifestation parallèle", "Evento paralelo", "Sự kiện bên lề"]),
    ("panel", ["Panel", "Table ronde", "Mesa redonda", "Tọa đàm"]),
    ("bilateral", ["Bilateral", "Entretien bilatéral", "Bilateral", "Song phương"]),
    (
        "press_conference",
        ["Press conference", "Conférence de presse", "Conferencia de prensa", "Họp báo"],
    ),
    ("social", ["Social", "Réception", "Acto social", "Giao lưu"]),
    ("closing", ["Closing", "Clôture", "Clausura", "Bế mạc"]),
    ("other", ["Other", "Autre", "Otro", "Khác"]),
];

pub const ACCESS: Words = &[
    ("public", ["Public", "Public", "Público", "Công khai"]),
    ("accredited", ["Accredited", "Accrédités", "Acreditados", "Người được cấp thẻ"]),
    ("by_seat", ["By seat", "Sur place attribuée", "Con plaza asignada", "Theo chỗ ngồi"]),
];

pub const STATEMENTS: Words = &[
    ("statement", ["Statement", "Déclaration", "Declaración", "Phát biểu"]),
    ("reply", ["Right of reply", "Droit de réponse", "Derecho de réplica", "Quyền đáp lời"]),
];

pub const STATEMENT_STATES: Words = &[
    ("listed", ["Listed", "Inscrit", "Inscrito", "Đã đăng ký"]),
    ("called", ["Called", "Appelé", "Llamado", "Đã mời"]),
    ("speaking", ["Speaking", "A la parole", "En uso de la palabra", "Đang phát biểu"]),
    ("spoken", ["Spoken", "A parlé", "Ha intervenido", "Đã phát biểu"]),
    ("withdrawn", ["Withdrawn", "Retiré", "Retirado", "Đã rút"]),
];

pub const ROLES: Words = &[
    ("administrator", ["Administrator", "Administrateur", "Administrador", "Quản trị viên"]),
    ("accreditation", ["Accreditation officer", "Accréditation", "Acreditación", "Cán bộ lễ tân"]),
    ("treaty", ["Treaty officer", "Service des traités", "Oficina de tratados", "Cán bộ điều ước"]),
    ("programme", ["Programme officer", "Programme", "Programa", "Cán bộ chương trình"]),
    ("security", ["Security", "Sécurité", "Seguridad", "An ninh"]),
    ("gate", ["Gate", "Contrôle d’accès", "Control de acceso", "Cổng"]),
    ("auditor", ["Auditor", "Auditeur", "Auditor", "Kiểm toán"]),
    ("focal_point", ["Focal point", "Point focal", "Punto focal", "Đầu mối"]),
];
