//! Requests about many members at once: the number of statements does not grow with the list.

use std::collections::HashMap;

use sqlx::PgConnection;
use sqlx::types::Json;

use crate::delegations::changes::commands::Ask;
use crate::delegations::changes::model::{ChangeRequest, Difference, Field};
use crate::delegations::changes::sealed as boxed;
use crate::delegations::members::sealed::own_key;
use crate::ids::{ChangeRequestId, MemberId};
use crate::text::ParticipantCode;
use crate::vault::Vault;

/// What is asked for and not decided yet about the members of a delegation, opened.
pub async fn open_of(
    conn: &mut PgConnection,
    vault: &Vault,
    participant: &ParticipantCode,
) -> Result<HashMap<MemberId, Difference>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select change_request_id as "id: ChangeRequestId", member_id as "member: MemberId",
                  difference as "difference: Json<Difference>", sealed_difference, sealed_key
           from change_request join member using (member_id)
           where change_request.participant = $1 and state = 'open'"#,
        participant as _,
    );
    let mut asked = HashMap::new();
    for row in rows.fetch_all(conn).await? {
        let secret = match row.sealed_difference {
            Some(sealed) => {
                boxed::open(&own_key(vault, row.member, &row.sealed_key)?, row.id, &sealed)?
            }
            None => Difference::default(),
        };
        asked.insert(row.member, row.difference.0.join(secret));
    }
    Ok(asked)
}

/// Adds requests with what of them is sealed. Answers whether all of them were: about none of the members another one
/// was open.
pub async fn insert_all(
    conn: &mut PgConnection,
    vault: &Vault,
    new: &[Ask],
) -> Result<bool, sqlx::Error> {
    let requests = || new.iter().map(|ask| &ask.request);
    let members: Vec<_> = requests().map(|request| request.member).collect();
    let keys = sqlx::query!(
        r#"select member_id as "id: MemberId", sealed_key from member where member_id = any($1)"#,
        &members as _,
    );
    let keys: HashMap<_, _> =
        keys.fetch_all(&mut *conn).await?.into_iter().map(|row| (row.id, row.sealed_key)).collect();
    let boxes = new.iter().map(|Ask { request, secret, .. }| {
        let wrapped = keys.get(&request.member).ok_or(sqlx::Error::RowNotFound)?;
        boxed::seal(&own_key(vault, request.member, wrapped)?, request.id, secret)
    });
    let boxes = boxes.collect::<Result<Vec<_>, _>>()?;
    let fields = |fields: &[Field]| fields.iter().map(Field::as_str).collect::<Vec<_>>().join(",");
    let done = sqlx::query!(
        "insert into change_request (change_request_id, participant, member_id, state, difference, sealed_fields,
             sealed_difference, is_material, note, requested_by, requested_at, updated_at, version)
         select id, participant, member_id, state, difference, string_to_array(sealed_fields, ','), sealed_difference,
             is_material, note, requested_by, requested_at, requested_at, version
         from unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::jsonb[], $6::text[], $7::bytea[], $8::bool[],
             $9::text[], $10::uuid[], $11::timestamptz[], $12::bigint[])
             as asked (id, participant, member_id, state, difference, sealed_fields, sealed_difference, is_material,
                 note, requested_by, requested_at, version)
         on conflict (member_id) where state = 'open' do nothing",
        requests().map(|request| request.id).collect::<Vec<_>>() as _,
        requests().map(|request| request.participant.clone()).collect::<Vec<_>>() as _,
        &members as _,
        requests().map(|request| request.state).collect::<Vec<_>>() as _,
        requests().map(|request| Json(request.plain.clone())).collect::<Vec<_>>() as _,
        &requests().map(|request| fields(&request.sealed)).collect::<Vec<_>>(),
        boxes as _,
        &requests().map(|request| request.is_material).collect::<Vec<_>>(),
        requests().map(|request| request.note.clone()).collect::<Vec<_>>() as _,
        requests().map(|request| request.requested_by).collect::<Vec<_>>() as _,
        &requests().map(|request| request.requested_at).collect::<Vec<_>>(),
        &requests().map(|request| request.version.0).collect::<Vec<_>>(),
    )
    .execute(conn)
    .await?;
    Ok(usize::try_from(done.rows_affected()).is_ok_and(|added| added == new.len()))
}

/// Stores decisions without a word, and forgets what was sealed.
pub async fn save_all(
    conn: &mut PgConnection,
    decided: &[ChangeRequest],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update change_request
         set state = said.state, assigned_to = null, sealed_difference = null, decided_by = said.decided_by,
             decided_at = said.decided_at, updated_at = said.updated_at, version = said.version
         from unnest($1::uuid[], $2::text[], $3::uuid[], $4::timestamptz[], $5::timestamptz[], $6::bigint[])
             as said (id, state, decided_by, decided_at, updated_at, version)
         where change_request_id = said.id",
        decided.iter().map(|request| request.id).collect::<Vec<_>>() as _,
        decided.iter().map(|request| request.state).collect::<Vec<_>>() as _,
        decided.iter().map(|request| request.decided_by).collect::<Vec<_>>() as _,
        decided.iter().map(|request| request.decided_at).collect::<Vec<_>>() as _,
        &decided.iter().map(|request| request.updated_at).collect::<Vec<_>>(),
        &decided.iter().map(|request| request.version.0).collect::<Vec<_>>(),
    )
    .execute(conn)
    .await
    .map(drop)
}
