//! Whether what belongs together is together: the database, the key file, and the store of the papers.

use std::path::Path;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::Unstarted;
use crate::documents::{self, Papers};
use crate::ids::InstallationId;
use crate::vault::{KeyFile, Vault, Wrapped};

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
        r#"select installation_id as "id: InstallationId", key_proof, key_id from installation"#
    )
    .fetch_optional(&mut *conn)
    .await?;
    let vault = match &known {
        Some(known) => recognize_key(key_file, &known.key_proof)?,
        None => first_key(conn, key_file).await?,
    };
    let key_id = vault.key_id();
    let id = documents::recognize(conn, papers, known.as_ref().map(|known| known.id)).await?;
    if known.is_none() {
        sqlx::query!(
            "insert into installation (installation_id, key_proof, key_id, made_at) values ($1, $2, $3, $4)",
            id as _,
            vault.proof(),
            key_id.as_slice(),
            now,
        )
        .execute(conn)
        .await?;
    } else if known.is_some_and(|known| known.key_id.is_none()) {
        // From before keys had names.
        sqlx::query!("update installation set key_id = $1", key_id.as_slice())
            .execute(conn)
            .await?;
    }
    Ok(vault)
}

fn recognize_key(key_file: &Path, proof: &[u8]) -> Result<Vault, KeyFile> {
    let shown = || key_file.display().to_string();
    let vault = Vault::open(key_file)?.ok_or_else(|| KeyFile::Missing(shown()))?;
    if vault.recognize(proof) { Ok(vault) } else { Err(KeyFile::Foreign(shown())) }
}

/// The key of a database that has no proof of it: a new one, or one that is older than proofs. Where something is sealed
/// in it, that is the proof.
async fn first_key(conn: &mut PgConnection, key_file: &Path) -> Result<Vault, Unstarted> {
    let sealed = sqlx::query!(
        r#"(select true as "is_paper!", document_id as "row!", sealed_key as "key!" from document order by document_id desc limit 1)
           union all
           (select false, member_id, sealed_key from member order by member_id desc limit 1)"#
    )
    .fetch_all(conn)
    .await?;
    let shown = || key_file.display().to_string();
    match Vault::open(key_file)? {
        None if sealed.is_empty() => Ok(Vault::make(key_file)?),
        None => Err(KeyFile::Missing(shown()).into()),
        Some(vault) => {
            let of = |is_paper| if is_paper { Wrapped::Document } else { Wrapped::Member };
            let mut opened =
                sealed.iter().map(|one| vault.unwrap_key(of(one.is_paper), one.row, &one.key));
            if sealed.is_empty() || opened.any(|key| key.is_ok()) {
                return Ok(vault);
            }
            Err(KeyFile::Foreign(shown()).into())
        }
    }
}
