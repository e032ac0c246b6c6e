//! What the database holds of a mission, as its owner sees it: found by asking the catalogue, so that no table is forgotten.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, PgConnection};

/// The tables whose rows row-level security judges.
pub async fn guarded(owner: &mut PgConnection) -> Vec<String> {
    let tables = "select relname::text from pg_class
                  where relnamespace = 'public'::regnamespace and relrowsecurity order by relname";
    sqlx::query_scalar(tables).fetch_all(owner).await.unwrap()
}

/// The identities of all that a mission has, its focal points' accounts included.
pub async fn ids_of(owner: &mut PgConnection, code: &str) -> Vec<String> {
    let keys = "
        select c.relname::text, a.attname::text from pg_class c
        join pg_index i on i.indrelid = c.oid and i.indisprimary
        join pg_attribute a on a.attrelid = c.oid and a.attnum = any (i.indkey) and a.atttypid = 'uuid'::regtype
        where c.relnamespace = 'public'::regnamespace and c.relrowsecurity
          and exists (select from pg_attribute p where p.attrelid = c.oid and p.attname = 'participant')
        union all select 'focal_point', 'account_id'";
    let keys: Vec<(String, String)> = sqlx::query_as(keys).fetch_all(&mut *owner).await.unwrap();
    let mut ids = Vec::new();
    for (table, key) in keys {
        let some =
            format!("select {key}::text from {table} where participant = $1 and {key} is not null");
        let some = sqlx::query_scalar::<_, String>(AssertSqlSafe(some)).bind(code);
        ids.extend(some.fetch_all(&mut *owner).await.unwrap());
    }
    ids.sort();
    ids.dedup();
    ids
}

/// The condition on a row `t` that it is a mission's, or speaks of something that is. `$1`: its identities, `$2`: its code.
/// Who was erased is nobody's any more (R52).
pub const IS_THEIRS: &str = "(to_jsonb(t) ->> 'participant' = $2
    or exists (select from unnest($1::text[]) id where strpos(t::text, id) > 0))
    and to_jsonb(t) ->> 'erased_at' is null";

/// Every row of every table that is a mission's or speaks of something that is.
pub async fn rows_of(
    owner: &mut PgConnection,
    code: &str,
    ids: &[String],
) -> BTreeMap<String, Vec<String>> {
    let tables = "select relname::text from pg_class
                  where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')";
    let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut *owner).await.unwrap();
    let mut rows = BTreeMap::new();
    for table in tables {
        let theirs = format!("select t::text from {table} t where {IS_THEIRS} order by 1");
        let theirs = sqlx::query_scalar(AssertSqlSafe(theirs)).bind(ids).bind(code);
        rows.insert(table, theirs.fetch_all(&mut *owner).await.unwrap());
    }
    rows
}
