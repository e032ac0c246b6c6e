//! What certificates say, in each of their languages.

use chrono::{Datelike as _, NaiveDate};

use super::super::model::{Titles, Tongue};
use crate::treaty::{Action, ActionKind, DeclarationKind};

pub const CERTIFICATE_OF_SIGNATURE: Titles = [
    "Certificate of signature",
    "Certificat de signature",
    "Certificado de firma",
    "Giấy chứng nhận ký",
];
pub const CERTIFICATE: Titles = [
    "Certificate of a treaty action",
    "Certificat d’un acte relatif au traité",
    "Certificado de un acto relativo al tratado",
    "Giấy chứng nhận hành vi điều ước",
];
pub const PARTICIPANT: Titles = ["Participant", "Participant", "Participante", "Bên tham gia"];
pub const ACTION: Titles = ["Action", "Acte", "Acto", "Hành vi"];
pub const DATE: Titles = ["Date", "Date", "Fecha", "Ngày"];
pub const PLACE: Titles = ["Place", "Lieu", "Lugar", "Nơi"];
pub const MOMENT: Titles = ["Moment", "Moment", "Momento", "Thời điểm"];
pub const SIGNATORY: Titles = ["Signatory", "Signataire", "Signatario", "Người ký"];
pub const OFFICE: Titles = ["Office", "Fonction", "Cargo", "Chức vụ"];
pub const ENTITLED_AS: Titles =
    ["Entitled as", "Habilité en tant que", "Habilitado como", "Thẩm quyền ký"];
pub const OVERRIDE: Titles = [
    "Decision of two officers",
    "Décision de deux fonctionnaires",
    "Decisión de dos funcionarios",
    "Quyết định của hai cán bộ",
];
pub const STATE: Titles = ["Record", "Inscription", "Asiento", "Ghi nhận"];
pub const AS_RECORDED: Titles =
    ["As first recorded", "Inscription initiale", "Asiento inicial", "Ghi nhận ban đầu"];
pub const NOTIFICATION: Titles = [
    "Depositary notification",
    "Notification dépositaire",
    "Notificación del depositario",
    "Thông báo lưu chiểu",
];
pub const INDEX: Titles =
    ["Entry of the ledger", "Numéro au registre", "Número en el registro", "Số mục trong sổ"];
pub const LEAF_HASH: Titles =
    ["Hash of the entry", "Empreinte de l’entrée", "Resumen del asiento", "Mã băm của mục"];
pub const CHECKPOINT: Titles =
    ["Checkpoint", "Point de contrôle", "Punto de control", "Điểm kiểm tra"];
pub const RECEIPT: Titles = ["Receipt", "Reçu", "Recibo", "Biên nhận"];
pub const GENERATED: Titles = ["Generated at", "Établi le", "Generado el", "Lập lúc"];

pub const RECORDED: Titles = [
    "Recorded; not yet certified by a second officer",
    "Consigné ; pas encore certifié par un second fonctionnaire",
    "Asentado; aún no certificado por un segundo funcionario",
    "Đã ghi nhận; chưa được cán bộ thứ hai chứng thực",
];
pub const CERTIFIED: Titles = [
    "Recorded, and certified by a second officer",
    "Consigné, et certifié par un second fonctionnaire",
    "Asentado, y certificado por un segundo funcionario",
    "Đã ghi nhận và được cán bộ thứ hai chứng thực",
];
pub const WITHDRAWN: Titles = [
    "WITHDRAWN: the recording was taken back and certifies nothing",
    "RETIRÉ : l’inscription a été retirée et ne certifie rien",
    "RETIRADO: el asiento fue retirado y no certifica nada",
    "ĐÃ RÚT: việc ghi nhận đã được rút lại và không chứng nhận điều gì",
];

pub const FULL_POWERS: Titles = [
    "Bearer of full powers",
    "Porteur de pleins pouvoirs",
    "Portador de plenos poderes",
    "Người mang thư uỷ quyền đầy đủ",
];
pub const HEAD_OF_STATE: Titles =
    ["Head of State", "Chef d’État", "Jefe de Estado", "Nguyên thủ quốc gia"];
pub const HEAD_OF_GOVERNMENT: Titles =
    ["Head of Government", "Chef du gouvernement", "Jefe de Gobierno", "Người đứng đầu Chính phủ"];
pub const FOREIGN_MINISTER: Titles = [
    "Minister for Foreign Affairs",
    "Ministre des affaires étrangères",
    "Ministro de Relaciones Exteriores",
    "Bộ trưởng Ngoại giao",
];
pub const ACTING: Titles = ["(acting)", "(par intérim)", "(interino)", "(quyền)"];

pub const TO_BE_CONFIRMED: Titles = [
    "to be confirmed on ratification",
    "à confirmer lors de la ratification",
    "por confirmar al ratificar",
    "cần xác nhận khi phê chuẩn",
];
pub const COURTESY: Titles = [
    "courtesy translation",
    "traduction de courtoisie",
    "traducción de cortesía",
    "bản dịch tham khảo",
];

