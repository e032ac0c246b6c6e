//! The questions that checklists ask of the database: three, for however many delegations and members.

use chrono::NaiveDate;
use sqlx::PgConnection;

use super::model::{Enrolled, Facts};
use crate::delegations::members::{Function, Rank, StatusName};
use crate::documents::{self, Held};
use crate::ids::MemberId;
use crate::participants::ParticipantKind;
use crate::text::{ParticipantCode, PersonName};

/// What the checklists of these participants' delegations are made of, of those that there are.
pub async fn facts(
    conn: &mut PgConnection,
    codes: &[ParticipantCode],
    today: NaiveDate,
) -> Result<Vec<Facts>, sqlx::Error> {
    let delegations = sqlx::query!(
        r#"select d.participant as "code: ParticipantCode", p.kind as "kind: ParticipantKind"
           from delegation d join participant p using (participant) where d.participant = any($1)"#,
        codes as _,
    )
    .fetch_all(&mut *conn)
    .await?;
    if delegations.is_empty() {
        return Ok(Vec::new());
    }
    let mut members = enrolled(conn, codes).await?;
    let mut papers = documents::held(conn, codes).await?;
    let facts = delegations.into_iter().map(|row| {
        let is_theirs = |member: &mut Enrolled| member.participant == row.code;
        let members = members.extract_if(.., is_theirs).collect();
        let is_theirs = |paper: &mut Held| paper.participant == row.code;
        let papers = papers.extract_if(.., is_theirs).collect();
        Facts { participant: row.code, kind: row.kind, members, papers, today }
    });
    Ok(facts.collect())
}

/// The same for one participant, where it has a delegation.
pub async fn facts_of(
    conn: &mut PgConnection,
    code: &ParticipantCode,
    today: NaiveDate,
) -> Result<Option<Facts>, sqlx::Error> {
    Ok(facts(conn, std::slice::from_ref(code), today).await?.pop())
}

/// Those of these delegations who stand, by name.
async fn enrolled(
    conn: &mut PgConnection,
    codes: &[ParticipantCode],
) -> Result<Vec<Enrolled>, sqlx::Error> {
    sqlx::query_as!(
        Enrolled,
        r#"select member_id as "id: MemberId", participant as "participant: ParticipantCode",
                  family_name as "family_name: PersonName", given_names as "given_names: PersonName",
                  function as "function: Function", rank as "rank: Rank", status as "status: StatusName"
           from member where participant = any($1) and stands order by sort_name, member_id"#,
        codes as _,
    )
    .fetch_all(conn)
    .await
}
