//! The questions that second factors ask of the database.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::model::{FactorKind, Factors, TRIES_PER_STEP};
use crate::access::passkeys::{self, Proven};
use crate::ids::AccountId;

/// What is spent of a factor, so that it is good once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spending {
    /// The code of a step.
    Totp {
        /// Counted from 1970.
        step: i64,
    },
    /// A use of a passkey.
    Passkey(Proven),
    /// A code from the paper.
    RecoveryCode {
        /// What is kept of it.
        hash: [u8; 32],
    },
}

impl Spending {
    /// Of which kind it is.
    pub fn kind(self) -> FactorKind {
        match self {
            Self::Totp { .. } => FactorKind::Totp,
            Self::Passkey(_) => FactorKind::Passkey,
            Self::RecoveryCode { .. } => FactorKind::RecoveryCode,
        }
    }
}

/// The second factors of an account.
pub async fn find(conn: &mut PgConnection, account: AccountId) -> Result<Factors, sqlx::Error> {
    sqlx::query_as!(
        Factors,
        r#"select (select confirmed_at from totp where account_id = $1) as totp_since,
                  exists (select from totp where account_id = $1 and confirmed_at is null) as "is_enrolling!",
                  (select count(*) from passkey where account_id = $1) as "passkeys!",
                  (select count(*) from recovery_code where account_id = $1 and used_at is null) as "recovery_codes_left!""#,
        account as _,
    )
    .fetch_one(conn)
    .await
}

/// Counts a try, and answers the sealed secret; nothing where it is one too many for this step.
pub async fn count_try(
    conn: &mut PgConnection,
    account: AccountId,
    step: i64,
) -> Result<Option<Vec<u8>>, sqlx::Error> {
    sqlx::query_scalar!(
        "update totp set tries = case when tried_step = $2 then tries + 1 else 1 end, tried_step = $2
         where account_id = $1 and (tried_step <> $2 or tries < $3) returning sealed",
        account as _,
        step,
        TRIES_PER_STEP,
    )
    .fetch_optional(conn)
    .await
}

/// Spends it. Answers `false` where it was spent before, or is none of this account's.
pub async fn spend(
    conn: &mut PgConnection,
    account: AccountId,
    spending: Spending,
    at: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let done = match spending {
        Spending::Totp { step } => {
            sqlx::query!(
                "update totp set used_step = $2 where account_id = $1 and used_step < $2 and confirmed_at is not null",
                account as _,
                step,
            )
            .execute(conn)
            .await?
        }
        Spending::Passkey(Proven { passkey, sign_count, .. }) => {
            return passkeys::spend(conn, account, passkey, sign_count, at).await;
        }
        Spending::RecoveryCode { hash } => {
            sqlx::query!(
                "update recovery_code set used_at = $3 where account_id = $1 and hash = $2 and used_at is null",
                account as _,
                hash.as_slice(),
                at,
            )
            .execute(conn)
            .await?
        }
    };
    Ok(done.rows_affected() == 1)
}

/// Keeps a secret that is still to be confirmed, in place of one that never was. Answers `false` where one stands.
pub async fn enrol(
    conn: &mut PgConnection,
    account: AccountId,
    sealed: &[u8],
    at: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "insert into totp (account_id, sealed, enrolled_at) values ($1, $2, $3)
         on conflict (account_id) do update set sealed = excluded.sealed, enrolled_at = excluded.enrolled_at
         where totp.confirmed_at is null",
        account as _,
        sealed,
        at,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Confirms the secret of which a code was made. Answers `false` where another one has taken its place.
pub async fn confirm(
    conn: &mut PgConnection,
    account: AccountId,
    sealed: &[u8],
    step: i64,
    at: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update totp set confirmed_at = $4, used_step = $3
         where account_id = $1 and sealed = $2 and confirmed_at is null and used_step < $3",
        account as _,
        sealed,
        step,
        at,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes the app away. Answers `false` where there is none.
pub async fn delete_totp(conn: &mut PgConnection, account: AccountId) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!("delete from totp where account_id = $1", account as _);
    Ok(done.execute(conn).await?.rows_affected() == 1)
}

/// Puts new codes in the place of all earlier ones; none takes them away.
pub async fn replace_recovery_codes(
    conn: &mut PgConnection,
    account: AccountId,
    hashes: &[Vec<u8>],
    at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from recovery_code where account_id = $1", account as _)
        .execute(&mut *conn)
        .await?;
    sqlx::query!(
        "insert into recovery_code (account_id, hash, made_at) select $1, hash, $3 from unnest($2::bytea[]) as made (hash)",
        account as _,
        hashes,
        at,
    )
    .execute(conn)
    .await
    .map(drop)
}
