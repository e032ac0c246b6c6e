//! Being let in: whoever the service logs in as, it must be allowed to act in the service's role.

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _, PgConnection};

/// Why the database does not let the service in.
#[derive(Debug, thiserror::Error)]
pub enum Unadmitted {
    /// The server does not answer, or not to us.
    #[error(
        "the database cannot be reached: {0}.\n  \
         Check DATABASE_URL (or database.url in config/local.toml), and that the server runs."
    )]
    Unreachable(sqlx::Error),
    /// The role that we logged in as may not become the service's.
    #[error(
        "the database lets {0} in, but not as the service. As an administrator of the database, run\n  \
         grant ceremony_app to \"{0}\";"
    )]
    NotGranted(String),
    /// Something else was refused.
    #[error("the database does not let the service in; was it migrated (ceremony migrate)? {0}")]
    Refused(sqlx::Error),
}

/// A connection of its own in the service's role. The pools would only say that they waited too long.
pub async fn admit(options: &PgConnectOptions) -> Result<PgConnection, Unadmitted> {
    let options = options.clone().application_name("hanoi-ceremony start");
    let mut connection = options.connect().await.map_err(Unadmitted::Unreachable)?;
    match connection.execute("set role ceremony_app").await {
        Ok(_) => Ok(connection),
        Err(error) if super::sqlstate(&error).as_deref() == Some("42501") => {
            Err(Unadmitted::NotGranted(options.get_username().to_owned()))
        }
        Err(error) => Err(Unadmitted::Refused(error)),
    }
}

/// Allows the role that serves to become the service's, where whoever migrates may grant it. Where they may not, the start
/// says what is to be granted.
pub(super) async fn grant(connection: &mut PgConnection, user: &str) -> Result<(), sqlx::Error> {
    let wanted: Option<String> = sqlx::query_scalar(
        "select quote_ident(rolname) from pg_roles
         where rolname = $1 and not pg_has_role(oid, 'ceremony_app',
             case when current_setting('server_version_num')::int >= 160000 then 'set' else 'member' end)",
    )
    .bind(user)
    .fetch_optional(&mut *connection)
    .await?;
    let Some(user) = wanted else { return Ok(()) };
    let granted = connection.execute(AssertSqlSafe(format!("grant ceremony_app to {user}"))).await;
    match granted {
        Err(error) if super::sqlstate(&error).as_deref() == Some("42501") => Ok(()),
        granted => granted.map(drop),
    }
}
