//! What officers are warned of.

use std::collections::BTreeMap;

use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;

use super::model::{Likeness, mixed};
use super::store::{self, Like};
use crate::delegations::members::model::Member;
use crate::delegations::members::status::StatusName;
use crate::ids::MemberId;
use crate::text::ParticipantCode;

/// Something about an entry that an officer should look at. It hinders nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = MemberWarning)]
pub struct WarningView {
    /// `same_passport`, `same_name_and_birth`, `mixed_scripts`
    code: &'static str,
    /// For people.
    detail: &'static str,
    /// The names that mix scripts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<&'static str>,
    /// The other entries; at most five for each passport, and for name and date of birth.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    members: Vec<LikeView>,
}

/// Another entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = LikeMember)]
struct LikeView {
    id: MemberId,
    participant: ParticipantCode,
    status: StatusName,
}

/// The warnings about these members, with one statement.
pub async fn warnings(
    conn: &mut PgConnection,
    members: &[&Member],
) -> Result<BTreeMap<MemberId, Vec<WarningView>>, sqlx::Error> {
    let ids: Vec<_> = members.iter().map(|member| member.id).collect();
    let alike = store::list_alike(conn, &ids).await?;
    let of = |member: &&Member| {
        let by = |kind| like(member.id, kind, &alike);
        let likes = Likeness::ALL.iter().filter_map(|kind| by(*kind));
        (member.id, likes.chain(deceptive(member)).collect())
    };
    Ok(members.iter().map(of).collect())
}

fn like(of: MemberId, kind: Likeness, alike: &[Like]) -> Option<WarningView> {
    let wanted = alike.iter().filter(|like| like.of == of && like.kind == kind);
    let mut members: Vec<LikeView> = Vec::new();
    for Like { other, participant, status, .. } in wanted {
        // Two passports may both be the other's.
        if members.iter().all(|seen| seen.id != *other) {
            let participant = participant.clone();
            members.push(LikeView { id: *other, participant, status: *status });
        }
    }
    let (code, detail) = match kind {
        Likeness::Passport => ("same_passport", "another entry has the same passport number"),
        Likeness::NameAndBirth => {
            ("same_name_and_birth", "another entry has the same name and date of birth")
        }
    };
    (!members.is_empty()).then_some(WarningView { code, detail, fields: Vec::new(), members })
}

fn deceptive(member: &Member) -> Option<WarningView> {
    let fields = mixed(&member.person);
    let detail = "a word of a name mixes letters of several scripts, which may look alike";
    let members = Vec::new();
    (!fields.is_empty()).then_some(WarningView { code: "mixed_scripts", detail, fields, members })
}
