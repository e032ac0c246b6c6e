//! What of a request is unreadable at rest (R50): one box, sealed with the member's own key, bound to its row.

use zeroize::Zeroizing;

use super::model::Difference;
use crate::ids::ChangeRequestId;
use crate::vault::SealingKey;

/// Seals; nothing where there is nothing to hide.
pub fn seal(
    key: &SealingKey,
    id: ChangeRequestId,
    secret: &Difference,
) -> Result<Option<Vec<u8>>, sqlx::Error> {
    if secret.0.is_empty() {
        return Ok(None);
    }
    let plain = serde_json::to_vec(secret).map_err(|e| sqlx::Error::Encode(e.into()))?;
    Ok(Some(key.seal(&place(id), &Zeroizing::new(plain))))
}

/// Opens what was sealed for the same request.
pub fn open(
    key: &SealingKey,
    id: ChangeRequestId,
    sealed: &[u8],
) -> Result<Difference, sqlx::Error> {
    let plain = key.open(&place(id), sealed).map_err(|e| sqlx::Error::Decode(e.into()))?;
    serde_json::from_slice(&plain).map_err(|e| sqlx::Error::Decode(e.into()))
}

fn place(id: ChangeRequestId) -> String {
    format!("change_request.sealed_difference/{id}")
}
