//! What certificates ask of the register.

use sqlx::PgConnection;

use super::super::Tongue;
use crate::text::ParticipantCode;

/// What a participant is called in a language; in English where it has no name in it.
pub async fn name(
    conn: &mut PgConnection,
    code: &ParticipantCode,
    tongue: Tongue,
) -> Result<String, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select coalesce(case $1 when 'fr' then name_fr when 'es' then name_es when 'vi' then name_vi end, name_en)
                      as "name!"
           from participant where participant = $2"#,
        tongue.as_str(),
        code as _,
    )
    .fetch_one(conn)
    .await
}
