//! What lies in the database sealed under the key-encryption key itself.

use std::fmt::Display;

/// What is sealed under the key-encryption key itself: wrapped data keys, and small boxes that have no owner of their
/// own. An exchange of the key goes through this list, so whatever is to be opened after one has its place here, and its
/// column the trigger `…_under_the_key_in_force`, which a test looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrapped {
    /// The data key of a member.
    Member,
    /// The data key of a paper.
    Document,
    /// The data key of what an import holds.
    Import,
    /// An answer that is kept for a retry.
    Answer,
    /// What an account shares with the app that shows its codes.
    Totp,
    /// What a letter carries that waits to be sent.
    Letter,
    /// The address of somebody who forgot their password.
    ResetRequest,
    /// The data key of an export that is kept to be fetched.
    Export,
}

impl Wrapped {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Member,
        Self::Document,
        Self::Import,
        Self::Answer,
        Self::Totp,
        Self::Letter,
        Self::ResetRequest,
        Self::Export,
    ];

    /// In which table and column.
    #[must_use]
    pub fn column(self) -> (&'static str, &'static str) {
        match self {
            Self::Member => ("member", "sealed_key"),
            Self::Document => ("document", "sealed_key"),
            Self::Import => ("import", "sealed_key"),
            Self::Answer => ("idempotency", "answer"),
            Self::Totp => ("totp", "sealed"),
            Self::Letter => ("message", "sealed"),
            Self::ResetRequest => ("password_reset_request", "sealed"),
            Self::Export => ("export_job", "sealed_key"),
        }
    }

    /// Of which row, as the statement that reads it says.
    #[must_use]
    pub fn row(self) -> &'static str {
        match self {
            Self::Member => "member_id::text",
            Self::Document => "document_id::text",
            Self::Import => "import_id::text",
            Self::Answer => "account_id || '/' || key",
            Self::Totp => "account_id::text",
            Self::Letter => "message_id::text",
            Self::ResetRequest => "password_reset_request_id::text",
            Self::Export => "export_job_id::text",
        }
    }

    /// The place to which a box is bound.
    pub(super) fn place(self, row: impl Display) -> String {
        let kind = match self {
            Self::Member => "member",
            Self::Document => "document",
            Self::Import => "import",
            Self::Answer => "idempotency.answer",
            Self::Totp => "totp.secret",
            Self::Letter => "message.sealed",
            Self::ResetRequest => "password_reset_request.sealed",
            Self::Export => "export_job",
        };
        format!("{kind}/{row}")
    }
}
