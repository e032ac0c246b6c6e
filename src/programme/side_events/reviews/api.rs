//! Reviews over HTTP.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use deserr::Deserr;
use serde::Serialize;
use utoipa::ToSchema;

use super::commands;
use super::model::{Review, Scores, mean};
use super::store;
use crate::access::Action;
use crate::db::Answer;
use crate::http::{self, Call, Json};
use crate::ids::{AccountId, SideEventId};
use crate::input::Faults;
use crate::page::Page;
use crate::problem::Problem;
use crate::programme::side_events::commands::sponsor_of;
use crate::text::Reason;

/// What an officer thinks of an application.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SideEventReview)]
pub struct ReviewView<'a> {
    reviewer: AccountId,
    /// By criterion, 1 to 5.
    #[schema(value_type = BTreeMap<String, u8>)]
    scores: &'a Scores,
    /// Their mean, in hundredths.
    mean: Option<u16>,
    comment: Option<&'a Reason>,
    reviewed_at: DateTime<Utc>,
}

impl<'a> From<&'a Review> for ReviewView<'a> {
    fn from(review: &'a Review) -> Self {
        let Review { by, scores, comment, at } = review;
        Self {
            reviewer: *by,
            scores,
            mean: mean(std::iter::once(scores)),
            comment: comment.as_ref(),
            reviewed_at: *at,
        }
    }
}

/// A review that was just given.
#[derive(Debug)]
pub struct Reviewed(pub Review);

impl Answer for Reviewed {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&ReviewView::from(&self.0))
    }
}

/// What an officer thinks.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schema(as = NewSideEventReview)]
pub struct NewReview {
    /// 1 to 5 for each of the ceremony's criteria.
    scores: BTreeMap<String, u8>,
    #[deserr(default)]
    comment: Option<Reason>,
}

/// Lists what officers think of an application.
#[utoipa::path(get, path = "/api/v1/side-events/{id}/reviews", tag = "side events", params(("id" = SideEventId, Path)),
    responses((status = 200, body = Page<ReviewView>), (status = 404, body = crate::problem::Body)))]
pub async fn list(call: Call, id: web::Path<SideEventId>) -> Result<HttpResponse, Problem> {
    sponsor_of(&call.app.db, &call.actor, *id).await?;
    let scope = call.actor.see(Action::ReadDraftProgramme)?;
    let mut tx = call.app.db.read(&scope).await?;
    let reviews = store::list(&mut tx, *id).await?;
    let items = reviews.iter().map(ReviewView::from).collect();
    Ok(http::page(&Page { items, next: None, count: None }))
}

/// Says what one thinks of an application, once; said again, it takes the place of what one said before.
#[utoipa::path(post, path = "/api/v1/side-events/{id}/reviews", tag = "side events", params(("id" = SideEventId, Path)),
    request_body = NewReview,
    responses((status = 200, body = ReviewView), (status = 409, body = crate::problem::Body),
        (status = 422, body = crate::problem::Body)))]
pub async fn give(
    call: Call<Json<NewReview>>,
    id: web::Path<SideEventId>,
) -> Result<HttpResponse, Problem> {
    let Json(NewReview { scores, comment }) = call.body;
    let rules = &call.app.ceremony.programme.side_events;
    let scores = Scores::read(scores, &rules.criteria)?;
    let given = commands::give(&call.app.db, &call.actor, *id, &scores, comment.as_ref()).await?;
    http::written(given)
}
