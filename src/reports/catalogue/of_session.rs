//! What is printed of sessions, as they were last released: a paper that is handed out holds nothing of a draft and nothing
//! that is under embargo, whoever prints it.

use deserr::Deserr;
use serde::Serialize;

use crate::ids::SessionId;
use crate::input::Faults;
use crate::programme::releases::{Item, Sight, last_seen};
use crate::reports::report::{Filter, Source};

/// Of which session.
#[derive(Debug, Serialize, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OfSession {
    /// Of this session; of every one where nothing is said.
    #[deserr(default)]
    #[param(value_type = Option<uuid::Uuid>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<SessionId>,
}

impl Filter for OfSession {}

impl OfSession {
    /// The sessions that are meant, and take place, in the order of time.
    pub async fn find(&self, from: &mut Source) -> Result<Vec<Item>, sqlx::Error> {
        let mut items = last_seen(&mut from.tx, Sight::Accredited, from.now).await?;
        items.retain(|item| !item.is_cancelled && self.session.is_none_or(|id| item.id == id));
        Ok(items)
    }
}
