//! Every path on one page.

use actix_web::http::header;
use actix_web::middleware::from_fn;
use actix_web::{HttpRequest, HttpResponse, web};
use utoipa::OpenApi;

use crate::access::Reach;
use crate::delegations::{
    self, changes, checklist, composition, imports, members, papers, queues, quotas,
};
use crate::full_powers::{overrides, requirement};
use crate::http;
use crate::invitations::focal_points;
use crate::outbox::mailings;
use crate::problem::{Code, Problem};
use crate::programme::side_events::{self, allocation, reviews};
use crate::programme::{calendar, conflicts, releases, rooms, seats, sessions, speakers};
use crate::treaty::{board, session};
use crate::{
    access, audit, documents, full_powers, invitations, ledger, outbox, participants, reports,
    retention, server, treaty,
};

/// From one list: the routes, their description, and what the tests walk.
macro_rules! routes {
    ($($path:literal { $($method:ident $($handler:ident)::+),+ $(,)? })+) => {
        /// Every route: method and path.
        pub const ROUTES: &[(&str, &str)] = &[$($((stringify!($method), $path)),+),+];

        /// Registers every route; a wrong method is a problem, too.
        pub fn register(config: &mut web::ServiceConfig) {
            $(config.service(
                web::resource(pattern($path))
                    $(.route(web::$method().to($($handler)::+)))+
                    .default_service(web::to(wrong_method))
                    .wrap(from_fn(http::in_time)),
            );)+
        }

        #[derive(OpenApi)]
        #[openapi(paths($($($($handler)::+),+),+), modifiers(&Bearer))]
        struct Described;
    };
}

