//! The questions that the register asks of the database.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::PgConnection;

use super::model::{Entry, Iso2, M49, Participant, ParticipantKind, RegionalGroup};
use crate::collation::SortKey;
use crate::page::Version;
use crate::secret::hex;
use crate::text::{Label, ParticipantCode, Reason, Translated};

/// Which participants to list; what is not said does not matter.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// This one.
    pub code: Option<ParticipantCode>,
    /// Of any of these kinds.
    pub kinds: Option<Vec<ParticipantKind>>,
    /// Of any of these groups.
    pub regional_groups: Option<Vec<RegionalGroup>>,
    /// A member of this organization.
    pub member_of: Option<ParticipantCode>,
    /// With a name like this.
    pub pattern: Option<String>,
    /// Changed after this.
    pub updated_after: Option<DateTime<Utc>>,
}

/// What a row keeps beside what it says: made of its names by the program, anew with each version of the collation.
pub type Keys = (SortKey, String);

/// Lets no other transaction change the register until this one ends. Others read it, and refer to it, as before.
pub async fn lock_register(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!("lock table participant in share row exclusive mode").execute(conn).await.map(drop)
}

/// Participants in the Depositary's order (R27), those after a place, at most `limit` of them.
pub async fn list(
    conn: &mut PgConnection,
    filter: &Filter,
    after: Option<&SortKey>,
    limit: Option<i64>,
) -> Result<Vec<Entry>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select participant as "code: ParticipantCode", kind as "kind: ParticipantKind", iso2 as "iso2: Iso2", m49 as "m49: M49",
                  name_en as "en: Label", name_fr as "fr: Label", name_es as "es: Label", name_vi as "vi: Label",
                  depositary_name as "depositary_name: Label", formal_name as "formal_name: Label",
                  regional_group as "regional_group: RegionalGroup", aliases as "aliases: Vec<Label>",
                  added_reason as "added_reason: Reason", updated_at, version as "version: Version",
                  array(select m.member from organization_member m where m.organization = p.participant order by 1)
                      as "members!: Vec<ParticipantCode>",
                  array(select m.organization from organization_member m where m.member = p.participant order by 1)
                      as "member_of!: Vec<ParticipantCode>"
           from participant p
           where ($1::text is null or participant = $1) and ($2::text[] is null or kind = any ($2))
             and ($3::text[] is null or regional_group = any ($3))
             and ($4::text is null or participant in (select member from organization_member where organization = $4))
             and ($5::text is null or search_text like $5) and ($6::timestamptz is null or updated_at > $6)
             and ($7::bytea is null or sort_key > $7)
           order by sort_key limit $8"#,
        &filter.code as _,
        &filter.kinds as _,
        &filter.regional_groups as _,
        &filter.member_of as _,
        filter.pattern,
        filter.updated_after,
        after.map(SortKey::as_bytes),
        limit,
    )
    .fetch_all(conn)
    .await?;
    let entries = rows.into_iter().map(|row| Entry {
        participant: Participant {
            code: row.code,
            iso2: row.iso2,
            m49: row.m49,
            kind: row.kind,
            names: Translated { en: row.en, fr: row.fr, es: row.es, vi: row.vi },
            depositary_name: row.depositary_name,
            formal_name: row.formal_name,
            regional_group: row.regional_group,
            aliases: row.aliases,
            added_reason: row.added_reason,
        },
        members: row.members,
        member_of: row.member_of,
        updated_at: row.updated_at,
        version: row.version,
    });
    Ok(entries.collect())
}

/// How many participants a filter finds.
pub async fn count(conn: &mut PgConnection, filter: &Filter) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from participant
           where ($1::text is null or participant = $1) and ($2::text[] is null or kind = any ($2))
             and ($3::text[] is null or regional_group = any ($3))
             and ($4::text is null or participant in (select member from organization_member where organization = $4))
             and ($5::text is null or search_text like $5) and ($6::timestamptz is null or updated_at > $6)"#,
        &filter.code as _,
        &filter.kinds as _,
        &filter.regional_groups as _,
        &filter.member_of as _,
        filter.pattern,
        filter.updated_after,
    )
    .fetch_one(conn)
    .await
}

/// A participant with its ties and its version.
pub async fn find_entry(
    conn: &mut PgConnection,
    code: &ParticipantCode,
) -> Result<Option<Entry>, sqlx::Error> {
    let filter = Filter { code: Some(code.clone()), ..Filter::default() };
    Ok(list(conn, &filter, None, None).await?.pop())
}

