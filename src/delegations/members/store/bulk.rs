//! Whole lists of members at once: the number of statements does not grow with the list.

use std::collections::HashMap;

use sqlx::PgConnection;

use super::{Row, select};
use crate::delegations::members::likeness;
use crate::delegations::members::model::{Identity, Member, Person};
use crate::delegations::members::person::{Function, Nationality, Rank};
use crate::delegations::members::sealed::{self, Boxes};
use crate::delegations::members::status::StatusName;
use crate::ids::{AccountId, MemberId};
use crate::page::Version;
use crate::text::{Email, Label, Language, ParticipantCode, PersonName, Reason};
use crate::vault::Vault;

/// All members of a delegation in the order of their names, with what is sealed of them.
pub async fn list_of(
    conn: &mut PgConnection,
    vault: &Vault,
    participant: &ParticipantCode,
) -> Result<Vec<(Member, Identity)>, sqlx::Error> {
    let rows = select!("where participant = $1 order by sort_name, member_id"; participant as _);
    let rows = rows.fetch_all(&mut *conn).await?;
    opened(conn, vault, participant, rows).await
}

/// The same in the order of their ids, their rows locked.
pub async fn lock_of(
    conn: &mut PgConnection,
    vault: &Vault,
    participant: &ParticipantCode,
) -> Result<Vec<(Member, Identity)>, sqlx::Error> {
    let rows = select!("where participant = $1 order by member_id for update"; participant as _);
    let rows = rows.fetch_all(&mut *conn).await?;
    opened(conn, vault, participant, rows).await
}

async fn opened(
    conn: &mut PgConnection,
    vault: &Vault,
    participant: &ParticipantCode,
    rows: Vec<Row>,
) -> Result<Vec<(Member, Identity)>, sqlx::Error> {
    let sealed = sqlx::query!(
        r#"select member_id as "id: MemberId", sealed_key, date_of_birth, passport_number, passport_expires_on,
                  other_passports
           from member where participant = $1"#,
        participant as _,
    );
    let mut identities = HashMap::new();
    for row in sealed.fetch_all(conn).await? {
        let boxes = Boxes {
            date_of_birth: row.date_of_birth,
            passport_number: row.passport_number,
            passport_expires_on: row.passport_expires_on,
            other_passports: row.other_passports,
        };
        identities.insert(row.id, sealed::open(vault, row.id, &row.sealed_key, &boxes)?);
    }
    // A draft that went in between the two statements has nothing to open.
    rows.into_iter()
        .filter_map(|row| {
            let identity = identities.remove(&row.id)?;
            Some(Member::try_from(row).map(|member| (member, identity)))
        })
        .collect()
}

/// Adds drafts with their sealed identities.
pub async fn insert_all(
    conn: &mut PgConnection,
    vault: &Vault,
    new: &[(Member, Identity)],
) -> Result<(), sqlx::Error> {
    let sealed = new.iter().map(|(member, identity)| sealed::seal_anew(vault, member.id, identity));
    let (keys, boxes): (Vec<_>, Vec<_>) =
        sealed.collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
    let columns = Columns::of(new, boxes);
    sqlx::query!(
        "insert into member (member_id, participant, family_name, given_names, badge_name, native_name,
             form_of_address, function, rank, functional_title, affiliation, nationality, email, language,
             date_of_birth, passport_number, passport_expires_on, sort_name, search_text, status, status_changed_at,
             created_at, updated_at, version, sealed_key, other_passports)
         select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
             $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::bytea[],
             $16::bytea[], $17::bytea[], $18::text[], $19::text[], $20::text[], $21::timestamptz[],
             $22::timestamptz[], $23::timestamptz[], $24::bigint[], $25::bytea[],
             $26::bytea[])",
        columns.id as _,
        new.iter().map(|(member, _)| member.participant.clone()).collect::<Vec<_>>() as _,
        columns.family_name as _,
        columns.given_names as _,
        columns.badge_name as _,
        columns.native_name as _,
        columns.form_of_address as _,
        columns.function as _,
        columns.rank as _,
        columns.functional_title as _,
        columns.affiliation as _,
        columns.nationality as _,
        columns.email as _,
        columns.language as _,
        columns.date_of_birth as _,
        columns.passport_number as _,
        columns.passport_expires_on as _,
        columns.sort_name as _,
        columns.search_text as _,
        new.iter().map(|(member, _)| member.status.name()).collect::<Vec<_>>() as _,
        new.iter().map(|(member, _)| member.since).collect::<Vec<_>>() as _,
        new.iter().map(|(member, _)| member.created_at).collect::<Vec<_>>() as _,
        new.iter().map(|(member, _)| member.updated_at).collect::<Vec<_>>() as _,
        columns.version as _,
        keys as _,
        columns.other_passports as _,
    )
    .execute(&mut *conn)
    .await?;
    mark(conn, vault, new).await
}