routes! {
    "/health/live" { get server::api::live }
    "/health/ready" { get server::api::ready }
    "/metrics" { get server::metrics::show }
    "/openapi.json" { get server::api::openapi }
    "/problems/{slug}" { get server::api::problem }

    "/api/v1/auth/login" { post access::logins::api::log_in }
    "/api/v1/auth/login/passkey" { post access::logins::api::log_in_by_passkey }
    "/api/v1/auth/logout" { post access::logins::api::log_out }
    "/api/v1/auth/me" { get access::api::me }
    "/api/v1/auth/step-up" { post access::logins::api::step_up }
    "/api/v1/auth/factors" { get access::factors::api::show }
    "/api/v1/auth/totp" { post access::factors::api::enrol, delete access::factors::api::remove }
    "/api/v1/auth/totp/confirm" { post access::factors::api::confirm }
    "/api/v1/auth/passkeys" { get access::passkeys::api::list, post access::passkeys::api::add }
    "/api/v1/auth/passkeys/enrol" { post access::passkeys::api::begin }
    "/api/v1/auth/passkeys/challenge" { post access::passkeys::api::challenge }
    "/api/v1/auth/passkeys/{id}" { delete access::passkeys::api::remove }
    "/api/v1/auth/recovery-codes" { post access::factors::api::renew_paper }
    "/api/v1/auth/sessions" { get access::logins::api::list, delete access::logins::api::end_others }
    "/api/v1/auth/sessions/{id}" { get access::logins::api::show, delete access::logins::api::end }
    "/api/v1/auth/identities" { get access::identities::api::list }
    "/api/v1/auth/identities/{id}" { delete access::identities::api::remove }
    "/api/v1/auth/oidc/{provider}/start" { get access::oidc::api::start }
    "/api/v1/auth/oidc/{provider}/callback" { get access::oidc::api::finish, post access::oidc::api::hand_on }
    "/api/v1/auth/password" { post access::api::change_password }
    "/api/v1/api-keys" { get access::keys::api::list, post access::keys::api::create }
    "/api/v1/api-keys/{id}" { get access::keys::api::show, delete access::keys::api::delete }
    "/api/v1/devices" { get access::devices::api::list, post access::devices::api::create }
    "/api/v1/devices/{id}" { get access::devices::api::show, delete access::devices::api::revoke }
    "/api/v1/auth/password-reset" { post access::reset::api::ask }
    "/api/v1/auth/password-reset/confirm" { post access::reset::api::confirm }
    "/api/v1/audit" { get audit::api::list }
    "/api/v1/audit/verify" { get server::api::verify }
    "/api/v1/accounts" { get access::api::list, post access::api::create }
    "/api/v1/accounts/{id}" { get access::api::show, patch access::api::change }
    "/api/v1/accounts/{id}/sessions" { delete access::logins::api::end_all }
    "/api/v1/accounts/{id}/identities" { get access::identities::api::list_of }
    "/api/v1/accounts/{id}/identities/{identity}" { delete access::identities::api::remove_of }
    "/api/v1/accounts/{id}/disable" { post access::api::disable }
    "/api/v1/accounts/{id}/enable" { post access::api::enable }
    "/api/v1/accounts/{id}/reset-factors" { post access::factors::api::reset }
    "/api/v1/accounts/{id}/reset-password" { post access::api::reset_password }

    "/api/v1/invitations" { get invitations::api::list, post invitations::api::create }
    "/api/v1/invitations/accept" { post invitations::api::accept }
    "/api/v1/invitations/{id}" { get invitations::api::show }
    "/api/v1/invitations/{id}/invite" { post invitations::api::invite }
    "/api/v1/invitations/{id}/withdraw" { post invitations::api::withdraw }

    "/api/v1/participants" { get participants::api::list, post participants::api::create }
    "/api/v1/participants/{code}" { get participants::api::show, patch participants::api::change }

    "/api/v1/delegations" { get delegations::api::list, post delegations::api::create }
    "/api/v1/delegations/{code}" { get delegations::api::show, patch delegations::api::change }
    "/api/v1/delegations/{code}/submit" { post delegations::api::submit }
    "/api/v1/delegations/{code}/return" { post delegations::api::send_back }
    "/api/v1/delegations/{code}/accept" { post delegations::api::accept }
    "/api/v1/delegations/{code}/reject" { post delegations::api::reject }
    "/api/v1/delegations/{code}/withdraw" { post delegations::api::withdraw }
    "/api/v1/delegations/{code}/reopen" { post delegations::api::reopen }
    "/api/v1/delegations/{code}/assign" { post queues::api::assign_delegation }
    "/api/v1/delegations/{code}/quota-overrides" { get quotas::api::list, post quotas::api::create }
    "/api/v1/delegations/{code}/history" { get delegations::api::history }
    "/api/v1/delegations/{code}/checklist" { get checklist::api::show }
    "/api/v1/delegations/{code}/focal-points" { get focal_points::api::list, post focal_points::api::create }
    "/api/v1/delegations/{code}/focal-points/{id}" {
        get focal_points::api::show, patch focal_points::api::change, delete focal_points::api::delete
    }
    "/api/v1/delegations/{code}/focal-points/{id}/invite" { post focal_points::api::invite }
    "/api/v1/delegations/{code}/focal-points/{id}/make-primary" { post focal_points::api::make_primary }
    "/api/v1/focal-points" { get focal_points::api::list_all }
    "/api/v1/delegations/{code}/members" { get members::api::list, post members::api::create }
    "/api/v1/delegations/{code}/members/{id}" {
        get members::api::show, patch members::api::change, delete members::api::delete
    }
    "/api/v1/delegations/{code}/members/{id}/passport" { get members::api::passport }
    "/api/v1/delegations/{code}/members/{id}/submit" { post members::api::submit }
    "/api/v1/delegations/{code}/members/{id}/pre-approve" { post members::api::pre_approve }
    "/api/v1/delegations/{code}/members/{id}/approve" { post members::api::approve }
    "/api/v1/delegations/{code}/members/{id}/reject" { post members::api::reject }
    "/api/v1/delegations/{code}/members/{id}/hold" { post members::api::hold }
    "/api/v1/delegations/{code}/members/{id}/suspend" { post members::api::suspend }
    "/api/v1/delegations/{code}/members/{id}/revoke" { post members::api::revoke }
    "/api/v1/delegations/{code}/members/{id}/withdraw" { post members::api::withdraw }
    "/api/v1/delegations/{code}/members/{id}/assign" { post queues::api::assign_member }
    "/api/v1/members:batch" { post members::bulk::api::run }
    "/api/v1/queues" { get queues::api::list }
    "/api/v1/queues/{name}/take" { post queues::api::take }
    "/api/v1/members" { get members::api::list_all }
    "/api/v1/delegations/{code}/members/{id}/erase" { post retention::api::erase }
    "/api/v1/delegations/{code}/members/{id}/change-requests" {
        get changes::api::list, post changes::api::create
    }
    "/api/v1/change-requests" { get changes::api::list_all }
    "/api/v1/change-requests/{id}" { get changes::api::show }
    "/api/v1/change-requests/{id}/assign" { post queues::api::assign_change }
    "/api/v1/change-requests/{id}/accept" { post changes::api::accept }
    "/api/v1/change-requests/{id}/refuse" { post changes::api::refuse }
    "/api/v1/change-requests/{id}/withdraw" { post changes::api::withdraw }
    "/api/v1/delegations/{code}/composition" { get composition::api::show }
    "/api/v1/delegations/{code}/composition.{format}" { get reports::api::composition }
    "/api/v1/delegations/{code}/members.csv" { get imports::api::export }
    "/api/v1/delegations/{code}/import-template.csv" { get imports::api::template_csv }
    "/api/v1/delegations/{code}/import-template.xlsx" { get imports::api::template_xlsx }
    "/api/v1/imports" { get imports::api::list, post imports::api::upload }
    "/api/v1/imports/{id}" { get imports::api::show }
    "/api/v1/imports/{id}/commit" { post imports::api::commit }
    "/api/v1/imports/{id}/rollback" { post imports::api::rollback }

    "/api/v1/full-powers" { get full_powers::api::list, post full_powers::api::lodge }
    "/api/v1/full-powers/{id}" { get full_powers::api::show }
    "/api/v1/full-powers/{id}/check" { get requirement::api::check }
    "/api/v1/full-powers/{id}/overrides" { get overrides::api::list, post overrides::api::propose }
    "/api/v1/overrides/{id}" { get overrides::api::show }
    "/api/v1/overrides/{id}/withdraw" { post overrides::api::withdraw }
    "/api/v1/overrides/{id}/approve" { post overrides::api::approve }
    "/api/v1/delegations/{code}/members/{id}/signing-requirement" { get requirement::api::show }
    "/api/v1/full-powers/{id}/verify" { post full_powers::api::verify }
    "/api/v1/full-powers/{id}/confirm" { post full_powers::api::confirm }
    "/api/v1/full-powers/{id}/refuse" { post full_powers::api::refuse }
    "/api/v1/full-powers/{id}/revoke" { post full_powers::api::revoke }
    "/api/v1/full-powers/{id}/original-received" { post full_powers::api::receive_original }
    "/api/v1/appointments" { get full_powers::api::list_appointments, post full_powers::api::appoint }
    "/api/v1/appointments/{id}" { get full_powers::api::show_appointment }
    "/api/v1/appointments/{id}/cancel" { post full_powers::api::cancel }

    "/api/v1/treaty" { get treaty::api::status::treaty }
    "/api/v1/treaty/status" { get treaty::api::status::show }
    "/api/v1/treaty/status.csv" { get treaty::api::status::csv }
    "/api/v1/treaty/status.xml" { get treaty::api::status::as_xml }
    "/api/v1/treaty/status.pdf" { get treaty::api::status::as_pdf }
    "/api/v1/treaty/entry-into-force" { get treaty::api::status::entry_into_force }
    "/api/v1/treaty/stream" { get board::api::watch }
    "/api/v1/treaty/acts" { get treaty::api::acts::list, post treaty::api::acts::record }
    "/api/v1/treaty/acts/{id}" { get treaty::api::acts::show }
    "/api/v1/treaty/acts/{id}/certificate.pdf" { get reports::certificate::api::take }
    "/api/v1/treaty/acts/{id}/certify" { post treaty::api::acts::certify }
    "/api/v1/treaty/acts/{id}/withdraw" { post treaty::api::acts::withdraw }
    "/api/v1/treaty/acts/{id}/correct" { post treaty::api::acts::correct }
    "/api/v1/treaty/acts/{id}/notifications" { post treaty::api::acts::note }

    "/api/v1/signing/sessions" { get session::api::sessions }
    "/api/v1/signing/queue" { get session::api::queue }
    "/api/v1/signing/queue/order" { post session::api::order }
    "/api/v1/signing/queue/{code}" { get session::api::turn }
    "/api/v1/signing/queue/{code}/move" { post session::api::move_to }
    "/api/v1/signing/queue/{code}/call" { post session::api::call_up }
    "/api/v1/signing/queue/{code}/arrive" { post session::api::arrive }
    "/api/v1/signing/queue/{code}/defer" { post session::api::defer }
    "/api/v1/signing/queue/{code}/absent" { post session::api::absent }

    "/api/v1/rooms" { get rooms::api::list, post rooms::api::create }
    "/api/v1/rooms/{id}" { get rooms::api::show, patch rooms::api::change }
    "/api/v1/sessions" { get sessions::api::list, post sessions::api::create }
    "/api/v1/sessions/{id}" { get sessions::api::show, patch sessions::api::change }
    "/api/v1/sessions/{id}/cancel" { post sessions::api::cancel }
    "/api/v1/sessions/{id}/seating" { get seats::api::seating }
    "/api/v1/sessions/{id}/seating/history" { get seats::api::history }
    "/api/v1/sessions/{id}/seats" { get seats::api::list, post seats::api::book }
    "/api/v1/sessions/{id}/seats/{seat}" {
        get seats::api::show, patch seats::api::assign, delete seats::api::give_back
    }
    "/api/v1/sessions/{id}/waiting-list" { get seats::api::waiting_list, post seats::api::join }
    "/api/v1/sessions/{id}/waiting-list/{group}" { get seats::api::show_group }
    "/api/v1/sessions/{id}/waiting-list/{group}/accept" { post seats::api::accept }
    "/api/v1/sessions/{id}/waiting-list/{group}/withdraw" { post seats::api::withdraw }
    "/api/v1/sessions/{id}/waiting-list/{group}/move" { post seats::api::move_to }
    "/api/v1/sessions/{id}/replies" { post speakers::api::reply }
    "/api/v1/sessions/{id}/speakers" { get speakers::api::list, post speakers::api::inscribe }
    "/api/v1/sessions/{id}/speakers/{statement}" { get speakers::api::show, patch speakers::api::change }
    "/api/v1/sessions/{id}/speakers/{statement}/text" { get speakers::api::text, post speakers::api::hand_in }
    "/api/v1/sessions/{id}/speakers/{statement}/swap" { post speakers::api::swap }
    "/api/v1/sessions/{id}/speakers/{statement}/call" { post speakers::api::call_up }
    "/api/v1/sessions/{id}/speakers/{statement}/start" { post speakers::api::start }
    "/api/v1/sessions/{id}/speakers/{statement}/end" { post speakers::api::end }
    "/api/v1/sessions/{id}/speakers/{statement}/withdraw" { post speakers::api::withdraw }
    "/api/v1/programme" { get releases::api::show }
    "/api/v1/calendar-feeds" { get calendar::feeds::api::list, post calendar::feeds::api::create }
    "/api/v1/calendar-feeds/{id}" { get calendar::feeds::api::show, delete calendar::feeds::api::revoke }
    "/api/v1/calendars/{token}" { get calendar::feeds::api::read }
    "/api/v1/programme.ics" { get calendar::api::programme }
    "/api/v1/programme/conflicts" { get conflicts::api::list }
    "/api/v1/programme/allocations" { get allocation::api::list, post allocation::api::propose }
    "/api/v1/programme/allocations/{id}" { get allocation::api::show }
    "/api/v1/programme/allocations/{id}/apply" { post allocation::api::apply }
    "/api/v1/side-events" { get side_events::api::list, post side_events::api::create }
    "/api/v1/side-events/{id}" { get side_events::api::show, patch side_events::api::change }
    "/api/v1/side-events/{id}/submit" { post side_events::api::submit }
    "/api/v1/side-events/{id}/withdraw" { post side_events::api::withdraw }
    "/api/v1/side-events/{id}/accept" { post side_events::api::accept }
    "/api/v1/side-events/{id}/reject" { post side_events::api::reject }
    "/api/v1/side-events/{id}/schedule" { post side_events::api::schedule }
    "/api/v1/side-events/{id}/history" { get side_events::api::history }
    "/api/v1/side-events/{id}/reviews" { get reviews::api::list, post reviews::api::give }
    "/api/v1/side-events/{id}/co-sponsors/{code}/confirm" { post side_events::api::confirm }
    "/api/v1/side-events/{id}/co-sponsors/{code}/decline" { post side_events::api::decline }
    "/api/v1/programme/releases" { get releases::api::list, post releases::api::create }
    "/api/v1/programme/releases/{version}" { get releases::api::compare }

    "/api/v1/ledger/checkpoint" { get ledger::api::checkpoint }
    "/api/v1/ledger/entries" { get ledger::api::entries }
    "/api/v1/ledger/proofs/inclusion/{act}" { get ledger::api::inclusion }
    "/api/v1/ledger/proofs/consistency" { get ledger::api::consistency }
    "/api/v1/ledger/bundle" { get ledger::api::export }
    "/api/v1/ledger/orders" { get ledger::orders::api::list, post ledger::orders::api::propose }
    "/api/v1/ledger/orders/{id}" { get ledger::orders::api::show }
    "/api/v1/ledger/orders/{id}/confirm" { post ledger::orders::api::confirm }
    "/api/v1/ledger/tile/{path}" { get ledger::api::tile }

    "/api/v1/documents" { get documents::api::list, post documents::api::upload }
    "/api/v1/documents/{id}" { get documents::api::show }
    "/api/v1/documents/{id}/content" { get documents::api::content }
    "/api/v1/documents/{id}/verify" { post papers::api::verify }
    "/api/v1/documents/{id}/original-seen" { post documents::api::original_seen }
    "/api/v1/documents/{id}/refuse" { post documents::api::refuse }

    "/api/v1/messages" { get outbox::api::list }
    "/api/v1/messages/{id}" { get outbox::api::show }
    "/api/v1/messages/{id}/resend" { post outbox::api::resend }
    "/api/v1/mailings" { get mailings::api::list, post mailings::api::create }
    "/api/v1/mailings/{id}" { get mailings::api::show }
    "/api/v1/mailings/{id}/preview" { get mailings::api::preview }
    "/api/v1/mailings/{id}/test" { post mailings::api::test }
    "/api/v1/mailings/{id}/approve" { post mailings::api::approve }
    "/api/v1/mailings/{id}/withdraw" { post mailings::api::withdraw }
    "/api/v1/letters/{kind}" { get outbox::api::preview }

    "/api/v1/retention" { get retention::api::report }
    "/api/v1/legal-holds" { get retention::api::list_holds, post retention::api::hold }
    "/api/v1/legal-holds/{id}" { get retention::api::show_hold }
    "/api/v1/legal-holds/{id}/lift" { post retention::api::lift }
    "/api/v1/erasure-certificates" { get retention::api::list_certificates }
    "/api/v1/erasure-certificates/{id}" { get retention::api::show_certificate }

    "/api/v1/reports" { get reports::api::list }
    "/api/v1/reports/{report}.{format}" { get reports::api::take }
    "/api/v1/statistics/{statistic}" { get reports::statistics::api::show }
    "/api/v1/exports" { post reports::jobs::api::ask }
    "/api/v1/exports/{id}" { get reports::api::manifest }
    "/api/v1/jobs/{id}" { get reports::jobs::api::show, delete reports::jobs::api::cancel }
    "/api/v1/jobs/{id}/result" { get reports::jobs::api::result }
    "/api/v1/export-schedules" { get reports::schedules::api::list, post reports::schedules::api::create }
    "/api/v1/export-schedules/{id}" { get reports::schedules::api::show, delete reports::schedules::api::delete }
    "/api/v1/export-schedules/{id}/stop" { post reports::schedules::api::stop }
    "/api/v1/export-schedules/{id}/resume" { post reports::schedules::api::resume }
}

