//! A database of one's own: who may migrate, who may serve, and what is said where something was not granted.

use hanoi_ceremony::{db, secret};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _};

use crate::app::TestApp;

/// Roles and a database of their own, which go again.
struct Server {
    admin: PgConnectOptions,
    name: String,
}

impl Server {
    /// A role that migrates and owns a new database, and one that runner. Both are refused everything else.
    async fn with(app: &TestApp, more: &str) -> Self {
        let server = Self { admin: app.owner.clone(), name: secret::hex(&secret::random::<8>()) };
        let Self { name, .. } = &server;
        server.run(&format!("create role migrates_{name} login createrole password 'x'")).await;
        server.run(&format!("create role serves_{name} login password 'x'")).await;
        server.run(&more.replace("$name", name)).await;
        server
            .run(&format!("create database own_{name} owner migrates_{name} template template0"))
            .await;
        server
    }

    async fn run(&self, statement: &str) {
        let mut connection = self.admin.connect().await.unwrap();
        connection.execute(AssertSqlSafe(statement.to_owned())).await.unwrap();
        connection.close().await.unwrap();
    }

    fn logged_in_as(&self, who: &str) -> PgConnectOptions {
        let Self { admin, name } = self;
        let user = format!("{who}_{name}");
        admin.clone().database(&format!("own_{name}")).username(&user).password("x")
    }

    async fn gone(self) {
        let Self { name, .. } = &self;
        self.run(&format!("drop database own_{name} with (force)")).await;
        for who in ["migrates", "serves"] {
            self.run(&format!("drop role {who}_{name}")).await;
        }
    }
}

#[tokio::test]
async fn whoever_migrates_lets_in_whoever_serves() {
    let app = TestApp::start().await;
    // Whether or not it holds the one role already, it gets the other one too.
    for more in ["select", "grant ceremony_owner to migrates_$name"] {
        let server = Server::with(&app, more).await;
        let (migrates, runner) = (server.logged_in_as("migrates"), server.logged_in_as("serves"));
        db::migrate_for(&migrates, runner.get_username()).await.unwrap();
        for who in [&runner, &migrates] {
            let mut connection = db::admit(who).await.unwrap();
            let role: String = sqlx::query_scalar("select current_user::text")
                .fetch_one(&mut connection)
                .await
                .unwrap();
            assert_eq!(role, "ceremony_app");
        }
        server.gone().await;
    }
}

#[tokio::test]
async fn who_may_not_make_roles_migrates_with_those_that_were_granted() {
    let app = TestApp::start().await;
    let server = Server::with(&app, "alter role migrates_$name nocreaterole").await;
    let migrates = server.logged_in_as("migrates");
    let refused = db::migrate(&migrates).await.unwrap_err().to_string();
    let wanted = format!("grant ceremony_owner, ceremony_app to \"{}\";", migrates.get_username());
    assert!(refused.contains(&wanted), "{refused}");
    server.run(&wanted).await;
    db::migrate(&migrates).await.unwrap();
    server.gone().await;
}

#[tokio::test]
async fn who_is_not_granted_the_services_role_is_told_what_to_grant() {
    let app = TestApp::start().await;
    let server = Server::with(&app, "select").await;
    db::migrate(&server.logged_in_as("migrates")).await.unwrap();
    let runner = server.logged_in_as("serves");
    let refused = db::admit(&runner).await.unwrap_err();
    let wanted = format!("grant ceremony_app to \"{}\";", runner.get_username());
    assert!(refused.to_string().contains(&wanted), "{refused}");
    server.run(&wanted).await;
    db::admit(&runner).await.unwrap();
    server.gone().await;
}
