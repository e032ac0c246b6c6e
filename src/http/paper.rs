//! Papers, set where nobody waits behind them.

use std::sync::Arc;

use super::App;
use crate::paper::{self, Paper};
use crate::problem::{Code, Problem};

/// Sets a paper, at a desk beside the reactor.
pub async fn set(app: &App, paper: Paper) -> Result<Vec<u8>, Problem> {
    let unset = |cause| Problem::of(Code::Unavailable).because(cause);
    let desk = Arc::clone(&app.desks).acquire_owned().await.map_err(|e| unset(e.to_string()))?;
    let set = tokio::task::spawn_blocking(move || {
        let set = paper::set(&paper);
        // The desk goes with the work: whoever hangs up makes no room for another.
        drop(desk);
        set
    });
    set.await.map_err(|e| unset(e.to_string()))?.map_err(|e| unset(e.to_string()))
}
