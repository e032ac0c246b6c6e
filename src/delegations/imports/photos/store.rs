//! The questions that photographs ask of the database.

use sqlx::PgConnection;

use crate::documents::Digest;
use crate::ids::{DocumentId, ImportId, MemberId};
use crate::text::{Email, ParticipantCode, PersonName};

/// Somebody whose photograph a file may be.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Who.
    pub id: MemberId,
    /// As in the passport.
    pub family_name: PersonName,
    /// As in the passport.
    pub given_names: Option<PersonName>,
    /// As printed.
    pub badge_name: PersonName,
    /// In their own script.
    pub native_name: Option<PersonName>,
    /// Their own.
    pub email: Option<Email>,
    /// How often the entry was changed.
    pub version: i64,
    /// The latest photograph that was not refused.
    pub photo: Option<Digest>,
}

/// All of a delegation who take part.
pub async fn candidates(
    conn: &mut PgConnection,
    participant: &ParticipantCode,
) -> Result<Vec<Candidate>, sqlx::Error> {
    sqlx::query_as!(
        Candidate,
        r#"select member_id as "id: MemberId", family_name as "family_name: PersonName",
                  given_names as "given_names: PersonName", badge_name as "badge_name: PersonName",
                  native_name as "native_name: PersonName", email as "email: Email", version,
                  (select sha256 from document where document.member_id = member.member_id and kind = 'photo'
                       and state <> 'refused' order by document_id desc limit 1) as "photo: Digest"
           from member where participant = $1 and stands order by member_id"#,
        participant as _,
    )
    .fetch_all(conn)
    .await
}

/// A photograph that was taken back.
pub struct TakenBack {
    /// Which one.
    pub id: DocumentId,
    /// Whose it was.
    pub member: Option<MemberId>,
    /// Its file.
    pub file: Digest,
}

/// Takes back the papers that came by an import and that nobody has looked at since.
pub async fn take_back(
    conn: &mut PgConnection,
    import: ImportId,
) -> Result<Vec<TakenBack>, sqlx::Error> {
    sqlx::query_as!(
        TakenBack,
        r#"select document_id as "id!: DocumentId", member_id as "member: MemberId", sealed_sha256 as "file!: Digest"
           from take_back_papers($1)"#,
        import as _,
    )
    .fetch_all(conn)
    .await
}