/// Stores what is said of members, their identities sealed anew with their own keys.
pub async fn save_all(
    conn: &mut PgConnection,
    vault: &Vault,
    changed: &[(Member, Identity)],
) -> Result<(), sqlx::Error> {
    let ids: Vec<_> = changed.iter().map(|(member, _)| member.id).collect();
    // Two who exchange an address, or the lead, would each meet the other still having it.
    let keys = sqlx::query!(
        r#"update member set email = null, function = 'staff' where member_id = any($1)
           returning member_id as "id: MemberId", sealed_key"#,
        &ids as _,
    );
    let keys: HashMap<_, _> =
        keys.fetch_all(&mut *conn).await?.into_iter().map(|row| (row.id, row.sealed_key)).collect();
    let boxes = changed.iter().map(|(member, identity)| {
        let wrapped = keys.get(&member.id).ok_or(sqlx::Error::RowNotFound)?;
        let key = sealed::own_key(vault, member.id, wrapped)?;
        sealed::seal(&key, member.id, identity)
    });
    let columns = Columns::of(changed, boxes.collect::<Result<_, _>>()?);
    sqlx::query!(
        "update member
         set family_name = said.family_name, given_names = said.given_names, badge_name = said.badge_name,
             native_name = said.native_name, form_of_address = said.form_of_address, function = said.function,
             rank = said.rank, functional_title = said.functional_title, affiliation = said.affiliation,
             nationality = said.nationality, email = said.email, language = said.language,
             date_of_birth = said.date_of_birth, passport_number = said.passport_number,
             passport_expires_on = said.passport_expires_on, sort_name = said.sort_name,
             search_text = said.search_text, updated_at = said.updated_at, version = said.version,
             other_passports = said.other_passports
         from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
             $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::bytea[], $15::bytea[], $16::bytea[],
             $17::text[], $18::text[], $19::timestamptz[], $20::bigint[], $21::bytea[])
             as said (member_id, family_name, given_names, badge_name, native_name, form_of_address, function, rank,
                 functional_title, affiliation, nationality, email, language, date_of_birth, passport_number,
                 passport_expires_on, sort_name, search_text, updated_at, version,
                 other_passports)
         where member.member_id = said.member_id",
        columns.id as _,
        columns.family_name as _,
        columns.given_names as _,
        columns.badge_name as _,
        columns.native_name as _,
        columns.form_of_address as _,
        columns.function as _,
        columns.rank as _,
        columns.functional_title as _,
        columns.affiliation as _,
        columns.nationality as _,
        columns.email as _,
        columns.language as _,
        columns.date_of_birth as _,
        columns.passport_number as _,
        columns.passport_expires_on as _,
        columns.sort_name as _,
        columns.search_text as _,
        changed.iter().map(|(member, _)| member.updated_at).collect::<Vec<_>>() as _,
        columns.version as _,
        columns.other_passports as _,
    )
    .execute(&mut *conn)
    .await?;
    mark(conn, vault, changed).await
}

/// Makes anew by what members are compared.
async fn mark(
    conn: &mut PgConnection,
    vault: &Vault,
    members: &[(Member, Identity)],
) -> Result<(), sqlx::Error> {
    let members: Vec<_> = members.iter().map(|(member, identity)| (member, identity)).collect();
    likeness::mark(conn, vault, &members).await
}

/// Removes drafts.
pub async fn delete_drafts(conn: &mut PgConnection, ids: &[MemberId]) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from member where member_id = any($1) and status = 'draft'", ids as _)
        .execute(conn)
        .await
        .map(drop)
}

/// Members by column.
struct Columns {
    id: Vec<MemberId>,
    family_name: Vec<PersonName>,
    given_names: Vec<Option<PersonName>>,
    badge_name: Vec<PersonName>,
    native_name: Vec<Option<PersonName>>,
    form_of_address: Vec<Option<Label>>,
    function: Vec<Function>,
    rank: Vec<Rank>,
    functional_title: Vec<Option<Label>>,
    affiliation: Vec<Option<Label>>,
    nationality: Vec<Option<Nationality>>,
    email: Vec<Option<Email>>,
    language: Vec<Option<Language>>,
    date_of_birth: Vec<Option<Vec<u8>>>,
    passport_number: Vec<Option<Vec<u8>>>,
    passport_expires_on: Vec<Option<Vec<u8>>>,
    other_passports: Vec<Option<Vec<u8>>>,
    sort_name: Vec<String>,
    search_text: Vec<String>,
    version: Vec<i64>,
}

impl Columns {
    fn of(members: &[(Member, Identity)], boxes: Vec<Boxes>) -> Self {
        fn each<T>(members: &[(Member, Identity)], read: impl Fn(&Person) -> T) -> Vec<T> {
            members.iter().map(|(member, _)| read(&member.person)).collect()
        }
        let mut columns = Self {
            id: members.iter().map(|(member, _)| member.id).collect(),
            family_name: each(members, |person| person.family_name.clone()),
            given_names: each(members, |person| person.given_names.clone()),
            badge_name: each(members, |person| person.badge_name.clone()),
            native_name: each(members, |person| person.native_name.clone()),
            form_of_address: each(members, |person| person.form_of_address.clone()),
            function: each(members, |person| person.function),
            rank: each(members, |person| person.rank),
            functional_title: each(members, |person| person.functional_title.clone()),
            affiliation: each(members, |person| person.affiliation.clone()),
            nationality: each(members, |person| person.nationality.clone()),
            email: each(members, |person| person.email.clone()),
            language: each(members, |person| person.language.clone()),
            date_of_birth: Vec::with_capacity(boxes.len()),
            passport_number: Vec::with_capacity(boxes.len()),
            passport_expires_on: Vec::with_capacity(boxes.len()),
            other_passports: Vec::with_capacity(boxes.len()),
            sort_name: each(members, Person::sort_name),
            search_text: each(members, Person::search_text),
            version: members.iter().map(|(member, _)| member.version.0).collect(),
        };
        for sealed in boxes {
            columns.date_of_birth.push(sealed.date_of_birth);
            columns.passport_number.push(sealed.passport_number);
            columns.passport_expires_on.push(sealed.passport_expires_on);
            columns.other_passports.push(sealed.other_passports);
        }
        columns
    }
}
