//! What is compared with: a handler of the same framework that does nothing but give bytes back.

use std::io::Read as _;
use std::net::{Ipv4Addr, TcpListener};

use actix_web::{App, HttpResponse, HttpServer, web};

/// Serves the bytes of standard input at every path until it is told to end, and prints where.
#[expect(clippy::print_stdout, reason = "who started this process reads the address from there")]
pub async fn serve() -> std::io::Result<()> {
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes)?;
    let bytes = web::Bytes::from(bytes);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    println!("http://{}", listener.local_addr()?);
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    HttpServer::new(move || {
        let bytes = bytes.clone();
        App::new().default_service(web::to(move || {
            let answer = HttpResponse::Ok().content_type("application/json").body(bytes.clone());
            async move { answer }
        }))
    })
    .workers(cores)
    .listen(listener)?
    .run()
    .await
}
