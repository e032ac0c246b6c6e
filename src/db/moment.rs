//! One moment of the database, read by several connections at once.

use sqlx::{Postgres, Transaction};

use super::{Db, Scope, begin};

/// A snapshot that others can read by, for as long as this is kept.
pub struct Moment {
    /// Holds the snapshot.
    _kept: Transaction<'static, Postgres>,
    /// What the server calls it: digits and hyphens.
    name: String,
}

impl Db {
    /// The present moment. It holds a connection of its own, beside those that read by it.
    pub async fn moment(&self) -> Result<Moment, sqlx::Error> {
        let mut kept = self.read(&Scope::public()).await?;
        // Nothing is asked by it while others read, however long they take.
        let keep = "set local idle_in_transaction_session_timeout = 0";
        sqlx::query(keep).execute(&mut *kept).await?;
        let name = sqlx::query_scalar!(r#"select pg_export_snapshot() as "name!""#);
        let name = name.fetch_one(&mut *kept).await?;
        Ok(Moment { _kept: kept, name })
    }

    /// Reads as of that moment, within a scope.
    pub async fn read_at(
        &self,
        moment: &Moment,
        scope: &Scope,
    ) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        let begin = format!(
            "begin isolation level repeatable read read only; set transaction snapshot '{}';
             select set_config('ceremony.scope', '{}', true)",
            moment.name, scope.0
        );
        begin::begin(&self.read, &begin).await
    }
}
