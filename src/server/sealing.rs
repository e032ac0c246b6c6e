//! The sealer of the audit trail, in every process that serves: whoever comes first seals, for all.

use std::time::Duration;

use tokio::time::MissedTickBehavior;

use crate::audit;
use crate::http::App;
use crate::ledger::Error;

/// How often it looks: so that what is committed is signed a second later, at the latest.
const EVERY: Duration = Duration::from_millis(500);

/// Seals the trail, and looks at the whole of record and trail now and then.
pub async fn keep_logs(app: &App) {
    tokio::join!(seal_trail(app), super::watch(app));
}

/// Seals what is committed, for as long as the process lives. What one round could not do, the next one does.
async fn seal_trail(app: &App) {
    let mut rounds = tokio::time::interval(EVERY);
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut is_open, mut is_told) = (false, false);
    loop {
        rounds.tick().await;
        let outcome = round(app, &mut is_open).await;
        if let Err(error) = &outcome
            && !is_told
        {
            tracing::warn!(%error, "the audit trail is not sealed");
        }
        is_told = outcome.is_err();
    }
}

async fn round(app: &App, is_open: &mut bool) -> Result<(), Error> {
    if !*is_open {
        audit::open(&app.db, &app.audit).await?;
        *is_open = true;
    }
    audit::seal(&app.db, &app.audit).await
}
