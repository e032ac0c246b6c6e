//! Checklists over HTTP.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::model::{Facts, Line};
use super::needs::{Checklists, Item, Level};
use super::store;
use crate::access::{Action, Actor, Denied};
use crate::db::Answer;
use crate::delegations::members::StatusName;
use crate::delegations::sight::Sight;
use crate::documents;
use crate::http::{self, Call};
use crate::ids::MemberId;
use crate::problem::Problem;
use crate::text::{ParticipantCode, PersonName};

/// What a delegation and its members need, and what of it is there. Lines about papers that the reader may not know of
/// are left out, and not counted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Checklist)]
pub struct ChecklistView {
    participant: ParticipantCode,
    /// Required and not there, of the delegation as a whole.
    required_open: usize,
    /// Recommended and not there, of the delegation as a whole.
    recommended_open: usize,
    /// What the delegation needs as a whole.
    items: Vec<Line>,
    /// Its members who stand, by name.
    members: Vec<MemberChecklistView>,
}

/// What a member needs, and what of it is there.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MemberChecklist)]
pub struct MemberChecklistView {
    id: MemberId,
    family_name: PersonName,
    given_names: Option<PersonName>,
    status: StatusName,
    required_open: usize,
    recommended_open: usize,
    items: Vec<Line>,
}

impl Answer for ChecklistView {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }
}

/// Reads the checklist of a delegation: each item, how far it is, whether it is needed, and who has to act.
#[utoipa::path(get, path = "/api/v1/delegations/{code}/checklist", tag = "delegations",
    params(("code" = ParticipantCode, Path)),
    responses((status = 200, body = ChecklistView), (status = 404, body = crate::problem::Body)))]
pub async fn show(
    request: HttpRequest,
    call: Call,
    code: web::Path<ParticipantCode>,
) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::ReadDelegation(&code))?;
    let today = call.app.db.clock.now().date_naive();
    let mut tx = call.app.db.read(&scope).await?;
    let facts = store::facts_of(&mut tx, &code, today).await?.ok_or(Denied::Invisible)?;
    http::item(&request, &view(&call.actor, &code, &facts, &call.app.ceremony.checklists))
}

fn view(
    actor: &Actor,
    code: &ParticipantCode,
    facts: &Facts,
    checklists: &Checklists,
) -> ChecklistView {
    let sight = Sight::of(actor, code);
    let is_seen = |line: &Line| match line.item {
        Item::Head => sight.protocol,
        Item::Paper(kind) => actor.may(documents::to_know(kind, code)),
    };
    let items: Vec<Line> =
        facts.of_delegation(checklists).into_iter().map(|(_, line)| line).filter(is_seen).collect();
    let members = facts.members.iter().map(|member| {
        let lines = facts.of_member(checklists, member).into_iter().map(|(_, line)| line);
        let items: Vec<Line> = lines.filter(is_seen).collect();
        MemberChecklistView {
            id: member.id,
            family_name: member.family_name.clone(),
            given_names: member.given_names.clone(),
            status: member.status,
            required_open: open(&items, Level::Required),
            recommended_open: open(&items, Level::Recommended),
            items,
        }
    });
    ChecklistView {
        participant: code.clone(),
        required_open: open(&items, Level::Required),
        recommended_open: open(&items, Level::Recommended),
        members: members.collect(),
        items,
    }
}

fn open(lines: &[Line], level: Level) -> usize {
    lines.iter().filter(|line| line.level == level && !line.is_met).count()
}
