//! Every public error on one page: its code, its status, its title in the languages of the house, and what to do.

/// A language in which problems are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tongue {
    /// English, where nothing else is asked for.
    #[default]
    En,
    /// French.
    Fr,
    /// Vietnamese.
    Vi,
}

impl Tongue {
    /// The best of ours for an `Accept-Language` header (RFC 9110, 12.5.4).
    #[must_use]
    pub fn accepted(header: &str) -> Self {
        let ours = |language: &str| match language {
            "en" | "*" => Some(Self::En),
            "fr" => Some(Self::Fr),
            "vi" => Some(Self::Vi),
            _ => None,
        };
        accepted_language(header, ours).unwrap_or_default()
    }

    /// The language's tag, for `Content-Language`.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Fr => "fr",
            Self::Vi => "vi",
        }
    }
}

/// The language that an `Accept-Language` header wants most (RFC 9110, 12.5.4) of those that are ours; none where it wants
/// none of them.
#[must_use]
pub fn accepted_language<T>(header: &str, ours: impl Fn(&str) -> Option<T>) -> Option<T> {
    let mut best = (0_u16, None);
    for range in header.split(',').take(20) {
        let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
        let language = tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase();
        let Some(language) = ours(&language) else { continue };
        let quality = match parameters.trim().strip_prefix("q=") {
            None | Some("1" | "1.0" | "1.00" | "1.000") => 1000,
            Some(text) => text
                .strip_prefix("0.")
                .and_then(|d| format!("{d:0<3}").get(..3)?.parse().ok())
                .unwrap_or(0),
        };
        if quality > best.0 {
            best = (quality, Some(language));
        }
    }
    best.1
}

macro_rules! catalogue {
    ($($variant:ident $code:literal $status:literal [$en:literal, $fr:literal, $vi:literal] $advice:literal;)+) => {
        /// The code of a problem. Codes never change; new ones may come.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $(#[doc = $en] $variant,)+
        }

        impl Code {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable name, `snake_case`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// The HTTP status that goes with it.
            #[must_use]
            pub fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)+ }
            }

            /// The title, for a person.
            #[must_use]
            pub fn title(self, tongue: Tongue) -> &'static str {
                match (self, tongue) {
                    $((Self::$variant, Tongue::En) => $en,
                      (Self::$variant, Tongue::Fr) => $fr,
                      (Self::$variant, Tongue::Vi) => $vi,)+
                }
            }

            /// What to do about it, in English.
            #[must_use]
            pub fn advice(self) -> &'static str {
                match self { $(Self::$variant => $advice,)+ }
            }
        }
    };
}

