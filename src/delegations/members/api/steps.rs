//! The steps of a member over HTTP: one route for each.

use actix_web::{HttpResponse, web};
use serde_json::Value;

use crate::access::Action;
use crate::delegations::api::{Note, Why, parsed};
use crate::delegations::members::commands;
use crate::delegations::members::status::Step;
use crate::delegations::members::view::MemberView;
use crate::http::{self, Call, Json};
use crate::ids::MemberId;
use crate::problem::Problem;
use crate::text::ParticipantCode;

/// For each step: its path, its body, and the step that it makes of the reason.
macro_rules! steps {
    ($($(#[$doc:meta])* $name:ident $path:literal $body:ident => $step:expr;)+) => {$(
        $(#[$doc])*
        #[utoipa::path(post, path = $path, tag = "members",
            params(("code" = ParticipantCode, Path), ("id" = MemberId, Path)),
            request_body = $body, responses((status = 200, body = MemberView),
                (status = 409, body = crate::problem::Body), (status = 412, body = crate::problem::Body)))]
        pub async fn $name(
            call: Call<Json<Value>>,
            path: web::Path<(ParticipantCode, MemberId)>,
        ) -> Result<HttpResponse, Problem> {
            let (code, id) = path.into_inner();
            call.actor.see(Action::ReadDelegation(&code))?;
            let if_match = call.if_match()?;
            let $body { reason } = parsed(&call.body.0)?;
            let (step, ceremony) = ($step(reason), &call.app.ceremony);
            let db = &call.app.db;
            http::written(commands::go(db, &call.actor, &code, id, if_match, &step, ceremony).await?)
        }
    )+};
}

steps! {
    /// Hands an entry to the secretariat. R36: the answer lists everything that is missing, here and of papers where
    /// the checklist requires some.
    submit "/api/v1/delegations/{code}/members/{id}/submit" Note => Step::Submit;
    /// Hands an entry on to the host's security.
    pre_approve "/api/v1/delegations/{code}/members/{id}/pre-approve" Note => Step::PreApprove;
    /// Clears a person, or lifts a hold or a suspension.
    approve "/api/v1/delegations/{code}/members/{id}/approve" Note => Step::Approve;
    /// Refuses a person; where they were cleared, `revoked` says so.
    reject "/api/v1/delegations/{code}/members/{id}/reject" Why => Step::Reject;
    /// Waits with a person.
    hold "/api/v1/delegations/{code}/members/{id}/hold" Why => Step::Hold;
    /// Takes a clearance back for now.
    suspend "/api/v1/delegations/{code}/members/{id}/suspend" Why => Step::Suspend;
    /// Takes a clearance back for good.
    revoke "/api/v1/delegations/{code}/members/{id}/revoke" Why => Step::Revoke;
    /// Takes an entry back.
    withdraw "/api/v1/delegations/{code}/members/{id}/withdraw" Why => Step::Withdraw;
}
