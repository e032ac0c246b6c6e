//! The whole record looked at, whether or not anybody signs: what a signature looks at is the end of the log alone.

use std::time::Duration;

use crate::http::App;
use crate::treaty;

/// Looks at all of it when the service has started, and every hour from then on.
pub async fn watch(app: &App) {
    let mut rounds = tokio::time::interval(Duration::from_hours(1));
    loop {
        rounds.tick().await;
        look_at_record(app).await;
    }
}

/// Looks at all of it. Where something is not as it was signed, nothing more is signed until a start finds it right again;
/// reads go on.
pub async fn look_at_record(app: &App) {
    let Some(verifier) = app.ledger.verifier() else { return };
    match treaty::verify(&app.db, verifier, &app.ceremony).await {
        Ok(findings) => {
            tracing::info!(
                entries = findings.entries,
                checkpoints = findings.checkpoints,
                faults = findings.faults.len(),
                "looked at the whole record"
            );
            app.ledger.doubt(&findings);
        }
        Err(error) => tracing::warn!(%error, "could not look at the whole record"),
    }
}
