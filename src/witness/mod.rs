//! A witness of other people's logs (C2SP `tlog-witness`): a program of its own, on another machine, with a key of its own.
//!
//! It cosigns a checkpoint where that grew out of the last one that it cosigned, and remembers it before it answers. So whoever
//! trusts it needs nobody else's word that a log was never turned back.

mod model;
mod state;

use std::net::TcpListener;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use actix_web::http::{StatusCode, header};
use actix_web::{App, HttpResponse, HttpServer, web};

use crate::config::Origin;
use crate::db::Clock;
use crate::key_file::{self, KeyFile};
use crate::ledger::{CosignKey, Cosigner, Verifier};
use model::{Refusal, judge};
use state::{State, Unkept};

/// The longest body that a log has a reason to send.
const LONGEST_BODY_BYTES: usize = 65_536;

/// Why there is no witness.
#[derive(Debug, thiserror::Error)]
pub enum Blind {
    /// Its key.
    #[error(transparent)]
    Key(#[from] KeyFile),
    /// What it has seen.
    #[error(transparent)]
    State(#[from] Unkept),
    /// Its server.
    #[error("the witness cannot serve: {0}")]
    Io(#[from] std::io::Error),
}

/// A witness, ready to be asked.
pub struct Witness {
    key: CosignKey,
    logs: Vec<Verifier>,
    state: Mutex<State>,
    clock: Clock,
}

impl Witness {
    /// The witness whose key and memory lie in a folder; both are made where there are none.
    pub fn open(
        folder: &Path,
        name: &Origin,
        logs: Vec<Verifier>,
        clock: Clock,
    ) -> Result<Self, Blind> {
        let path = folder.join("witness.key");
        let seed = match key_file::read(&path)? {
            Some(seed) => seed,
            None => key_file::make(&path)?,
        };
        let state = Mutex::new(State::open(&folder.join("seen"))?);
        Ok(Self { key: CosignKey::of(&seed, name), logs, state, clock })
    }

    /// By which key its cosignatures are known.
    #[must_use]
    pub fn cosigner(&self) -> &Cosigner {
        self.key.cosigner()
    }

    /// Cosigns a checkpoint, or says why not. What it answers it has remembered, past any crash.
    fn add(&self, body: &str) -> Result<String, Refusal> {
        // One at a time: between the look and the memory nobody else may come.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (origin, note, checkpoint) = judge(&self.logs, |origin| state.last(origin), body)?;
        let at = u64::try_from(self.clock.now().timestamp()).map_err(|_| Refusal::Unable)?;
        let line = self.key.cosign(&note, at).map_err(|_| Refusal::Malformed)?;
        state.remember(&origin, checkpoint).map_err(|error| {
            tracing::error!(%error, "what was seen cannot be remembered");
            Refusal::Unable
        })?;
        tracing::info!(%origin, size = checkpoint.size, root = %checkpoint.root, "cosigned");
        Ok(line)
    }
}

/// Serves until it is told to stop.
pub async fn serve(witness: Witness, listener: TcpListener) -> Result<(), Blind> {
    let witness = web::Data::new(witness);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(witness.clone())
            .app_data(web::PayloadConfig::new(LONGEST_BODY_BYTES))
            .route("/add-checkpoint", web::post().to(add_checkpoint))
    });
    Ok(server.workers(1).listen(listener)?.run().await?)
}

async fn add_checkpoint(witness: web::Data<Witness>, body: web::Bytes) -> HttpResponse {
    let judged = web::block(move || {
        let body = std::str::from_utf8(&body).map_err(|_| Refusal::Malformed)?;
        witness.add(body)
    });
    match judged.await.unwrap_or(Err(Refusal::Unable)) {
        Ok(line) => HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(line),
        Err(Refusal::Stale(size)) => HttpResponse::Conflict()
            .insert_header((header::CONTENT_TYPE, "text/x.tlog.size"))
            .body(format!("{size}\n")),
        Err(refusal) => HttpResponse::build(status(refusal)).body(format!("{refusal}\n")),
    }
}

fn status(refusal: Refusal) -> StatusCode {
    match refusal {
        Refusal::Malformed => StatusCode::BAD_REQUEST,
        Refusal::Unsigned => StatusCode::FORBIDDEN,
        Refusal::UnknownLog => StatusCode::NOT_FOUND,
        Refusal::Stale(_) => StatusCode::CONFLICT,
        Refusal::Inconsistent => StatusCode::UNPROCESSABLE_ENTITY,
        Refusal::Unable => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
