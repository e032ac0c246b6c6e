//! The whole of record and trail looked at, whether or not anybody signs: what a signature looks at is the end of the log alone.

use std::fmt::Display;
use std::time::Duration;

use crate::http::App;
use crate::ledger::{Findings, Ledger};
use crate::{audit, treaty};

/// Looks at all of it when the service has started, and every hour from then on.
pub async fn watch(app: &App) {
    let mut rounds = tokio::time::interval(Duration::from_hours(1));
    loop {
        rounds.tick().await;
        look_at_record(app).await;
        look_at_trail(app).await;
    }
}

/// Looks at the whole record. Where something is not as it was signed, nothing more is signed until a start finds it right
/// again; reads go on.
pub async fn look_at_record(app: &App) {
    if let Some(verifier) = app.ledger.verifier() {
        heed(&app.ledger, treaty::verify(&app.db, verifier, &app.ceremony).await);
    }
}

/// Looks at the whole audit trail. Where something is not as it was signed, nothing more of it is sealed; all else goes on.
pub async fn look_at_trail(app: &App) {
    if let Some(verifier) = app.audit.verifier() {
        heed(&app.audit, audit::verify(&app.db, verifier).await);
    }
}

fn heed(ledger: &Ledger, looked: Result<Findings, impl Display>) {
    let log = ledger.log();
    match looked {
        Ok(findings) => {
            let (entries, faults) = (findings.entries, findings.faults.len());
            tracing::info!(%log, entries, faults, "looked at the whole log");
            ledger.doubt(&findings);
        }
        Err(error) => tracing::warn!(%log, %error, "could not look at the whole log"),
    }
}
