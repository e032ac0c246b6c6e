//! Devices over HTTP.

use actix_web::{HttpResponse, web};
use deserr::Deserr;
use utoipa::ToSchema;

use super::commands::{self, Error};
use super::model::Profile;
use super::store;
use super::view::{DeviceView, IssuedView};
use crate::access::policy::{Action, Denied};
use crate::http::{self, Call, Json, NoBody};
use crate::ids::DeviceId;
use crate::input::{Faults, Moment};
use crate::page::{Cursor, Limit, Page};
use crate::problem::{Code, Problem};
use crate::text::{Fault, Label};

/// Which device gets a token.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct NewDevice {
    /// Which one it is: `Scanner 3, Gate A`.
    name: Label,
    /// What it is for, which decides what its token opens.
    profile: Profile,
    /// When the token ends; left out, after as many days as such tokens may last.
    #[deserr(default)]
    expires_at: Option<Moment>,
}

/// Gives a device a token of its own, which opens what its profile needs and nothing else. The token is in the answer, and
/// nowhere else. The administrator and the host's security do this.
#[utoipa::path(post, path = "/api/v1/devices", tag = "access", request_body = NewDevice,
    responses((status = 201, body = IssuedView<'_>), (status = 422, body = crate::problem::Body)))]
pub async fn create(call: Call<Json<NewDevice>>) -> Result<HttpResponse, Problem> {
    let Json(NewDevice { name, profile, expires_at }) = &call.body;
    let (db, days) = (&call.app.db, call.app.config.access.device_days.get());
    let expires_at = expires_at.map(|Moment(at)| at.to_utc());
    http::written(commands::create(db, &call.actor, (name, *profile), expires_at, days).await?)
}

/// Which devices to list.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DeviceFilter {
    /// How many: 1 to 200.
    #[deserr(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// The `next` of the page before.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
}

/// Lists the devices that have or had a token, the oldest first.
#[utoipa::path(get, path = "/api/v1/devices", tag = "access", params(DeviceFilter),
    responses((status = 200, body = Page<DeviceView>)))]
pub async fn list(call: Call<NoBody, DeviceFilter>) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::KeepDevices)?;
    let DeviceFilter { limit, cursor } = call.query;
    let after = cursor.as_ref().map(Cursor::id).transpose()?;
    let mut tx = call.app.db.read(&scope).await?;
    let rows = store::list(&mut tx, after, limit).await?;
    let page = Page::cut(rows, limit, |device| Cursor(vec![device.id.to_string()]));
    Ok(http::page(&page.map(|device| DeviceView::from(&device))))
}

/// Reads a device, and when it was last used.
#[utoipa::path(get, path = "/api/v1/devices/{id}", tag = "access", params(("id" = DeviceId, Path)),
    responses((status = 200, body = DeviceView), (status = 404, body = crate::problem::Body)))]
pub async fn show(call: Call, id: web::Path<DeviceId>) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::KeepDevices)?;
    let mut tx = call.app.db.read(&scope).await?;
    http::item_anew(&store::find(&mut tx, *id).await?.ok_or(Denied::Invisible)?)
}

/// Ends a device's token: it was lost, or its task is done. The device stays in the list.
#[utoipa::path(delete, path = "/api/v1/devices/{id}", tag = "access", params(("id" = DeviceId, Path)),
    responses((status = 200, body = DeviceView), (status = 404, body = crate::problem::Body),
        (status = 409, body = crate::problem::Body), (status = 412, body = crate::problem::Body)))]
pub async fn revoke(call: Call, id: web::Path<DeviceId>) -> Result<HttpResponse, Problem> {
    http::written(commands::revoke(&call.app.db, &call.actor, *id, call.if_match()?).await?)
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Denied(denied) => denied.into(),
            Error::Expiry(days) => Faults::at(
                "/expires_at",
                Fault::new(
                    "out_of_range",
                    format!("a time to come, at most {days} days ahead, is expected"),
                ),
            )
            .into(),
            Error::Revoked => Self::of(Code::IllegalTransition)
                .detail("The device's token has been ended already."),
            Error::Stale(stale) => stale.into(),
            Error::Shut(shut) => shut.into(),
            Error::Database(error) => error.into(),
        }
    }
}
