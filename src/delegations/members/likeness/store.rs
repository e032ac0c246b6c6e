//! The questions that likenesses ask of the database.

use sqlx::PgConnection;

use super::model::{Likeness, marks};
use crate::delegations::members::model::Member;
use crate::delegations::members::{Identity, StatusName};
use crate::ids::MemberId;
use crate::text::ParticipantCode;
use crate::vault::Vault;

/// How many entries are marked in one transaction.
const BATCH_MEMBERS: i64 = 500;

/// Of each mark, how many others are told: who needs to know more looks at those first.
const TOLD: i64 = 5;

/// Another entry that is like one.
#[derive(Debug)]
pub struct Like {
    /// Which one.
    pub of: MemberId,
    /// By what.
    pub kind: Likeness,
    /// The other.
    pub other: MemberId,
    /// Whose delegation the other is in.
    pub participant: ParticipantCode,
    /// Where the other stands.
    pub status: StatusName,
}

/// Makes the marks of members anew, whose rows are stored already.
pub async fn mark(
    conn: &mut PgConnection,
    vault: &Vault,
    members: &[(&Member, &Identity)],
) -> Result<(), sqlx::Error> {
    let key = vault.marking();
    let key_id = key.id();
    let ids: Vec<_> = members.iter().map(|(member, _)| member.id).collect();
    sqlx::query!(
        "with gone as (delete from member_mark where member_id = any($1))
         update member set marked_with = $2 where member_id = any($1)",
        &ids as _,
        key_id.as_slice(),
    )
    .execute(&mut *conn)
    .await?;
    let (mut of, mut participants, mut kinds, mut hashes) = (vec![], vec![], vec![], vec![]);
    for (member, identity) in members {
        for mark in marks(&key, &member.person, identity) {
            of.push(member.id);
            participants.push(member.participant.clone());
            kinds.push(mark.kind);
            hashes.push(mark.hash.to_vec());
        }
    }
    sqlx::query!(
        "insert into member_mark (member_id, participant, kind, mark)
         select * from unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[])",
        &of as _,
        &participants as _,
        &kinds as _,
        &hashes,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Whether some members have no marks yet, or have them under another key.
pub async fn some_unmarked(conn: &mut PgConnection, key: [u8; 8]) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (select from member where marked_with is distinct from $1) as "some!""#,
        key.as_slice(),
    )
    .fetch_one(conn)
    .await
}

/// The first of them, their rows locked.
pub async fn lock_unmarked(
    conn: &mut PgConnection,
    key: [u8; 8],
) -> Result<Vec<(ParticipantCode, MemberId)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select participant as "participant: ParticipantCode", member_id as "id: MemberId" from member
           where marked_with is distinct from $1 order by member_id limit $2 for update"#,
        key.as_slice(),
        BATCH_MEMBERS,
    );
    Ok(rows.fetch_all(conn).await?.into_iter().map(|row| (row.participant, row.id)).collect())
}

/// Which other entries these are like: of each mark the first few.
pub async fn list_alike(
    conn: &mut PgConnection,
    members: &[MemberId],
) -> Result<Vec<Like>, sqlx::Error> {
    sqlx::query_as!(
        Like,
        r#"select own.member_id as "of: MemberId", own.kind as "kind: Likeness", other.member_id as "other: MemberId",
                  other.participant as "participant: ParticipantCode", other.status as "status: StatusName"
           from member_mark own cross join lateral (
               select member.member_id, member.participant, member.status
               from member_mark theirs join member using (member_id)
               where theirs.mark = own.mark and theirs.kind = own.kind and theirs.member_id <> own.member_id
               order by theirs.member_id limit $2) other
           where own.member_id = any($1)
           order by own.member_id, own.kind desc, other.member_id"#,
        members as _,
        TOLD,
    )
    .fetch_all(conn)
    .await
}
