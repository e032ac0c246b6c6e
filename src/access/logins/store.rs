//! The questions that logins ask of the database.
//!
//! All times are the database's own, so that services whose clocks differ agree on which login has ended. `held` is the
//! moment at which a test holds the clock; it is null wherever time passes.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::model::{Lasting, OpenLogin};
use crate::access::actor::{Known, Means};
use crate::access::model::Role;
use crate::ids::{AccountId, TokenId};
use crate::page::{Limit, Version};
use crate::secret;
use crate::text::{Email, ParticipantCode};

/// What a password is verified against.
pub struct Verifiable {
    /// The account.
    pub id: AccountId,
    /// The hash of its password.
    pub hash: String,
    /// The version in which both were read: verifying takes time, in which they can change.
    pub version: Version,
}

/// What a login is verified against, by address.
pub async fn find_verifiable(
    conn: &mut PgConnection,
    email: &Email,
) -> Result<Option<Verifiable>, sqlx::Error> {
    sqlx::query_as!(
        Verifiable,
        r#"select account_id as "id: AccountId", password_hash as hash, version as "version: Version"
           from account where email = $1 and disabled_at is null"#,
        email as _,
    )
    .fetch_optional(conn)
    .await
}

/// Who comes with this token, if it stands, and the token where its use is to be noted. The account's state, and for whom it
/// speaks, count at each request and not at login.
pub async fn find_known(
    conn: &mut PgConnection,
    token: &str,
    lasting: Lasting,
    held: Option<DateTime<Utc>>,
) -> Result<Option<(Known, Option<TokenId>)>, sqlx::Error> {
    let hash = secret::sha256(token);
    let row = sqlx::query!(
        r#"select t.token_id as "token: TokenId", t.account_id as "account: AccountId", a.role as "role: Role",
                  a.must_change_password,
                  must_add_factor(a.account_id, a.role, a.password_needs_factor, $4) as "must_enrol!",
                  t.is_half and has_second_factor(a.account_id) as "is_half!",
                  t.proved_at > clock.now - make_interval(secs => $5) as "is_fresh!",
                  speaks_for(a.account_id, (clock.now at time zone 'UTC')::date) as "participants!: Vec<ParticipantCode>",
                  t.last_used_at < clock.now - interval '1 minute' as "is_to_be_noted!"
           from token t join account a using (account_id), (select coalesce($2::timestamptz, now()) as now) clock
           where t.hash = $1 and a.disabled_at is null
             and t.expires_at > clock.now and t.last_used_at > clock.now - make_interval(secs => $3)"#,
        hash.as_slice(),
        held,
        lasting.idle_seconds,
        lasting.offices_need_a_second_factor,
        lasting.fresh_seconds,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| {
        let means = Means::Login(row.token);
        let known = Known {
            must_change_password: row.must_change_password,
            must_enrol: row.must_enrol,
            is_half: row.is_half,
            is_fresh: row.is_fresh,
            ..Known::by(means, row.account, row.role, row.participants)
        };
        (known, row.is_to_be_noted.then_some(row.token))
    }))
}

/// Notes a use, once a minute however many requests come at once: whoever finds the row taken leaves it to the other.
pub async fn note_use(
    conn: &mut PgConnection,
    id: TokenId,
    held: Option<DateTime<Utc>>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update token set last_used_at = coalesce($2::timestamptz, now())
         where token_id = (select token_id from token
                           where token_id = $1 and last_used_at < coalesce($2::timestamptz, now()) - interval '1 minute'
                           for no key update skip locked)",
        id as _,
        held,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// A login that was added.
pub struct Added {
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// Whether it is good for nothing else until a second factor was added, or a longer password chosen.
    pub must_enrol: bool,
}

/// Adds a login. Only the token's hash is stored.
pub async fn insert(
    conn: &mut PgConnection,
    account: AccountId,
    token: &str,
    lasting: Lasting,
    held: Option<DateTime<Utc>>,
) -> Result<Added, sqlx::Error> {
    let hash = secret::sha256(token);
    sqlx::query_as!(
        Added,
        r#"insert into token (token_id, account_id, hash, created_at, last_used_at, proved_at, expires_at)
           select $1, $2, $3, now, now, now, now + make_interval(secs => $4)
           from (select coalesce($5::timestamptz, now()) as now) clock
           returning expires_at, (select must_add_factor(a.account_id, a.role, a.password_needs_factor, $6)
                                  from account a where a.account_id = token.account_id) as "must_enrol!""#,
        TokenId::fresh() as _,
        account as _,
        hash.as_slice(),
        lasting.at_most_seconds,
        held,
        lasting.offices_need_a_second_factor,
    )
    .fetch_one(conn)
    .await
}

/// Notes that a factor was shown with a login, and answers until when that is enough; nothing where it has ended.
pub async fn renew(
    conn: &mut PgConnection,
    id: TokenId,
    lasting: Lasting,
    held: Option<DateTime<Utc>>,
) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"update token set proved_at = coalesce($2::timestamptz, now()), is_half = false where token_id = $1
           returning proved_at + make_interval(secs => $3) as "until!""#,
        id as _,
        held,
        lasting.fresh_seconds,
    )
    .fetch_optional(conn)
    .await
}

/// The logins of an account that stand, the newest first, one more than a page holds; or one of them.
pub async fn list(
    conn: &mut PgConnection,
    account: AccountId,
    id: Option<TokenId>,
    before: Option<TokenId>,
    limit: Limit,
    lasting: Lasting,
    held: Option<DateTime<Utc>>,
) -> Result<Vec<OpenLogin>, sqlx::Error> {
    sqlx::query_as!(
        OpenLogin,
        r#"select token_id as "id: TokenId", created_at, last_used_at, expires_at,
                  least(expires_at, last_used_at + make_interval(secs => $5)) as "idle_until_at!"
           from token, (select coalesce($6::timestamptz, now()) as now) clock
           where account_id = $1 and ($2::uuid is null or token_id = $2) and ($3::uuid is null or token_id < $3)
             and expires_at > clock.now and last_used_at > clock.now - make_interval(secs => $5)
           order by token_id desc limit $4"#,
        account as _,
        id as _,
        before as _,
        limit.fetch(),
        lasting.idle_seconds,
        held,
    )
    .fetch_all(conn)
    .await
}

/// Ends one login of an account. Answers `false` where it has none such.
pub async fn delete(
    conn: &mut PgConnection,
    account: AccountId,
    id: TokenId,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "delete from token where token_id = $1 and account_id = $2",
        id as _,
        account as _
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends every login of an account but one, and answers how many there were.
pub async fn delete_all(
    conn: &mut PgConnection,
    account: AccountId,
    but: Option<TokenId>,
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        "delete from token where account_id = $1 and token_id is distinct from $2",
        account as _,
        but as _
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}