catalogue! {
    MalformedBody "malformed_body" 400
        ["The body cannot be read", "Le corps de la requête est illisible", "Không đọc được nội dung yêu cầu"]
        "Send one JSON object in UTF-8, without a key given twice and not deeper than 64 levels.";
    UnknownParameter "unknown_parameter" 400
        ["A parameter is not known", "Un paramètre est inconnu", "Tham số không được biết đến"]
        "The answer lists the parameters that this address knows. Check the spelling.";
    IdempotencyKeyRequired "idempotency_key_required" 400
        ["An Idempotency-Key is required", "Une clé d’idempotence est requise", "Cần có khóa idempotency"]
        "Send a fresh Idempotency-Key with each new treaty act, and the same one when you repeat the request.";
    Unauthenticated "unauthenticated" 401
        ["Please log in", "Veuillez vous connecter", "Vui lòng đăng nhập"]
        "Log in with POST /api/v1/auth/login and send the token as Authorization: Bearer. A token may have expired.";
    StepUpRequired "step_up_required" 401
        ["Please show once more that it is you", "Veuillez confirmer une nouvelle fois votre identité", "Vui lòng xác nhận lại danh tính của bạn"]
        "What you ask for is grave, and your login is some minutes old. Show your strongest factor with POST /api/v1/auth/step-up, then send the request again. Programs with a key cannot do this at all.";
    SecondFactorRequired "second_factor_required" 401
        ["Please show a second factor", "Veuillez présenter un second facteur", "Vui lòng xác thực bằng yếu tố thứ hai"]
        "The password was right. Send it again with a code of your app (totp), or with one from the paper (recovery_code).";
    Forbidden "forbidden" 403
        ["You may not do this", "Cette action ne vous est pas permise", "Bạn không được phép thực hiện việc này"]
        "Another office does this. Ask the organizer which.";
    InsufficientScope "insufficient_scope" 403
        ["This key does not do this", "Cette clé ne donne pas ce droit", "Khóa này không có quyền làm việc này"]
        "The answer names the scope that is missing. Make a key that has it with POST /api/v1/api-keys.";
    NotFound "not_found" 404
        ["There is nothing here", "Il n’y a rien ici", "Không có gì ở đây"]
        "The thing does not exist, or it is not yours to see.";
    MethodNotAllowed "method_not_allowed" 405
        ["This method is not known here", "Cette méthode n’existe pas ici", "Phương thức không được hỗ trợ tại đây"]
        "The Allow header lists the methods of this address.";
    IllegalTransition "illegal_transition" 409
        ["This change of state is not allowed", "Ce changement d’état n’est pas permis", "Không được phép chuyển trạng thái này"]
        "The answer gives the current state and what may follow it.";
    Duplicate "duplicate" 409
        ["This exists already", "Cela existe déjà", "Đã tồn tại"]
        "Use what exists; where it may be named, the answer names it.";
    QuotaExceeded "quota_exceeded" 409
        ["No more of this is accepted", "Le nombre accepté est atteint", "Đã đạt số lượng tối đa"]
        "The answer gives the limit. Ask the organizer where more is needed.";
    Overtaken "overtaken" 409
        ["This was overtaken by another change", "Un autre changement a devancé celui-ci", "Một thay đổi khác đã được thực hiện trước"]
        "The answer names what was changed since the request was made. Look at it as it is now, and ask again.";
    ScheduleConflict "schedule_conflict" 409
        ["This does not fit into the calendar", "Cela ne tient pas dans le calendrier", "Không phù hợp với lịch"]
        "Choose another time or another place.";
    FullPowersMissing "full_powers_missing" 409
        ["Full powers are missing", "Les pleins pouvoirs font défaut", "Thiếu giấy ủy quyền đầy đủ"]
        "Only the Head of State, the Head of Government, the Minister for Foreign Affairs, or a holder of full powers that are verified and confirmed signs. The answer lists every gap.";
    NotOpenForSignature "not_open_for_signature" 409
        ["The treaty is not open for signature there and then", "Le traité n’est pas ouvert à la signature en ce lieu à cette date", "Hiệp ước không mở ký tại nơi và thời điểm này"]
        "Signatures are given inside the windows that GET /api/v1/treaty lists, by the date of the place.";
    NotEligible "not_eligible" 409
        ["This participant may not do this", "Ce participant ne peut pas accomplir cet acte", "Bên tham gia này không được thực hiện việc này"]
        "States and regional economic integration organizations sign; an organization after the first of its member States.";
    DeadlinePassed "deadline_passed" 409
        ["It is too late for this", "Le délai est écoulé", "Đã quá hạn"]
        "The answer lists what could be changed until when, where it is about a part. Ask the officers: they can still mend it.";
    SecondPersonRequired "second_person_required" 409
        ["A second person is required", "Une seconde personne est requise", "Cần một người thứ hai"]
        "Whoever verified cannot also confirm. Ask another treaty officer.";
    RequestInProgress "request_in_progress" 409
        ["The same request is still running", "La même requête est encore en cours", "Yêu cầu tương tự đang được xử lý"]
        "Wait a moment and send the same request again; you will get its answer.";
    BatchRefused "batch_refused" 409
        ["Nothing of the batch was done", "Rien du lot n’a été fait", "Không mục nào trong lô được thực hiện"]
        "The batch was to be done as a whole, and some of its operations were refused; the answer gives the result of each. Mend these, or send atomic: false.";
    ChecklistGaps "checklist_gaps" 409
        ["Papers are missing", "Des pièces manquent", "Thiếu giấy tờ"]
        "The answer lists everything that is missing, and who has to act.";
    LastFocalPoint "last_focal_point" 409
        ["Nobody would speak for this participant any more", "Plus personne ne parlerait pour ce participant", "Sẽ không còn ai đại diện cho bên tham gia này"]
        "This is the last focal point in force. Appoint another first; an officer who means it sends leaves_none=true.";
    ImportBlocked "import_blocked" 409
        ["The list cannot be taken in or back", "La liste ne peut être ni importée ni retirée", "Không thể nhập hoặc thu hồi danh sách"]
        "The answer says why, with every cell or entry that stands in the way. Mend the list and upload it again.";
    LegalHold "legal_hold" 409
        ["A legal hold keeps this", "Une mesure de conservation s’y oppose", "Dữ liệu đang được giữ lại theo yêu cầu pháp lý"]
        "Whoever placed the hold knows why. It is lifted first; then ask again.";
    VersionMismatch "version_mismatch" 412
        ["This was changed in the meantime", "Cela a été modifié entre-temps", "Nội dung đã bị thay đổi"]
        "Read it again, look at the change, and send your request with the new ETag in If-Match.";
    TooLarge "too_large" 413
        ["This is too large", "C’est trop volumineux", "Dữ liệu quá lớn"]
        "The answer says the limit.";
    UnsupportedMediaType "unsupported_media_type" 415
        ["This type of content is not accepted", "Ce type de contenu n’est pas accepté", "Loại nội dung không được chấp nhận"]
        "The answer says which types are accepted. Files are judged by what they hold, not by their name.";
    RangeNotSatisfiable "range_not_satisfiable" 416
        ["The file does not have these bytes", "Le fichier n’a pas ces octets", "Tệp không có các byte này"]
        "The header Content-Range of the answer says how many bytes there are. Ask for some of these, or without Range for all.";
    ValidationFailed "validation_failed" 422
        ["Some values are not accepted", "Certaines valeurs ne sont pas acceptées", "Một số giá trị không được chấp nhận"]
        "The answer lists every faulty value with its place. Nothing was stored.";
    IdempotencyMismatch "idempotency_mismatch" 422
        ["This Idempotency-Key belongs to another request", "Cette clé d’idempotence appartient à une autre requête", "Khóa idempotency thuộc về yêu cầu khác"]
        "Use a new key for each new request, and the same key only to repeat the same one.";
    PreconditionRequired "precondition_required" 428
        ["Say which version you mean", "Précisez la version visée", "Hãy nêu rõ phiên bản"]
        "Send the ETag of the item, as you last read it, in If-Match.";
    HeadersTooLarge "headers_too_large" 431
        ["The headers are too large", "Les en-têtes sont trop volumineux", "Phần đầu yêu cầu quá lớn"]
        "Send fewer or shorter headers.";
    RateLimited "rate_limited" 429
        ["Too much was asked", "Trop de demandes", "Quá nhiều yêu cầu"]
        "Wait as long as Retry-After says, and send the same request again. After failed tries, every further failure makes the wait longer.";
    LedgerIntegrity "ledger_integrity" 503
        ["The record is not what was signed", "Le registre ne correspond pas à ce qui a été signé", "Sổ ghi không khớp với nội dung đã ký"]
        "Nothing is recorded until this is resolved; reading goes on. Call whoever runs the service: ceremony ledger verify names the entry.";
    Unavailable "unavailable" 503
        ["Please try again in a moment", "Veuillez réessayer dans un instant", "Vui lòng thử lại sau giây lát"]
        "The outcome is unknown. Repeat the request with the same Idempotency-Key: you will get the one true answer.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_asked_for_most_is_spoken() {
        for (header, tongue) in [
            ("", Tongue::En),
            ("vi", Tongue::Vi),
            ("fr-CH, fr;q=0.9, en;q=0.8", Tongue::Fr),
            ("de, vi;q=0.5, fr;q=0.45", Tongue::Vi),
            ("en;q=0, fr;q=0.001", Tongue::Fr),
            ("de", Tongue::En),
            (";;;,q=,fr;q=abc", Tongue::En),
        ] {
            assert_eq!(Tongue::accepted(header), tongue, "{header}");
        }
    }

    #[test]
    fn r54_codes_are_unique_and_stable_in_form() {
        let mut codes: Vec<_> = Code::ALL.iter().map(|c| c.as_str()).collect();
        assert!(codes.iter().all(|c| c.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')));
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Code::ALL.len());
    }
}