/// The description of the API (OpenAPI 3.1).
#[must_use]
pub fn description() -> utoipa::openapi::OpenApi {
    let mut described = Described::openapi();
    "hanoi-ceremony".clone_into(&mut described.info.title);
    described.info.description =
        Some("The back end of a treaty signing ceremony: delegations, full powers, signatures, programme, reports.".to_owned());
    reports::api::describe(&mut described);
    http::describe(&mut described);
    described
}

/// Every route but those marked otherwise wants a token; of a key, one that has the scope that the route names.
struct Bearer;

impl utoipa::Modify for Bearer {
    fn modify(&self, described: &mut utoipa::openapi::OpenApi) {
        use utoipa::openapi::security::{
            Http, HttpAuthScheme, SecurityRequirement, SecurityScheme,
        };
        let components = described.components.get_or_insert_default();
        components
            .add_security_scheme("token", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
        described.security = Some(vec![SecurityRequirement::new("token", Vec::<String>::new())]);
        for (method, path) in ROUTES {
            let Some(Reach::Key(scope)) = Reach::of(method, path) else { continue };
            let operation = described.paths.paths.get_mut(*path).and_then(|item| match *method {
                "get" => item.get.as_mut(),
                "post" => item.post.as_mut(),
                "patch" => item.patch.as_mut(),
                "delete" => item.delete.as_mut(),
                _ => None,
            });
            // What is for everybody says so itself.
            if let Some(operation) = operation.filter(|operation| operation.security.is_none()) {
                let needed = SecurityRequirement::new("token", [scope.as_str()]);
                operation.security = Some(vec![needed]);
            }
        }
    }
}

/// A path as the router reads it: what is called `path` may have slashes in it.
fn pattern(path: &str) -> String {
    path.replace("{path}", "{path:.*}")
}

/// One for all paths: what is around a handler is compiled once for each.
async fn wrong_method(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let asked = request.match_pattern();
    let known = ROUTES.iter().filter(|(_, path)| asked.as_deref() == Some(&*pattern(path)));
    let allow = known.map(|(method, _)| method.to_uppercase()).collect::<Vec<_>>().join(", ");
    Err(Problem::of(Code::MethodNotAllowed).header(header::ALLOW, &allow))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::KeyScope;

    #[test]
    fn every_route_says_which_tokens_open_it() {
        let undecided: Vec<_> =
            ROUTES.iter().filter(|(method, path)| Reach::of(method, path).is_none()).collect();
        assert!(
            undecided.is_empty(),
            "closed to every key until src/access/reach.rs knows them: {undecided:?}"
        );
    }

    #[test]
    fn every_scope_of_keys_opens_a_route() {
        let opens = |scope: &KeyScope| {
            let of_report = scope
                .as_str()
                .strip_prefix("reports:")
                .and_then(|name| Reach::of("get", &format!("/api/v1/reports/{name}.{{format}}")));
            of_report == Some(Reach::Key(*scope))
                || ROUTES
                    .iter()
                    .any(|(method, path)| Reach::of(method, path) == Some(Reach::Key(*scope)))
        };
        let idle: Vec<_> = KeyScope::ALL.iter().filter(|scope| !opens(scope)).collect();
        assert!(idle.is_empty(), "no route asks for them: {idle:?}");
    }
}
