//! Whether what belongs together is together: the database, the key file, and the store of the papers.

use std::path::Path;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::Unstarted;
use crate::documents::{self, Papers};
use crate::ids::InstallationId;
use crate::vault::{KeyFile, Vault};

/// Recognizes an installation, or begins one, and opens its vault. Any part that is another installation's, or that is
/// lost, keeps the service from starting; nothing is replaced in silence.
pub(super) async fn settle(
    conn: &mut PgConnection,
    key_file: &Path,
    papers: &Papers,
    now: DateTime<Utc>,
) -> Result<Vault, Unstarted> {
    // Two services may begin the same installation at once: the second one finds what the first one made. The lock and the
    // scope go with the connection.
    sqlx::query("select pg_advisory_lock(2025102501), set_config('ceremony.scope', '*', false)")
        .execute(&mut *conn)
        .await?;
    let known = sqlx::query!(
        r#"select installation_id as "id: InstallationId", key_proof from installation"#
    )
    .fetch_optional(&mut *conn)
    .await?;
    let vault = match &known {
        Some(known) => recognize_key(key_file, &known.key_proof)?,
        None => first_key(conn, key_file).await?,
    };
    let id = documents::recognize(conn, papers, known.as_ref().map(|known| known.id)).await?;
    if known.is_none() {
        sqlx::query!(
            "insert into installation (installation_id, key_proof, made_at) values ($1, $2, $3)",
            id as _,
            vault.proof(),
            now,
        )
        .execute(conn)
        .await?;
    }
    Ok(vault)
}

fn recognize_key(key_file: &Path, proof: &[u8]) -> Result<Vault, KeyFile> {
    let shown = || key_file.display().to_string();
    let vault = Vault::open(key_file)?.ok_or_else(|| KeyFile::Missing(shown()))?;
    if vault.has_made(proof) { Ok(vault) } else { Err(KeyFile::Foreign(shown())) }
}

/// The key of a database that has no proof of it: a new one, or one that is older than proofs. Where something is sealed
/// in it, that is the proof.
async fn first_key(conn: &mut PgConnection, key_file: &Path) -> Result<Vault, Unstarted> {
    let sealed = sqlx::query!(
        r#"(select 'document/' || document_id as "place!", sealed_key as "key!" from document order by document_id desc limit 1)
           union all
           (select 'member/' || member_id, sealed_key from member order by member_id desc limit 1)"#
    )
    .fetch_all(conn)
    .await?;
    let shown = || key_file.display().to_string();
    match Vault::open(key_file)? {
        None if sealed.is_empty() => Ok(Vault::make(key_file)?),
        None => Err(KeyFile::Missing(shown()).into()),
        Some(vault) => {
            let opens = |place: &str, key: &[u8]| vault.unwrap_key(place, key).is_ok();
            if sealed.is_empty() || sealed.iter().any(|one| opens(&one.place, &one.key)) {
                return Ok(vault);
            }
            Err(KeyFile::Foreign(shown()).into())
        }
    }
}
