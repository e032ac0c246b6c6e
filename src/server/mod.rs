//! The composition root: everything is made here, once, and handed to who needs it.

pub mod api;
mod housekeeping;
mod installation;
pub mod metrics;
mod sealing;
mod start;
mod watch;

use std::net::TcpListener;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::{App as ActixApp, HttpServer, error, middleware, web};

use crate::http::{self, App, Desk};
use crate::problem::{Code, Problem};
use crate::routes;
use crate::treaty::Screens;

pub use housekeeping::keep_house;
pub use sealing::keep_logs;
pub use start::{
    FIRST_ADMINISTRATOR, Source, Unstarted, assemble, first_administrator, open_record, papers,
};
use watch::watch;
pub use watch::{look_at_record, look_at_trail};

/// A service that listens, ready to be awaited.
pub fn serve(app: App, listener: TcpListener) -> std::io::Result<Server> {
    let settings = app.config.server.clone();
    let screens = Screens::new(app.db.clone(), app.ceremony.clone(), settings.screens.length());
    let desk = Desk::beside(&app);
    let (data, screens) = (web::Data::new(app), web::Data::new(screens));
    let server = HttpServer::new(move || {
        ActixApp::new()
            .app_data(data.clone())
            .app_data(desk.clone())
            .app_data(screens.clone())
            .app_data(
                web::PathConfig::default()
                    .error_handler(|_, _| error::Error::from(Problem::of(Code::NotFound))),
            )
            .wrap(middleware::Compress::default())
            .wrap(middleware::from_fn(http::leave))
            .configure(routes::register)
            .service(
                utoipa_swagger_ui::SwaggerUi::new("/docs/{_:.*}")
                    .url("/openapi.json", utoipa::openapi::OpenApi::default())
                    .config(viewer()),
            )
            .service(web::redirect("/docs", "/docs/"))
            .default_service(web::to(|| async { Err::<String, _>(Problem::of(Code::NotFound)) }))
    });
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let server = server
        .workers(if settings.workers.get() == 0 { cores } else { settings.workers.length() })
        .client_request_timeout(Duration::from_secs(settings.request_timeout_seconds.get().into()))
        .shutdown_timeout(settings.shutdown_timeout_seconds.get().into())
        .listen(listener)?;
    Ok(server.run())
}

/// The viewer of the description: asks nobody outside, and sends tokens nowhere else.
fn viewer() -> utoipa_swagger_ui::Config<'static> {
    utoipa_swagger_ui::Config::new(["/openapi.json"])
        .persist_authorization(false)
        .validator_url("none")
}
