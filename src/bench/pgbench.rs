//! The same rows by `pgbench`, which does nothing but speak to the database.

use std::path::PathBuf;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, PgConnection};
use tokio::process::Command;

use super::Error;
use crate::db::embedded::Server;

/// `pgbench` of the server that is measured.
pub struct Pgbench {
    program: PathBuf,
    url: String,
    owner: PgConnectOptions,
    scripts: PathBuf,
}

impl Pgbench {
    /// For a server; scripts are written to the directory.
    pub fn new(server: &Server, scripts: PathBuf) -> Self {
        Self {
            program: server.bin_dir().join("pgbench"),
            url: server.url("ceremony_app", "postgres"),
            owner: server.connect_options("postgres", "postgres"),
            scripts,
        }
    }

    /// The version of the server.
    pub async fn version(&self) -> Result<String, Error> {
        let mut connection = self.owner.connect().await?;
        let version: String =
            sqlx::query_scalar("show server_version").fetch_one(&mut connection).await?;
        Ok(version.split(' ').next().unwrap_or_default().to_owned())
    }

    /// Puts rows into the database, as nobody else could.
    pub async fn fill(&self, rows: &'static str) -> Result<(), Error> {
        let mut connection = self.owner.connect().await?;
        sqlx::raw_sql(rows).execute(&mut connection).await?;
        Ok(())
    }

    /// Fills up to so many members.
    pub async fn fill_members(&self, members: u32) -> Result<(), Error> {
        super::fill_members(&mut self.owner.connect().await?, members).await
    }

    /// How the database finds what a script asks for, in the service's role, with the scope of an officer.
    pub async fn plan(&self, script: &str) -> Result<String, Error> {
        let mut connection = self.owner.connect().await?;
        let role = "set role ceremony_app; select set_config('ceremony.scope', '*', false)";
        sqlx::raw_sql(role).execute(&mut connection).await?;
        let explain = format!("explain (costs off) {script}");
        let lines: Vec<String> =
            sqlx::query_scalar(AssertSqlSafe(explain)).fetch_all(&mut connection).await?;
        Ok(lines.join("\n"))
    }

    /// Rows as the service asks for them: every column that is not sealed.
    pub async fn rows_of(&self, table: &str, from: &str) -> Result<String, Error> {
        let mut connection = self.owner.connect().await?;
        let columns = columns(&mut connection, table).await?;
        let open =
            columns.iter().filter(|(_, kind)| kind != "bytea").map(|(name, _)| name.as_str());
        let open: Vec<_> = open.collect();
        Ok(format!("select {} {from};\n", open.join(", ")))
    }

    /// The rows that the registration of a member writes, in one transaction: those of the latest one, under fresh
    /// identities.
    pub async fn registration(&self) -> Result<String, Error> {
        let mut connection = self.owner.connect().await?;
        let member = "member_id = (select member_id from member where status = 'draft'
                                   order by created_at desc, member_id desc limit 1)";
        let event = format!(
            "event_id = (select event_id from event join member on subject = member_id
                                         where {member} order by happened_at limit 1)"
        );
        let member = insert(&mut connection, "member", member).await?;
        let event = insert(&mut connection, "event", &event).await?;
        Ok(format!("\\set n random(1, 1000000000000000)\nbegin;\n{member};\n{event};\ncommit;\n"))
    }

    /// Runs a script for a time, and answers how often in a second.
    pub async fn run(&self, script: &str, clients: usize, lasting: Duration) -> Result<f64, Error> {
        let file = self.scripts.join("script.sql");
        std::fs::write(&file, script)?;
        let output = Command::new(&self.program)
            .args(["-n", "-M", "prepared", "-j", "1", "-c", &clients.to_string()])
            .args(["-T", &lasting.as_secs().max(1).to_string(), "-f"])
            .arg(&file)
            .arg(&self.url)
            .env("PGOPTIONS", "-c ceremony.scope=*")
            .output()
            .await?;
        let told = String::from_utf8_lossy(&output.stdout);
        let rate = told
            .lines()
            .find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
        rate.filter(|_| output.status.success())
            .ok_or_else(|| Error::Pgbench(String::from_utf8_lossy(&output.stderr).into_owned()))
    }
}

/// An insertion of a row like the one that is found, with identities and an address of its own.
async fn insert(connection: &mut PgConnection, table: &str, found: &str) -> Result<String, Error> {
    let columns = columns(connection, table).await?;
    let key = format!("{table}_id");
    let value = |(name, _): &(String, String)| match name.as_str() {
        name if name == key => "'gen_random_uuid()'".to_owned(),
        "email" => "$$'bench.' || :n || '@delegate.example'$$".to_owned(),
        name => format!("quote_nullable({name}::text)"),
    };
    let values: Vec<String> = columns.iter().map(value).collect();
    let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
    let question =
        format!("select concat_ws(', ', {}) from {table} where {found}", values.join(", "));
    let row: String = sqlx::query_scalar(AssertSqlSafe(question)).fetch_one(connection).await?;
    Ok(format!("insert into {table} ({}) values ({row})", names.join(", ")))
}

/// The columns of a table that are stored as they are given, with their types.
async fn columns(
    connection: &mut PgConnection,
    table: &str,
) -> Result<Vec<(String, String)>, Error> {
    let question = "select column_name::text, data_type::text from information_schema.columns
                    where table_name = $1 and table_schema = 'public' and is_generated = 'NEVER'
                    order by ordinal_position";
    Ok(sqlx::query_as(question).bind(table).fetch_all(connection).await?)
}