pub const HOW_TO_VERIFY: Titles = [
    "This code is the receipt of the ledger (C2SP tlog-proof). It proves, to anyone who has the ledger’s public key and \
     without this service, that the entry is in the record and is what was signed. It can also be had at",
    "Ce code est le reçu du registre (C2SP tlog-proof). Il prouve, à quiconque possède la clé publique du registre et sans \
     ce service, que l’entrée est au registre et qu’elle est ce qui a été scellé. Il est aussi disponible à",
    "Este código es el recibo del registro (C2SP tlog-proof). Prueba, a quien tenga la clave pública del registro y sin \
     este servicio, que el asiento consta y es lo que fue sellado. También está disponible en",
    "Mã này là biên nhận của sổ (C2SP tlog-proof). Nó chứng minh, cho bất kỳ ai có khoá công khai của sổ và không cần dịch \
     vụ này, rằng mục này có trong sổ và đúng như khi được niêm phong. Cũng có thể lấy tại",
];
pub const HOW_TO_FETCH: Titles = [
    "The receipt of the ledger is longer than a code can hold. This code is its address and its SHA-256:",
    "Le reçu du registre dépasse ce qu’un code peut contenir. Ce code est son adresse et son SHA-256 :",
    "El recibo del registro es más largo de lo que cabe en un código. Este código es su dirección y su SHA-256:",
    "Biên nhận của sổ dài hơn mức một mã chứa được. Mã này là địa chỉ và SHA-256 của nó:",
];
pub const NO_RECEIPT: Titles = [
    "The ledger has not given a receipt yet.",
    "Le registre n’a pas encore délivré de reçu.",
    "El registro aún no ha dado recibo.",
    "Sổ chưa cấp biên nhận.",
];

/// A fact, under its name.
pub fn say(tongue: Tongue, what: Titles, is: String) -> (String, String) {
    (tongue.of(what).to_owned(), is)
}

/// What was done.
pub fn kind(action: &Action) -> Titles {
    match action.kind {
        ActionKind::Signature if action.ad_referendum => [
            "Signature ad referendum",
            "Signature ad referendum",
            "Firma ad referéndum",
            "Ký ad referendum",
        ],
        ActionKind::Signature => ["Signature", "Signature", "Firma", "Ký"],
        ActionKind::Confirmation => [
            "Confirmation of a signature ad referendum",
            "Confirmation d’une signature ad referendum",
            "Confirmación de una firma ad referéndum",
            "Xác nhận việc ký ad referendum",
        ],
        ActionKind::Ratification => ["Ratification", "Ratification", "Ratificación", "Phê chuẩn"],
        ActionKind::Acceptance => ["Acceptance", "Acceptation", "Aceptación", "Chấp nhận"],
        ActionKind::Approval => ["Approval", "Approbation", "Aprobación", "Phê duyệt"],
        ActionKind::Accession => ["Accession", "Adhésion", "Adhesión", "Gia nhập"],
        ActionKind::NoIntention => [
            "Notice of not intending to become a party",
            "Notification de l’intention de ne pas devenir partie",
            "Notificación de la intención de no llegar a ser parte",
            "Thông báo không có ý định trở thành thành viên",
        ],
        ActionKind::Denunciation => ["Denunciation", "Dénonciation", "Denuncia", "Bãi ước"],
    }
}

/// What was declared.
pub fn declaration(kind: DeclarationKind) -> Titles {
    match kind {
        DeclarationKind::Declaration => ["Declaration", "Déclaration", "Declaración", "Tuyên bố"],
        DeclarationKind::Reservation => ["Reservation", "Réserve", "Reserva", "Bảo lưu"],
        DeclarationKind::Competence => [
            "Declaration of competence",
            "Déclaration de compétence",
            "Declaración de competencia",
            "Tuyên bố về thẩm quyền",
        ],
    }
}

const MONTHS: [[&str; 3]; 12] = [
    ["January", "janvier", "enero"],
    ["February", "février", "febrero"],
    ["March", "mars", "marzo"],
    ["April", "avril", "abril"],
    ["May", "mai", "mayo"],
    ["June", "juin", "junio"],
    ["July", "juillet", "julio"],
    ["August", "août", "agosto"],
    ["September", "septembre", "septiembre"],
    ["October", "octobre", "octubre"],
    ["November", "novembre", "noviembre"],
    ["December", "décembre", "diciembre"],
];

/// A day as it is written out: `25 October 2025`.
pub fn day(tongue: Tongue, day: NaiveDate) -> String {
    let at = usize::try_from(day.month0()).unwrap_or_default();
    let [en, fr, es] = MONTHS.get(at).copied().unwrap_or_default();
    let (of_month, year) = (day.day(), day.year());
    match tongue {
        Tongue::En => format!("{of_month} {en} {year}"),
        Tongue::Fr if of_month == 1 => format!("1er {fr} {year}"),
        Tongue::Fr => format!("{of_month} {fr} {year}"),
        Tongue::Es => format!("{of_month} de {es} de {year}"),
        Tongue::Vi => format!("ngày {of_month} tháng {} năm {year}", day.month()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_written_out_as_each_language_does() {
        let of = |tongue, text: &str| day(tongue, text.parse().unwrap());
        assert_eq!(of(Tongue::En, "2025-10-25"), "25 October 2025");
        assert_eq!(of(Tongue::Fr, "2026-01-01"), "1er janvier 2026");
        assert_eq!(of(Tongue::Es, "2026-12-31"), "31 de diciembre de 2026");
        assert_eq!(of(Tongue::Vi, "2025-10-25"), "ngày 25 tháng 10 năm 2025");
    }
}
