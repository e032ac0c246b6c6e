//! What is done now and then, whether or not anybody asks for something.

use std::time::Duration;

use crate::db::sqlstate;
use crate::delegations::{self, imports};
use crate::documents;
use crate::http::App;
use crate::programme::{seats, side_events};
use crate::reports;

/// Removes every ten minutes what has outlived its use.
pub async fn keep_house(app: &App) {
    let mut rounds = tokio::time::interval(Duration::from_mins(10));
    let mut is_first = true;
    loop {
        rounds.tick().await;
        match app.db.tidy().await {
            Ok(removed) => tracing::debug!(removed, "kept house"),
            Err(error) => {
                tracing::warn!(code = sqlstate(&error), "could not keep house");
            }
        }
        if let Err(error) = app.db.follow_key().await {
            tracing::warn!(%error, "could not ask which key is in force");
        }
        if let Err(error) = delegations::mark_the_unmarked(&app.db).await {
            tracing::warn!(%error, "could not make the marks by which members are compared");
        }
        if let Err(error) = app.post.sweep(app.db.clock.now()).await {
            tracing::warn!(%error, "could not take old letters away");
        }
        app.refusals.tell_counts(&app.db, false).await;
        if let Err(error) = seats::settle_all(&app.db, app.ceremony.programme.seats).await {
            tracing::warn!(%error, "could not offer the seats that are free");
        }
        if let Err(error) = side_events::tell_co_sponsors(&app.db).await {
            tracing::warn!(%error, "could not tell who is asked to organize a side event as well");
        }
        if let Err(error) = app.tries.sweep(&app.db).await {
            tracing::warn!(%error, "could not forget old counters of failed tries");
        }
        if let Err(error) = reports::jobs::sweep(&app.db).await {
            tracing::warn!(%error, "could not destroy exports that were kept long enough");
        }
        if let Err(error) = reports::schedules::forget_stopped(&app.db).await {
            tracing::warn!(code = sqlstate(&error), "could not forget schedules that were stopped");
        }
        match imports::sweep(&app.db).await {
            Ok(0) => {}
            Ok(forgotten) => tracing::info!(forgotten, "forgot lists that nobody took in"),
            Err(error) => tracing::warn!(%error, "could not forget old lists"),
        }
        // The first round is at once, and not for the files: whoever sees that a start was a mistake has time to stop it.
        if !std::mem::take(&mut is_first) {
            sweep(app).await;
        }
    }
}

async fn sweep(app: &App) {
    match documents::sweep(&app.db, &app.papers).await {
        Ok(0) => {}
        Ok(swept) => tracing::info!(swept, "removed files that belong to no document"),
        Err(error) => tracing::warn!(%error, "could not sweep the documents' files"),
    }
}