/// A participant by its code.
pub async fn find(
    conn: &mut PgConnection,
    code: &ParticipantCode,
) -> Result<Option<Participant>, sqlx::Error> {
    Ok(find_entry(conn, code).await?.map(|entry| entry.participant))
}

/// The member States of an organization, by code; none for whatever is not one.
pub async fn members_of(
    conn: &mut PgConnection,
    organization: &ParticipantCode,
) -> Result<Vec<ParticipantCode>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select member as "member: ParticipantCode" from organization_member where organization = $1 order by member"#,
        organization as _,
    )
    .fetch_all(conn)
    .await
}

/// What each row is ordered and searched by.
pub async fn keys(conn: &mut PgConnection) -> Result<BTreeMap<ParticipantCode, Keys>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select participant as "code: ParticipantCode", sort_key as "sort_key: SortKey", search_text from participant"#
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.code, (row.sort_key, row.search_text))).collect())
}

/// Adds a participant. Answers `false` where its code is taken.
pub async fn insert(
    conn: &mut PgConnection,
    participant: &Participant,
    at: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    Ok(write(conn, [participant], false, at).await? == 1)
}

/// Saves participants, new ones and known ones.
pub async fn save(
    conn: &mut PgConnection,
    participants: impl IntoIterator<Item = &Participant>,
    at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    write(conn, participants, true, at).await.map(drop)
}

/// One statement for any number of rows; those that exist are overwritten or left alone.
async fn write(
    conn: &mut PgConnection,
    participants: impl IntoIterator<Item = &Participant>,
    overwrites: bool,
    at: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    let rows: Vec<_> = participants.into_iter().map(row).collect();
    let done = sqlx::query!(
        "insert into participant
             (participant, kind, iso2, m49, name_en, name_fr, name_es, name_vi, depositary_name, formal_name,
              regional_group, aliases, added_reason, sort_key, search_text, updated_at)
         select participant, kind, iso2, m49, name_en, name_fr, name_es, name_vi, depositary_name, formal_name,
                regional_group, aliases, added_reason, sort_key, search_text, $2
         from jsonb_populate_recordset(null::participant, $1)
         on conflict (participant) do update set
             kind = excluded.kind, iso2 = excluded.iso2, m49 = excluded.m49,
             name_en = excluded.name_en, name_fr = excluded.name_fr, name_es = excluded.name_es, name_vi = excluded.name_vi,
             depositary_name = excluded.depositary_name, formal_name = excluded.formal_name,
             regional_group = excluded.regional_group, aliases = excluded.aliases, added_reason = excluded.added_reason,
             sort_key = excluded.sort_key, search_text = excluded.search_text,
             updated_at = excluded.updated_at, version = participant.version + 1
         where $3",
        json!(rows),
        at,
        overwrites,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// A participant as a row of the table.
fn row(participant: &Participant) -> serde_json::Value {
    let Participant { names, .. } = participant;
    json!({
        "participant": participant.code,
        "kind": participant.kind,
        "iso2": participant.iso2,
        "m49": participant.m49,
        "name_en": names.en,
        "name_fr": names.fr,
        "name_es": names.es,
        "name_vi": names.vi,
        "depositary_name": participant.depositary_name,
        "formal_name": participant.formal_name,
        "regional_group": participant.regional_group,
        "aliases": participant.aliases,
        "added_reason": participant.added_reason,
        "sort_key": format!("\\x{}", hex(participant.sort_key().as_bytes())),
        "search_text": participant.search_text(),
    })
}

/// Makes these the member States of an organization, and no others.
pub async fn save_members(
    conn: &mut PgConnection,
    organization: &ParticipantCode,
    members: &BTreeSet<ParticipantCode>,
) -> Result<(), sqlx::Error> {
    let members: Vec<_> = members.iter().collect();
    sqlx::query!(
        "with gone as (delete from organization_member where organization = $1 and member <> all ($2::text[]))
         insert into organization_member (organization, member) select $1, unnest($2::text[]) on conflict do nothing",
        organization as _,
        members as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Counts a change of what participants are tied to.
pub async fn touch(
    conn: &mut PgConnection,
    codes: &BTreeSet<ParticipantCode>,
    at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let codes: Vec<_> = codes.iter().collect();
    sqlx::query!(
        "update participant set updated_at = $2, version = version + 1 where participant = any ($1)",
        codes as _,
        at,
    )
    .execute(conn)
    .await
    .map(drop)
}
