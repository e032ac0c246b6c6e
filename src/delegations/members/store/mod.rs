//! The questions that members ask of the database.

pub mod bulk;
mod list;
mod many;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

pub use list::{MemberSort, Wanted, count, few, list};
pub use many::{lock_many, next, open_many, save_many, with_exempt_rank};

use super::likeness;
use super::model::{Identity, Member, Person};
use super::person::{Function, Nationality, Rank};
use super::sealed::{self, Boxes};
use super::status::{Status, StatusName};
use crate::ids::{AccountId, MemberId};
use crate::page::Version;
use crate::text::{Email, Label, Language, ParticipantCode, PersonName, Reason};
use crate::vault::{SealingKey, Vault};

struct Row {
    id: MemberId,
    participant: ParticipantCode,
    family_name: PersonName,
    given_names: Option<PersonName>,
    badge_name: PersonName,
    native_name: Option<PersonName>,
    form_of_address: Option<Label>,
    function: Function,
    rank: Rank,
    functional_title: Option<Label>,
    affiliation: Option<Label>,
    nationality: Option<Nationality>,
    email: Option<Email>,
    language: Option<Language>,
    status: StatusName,
    status_changed_at: DateTime<Utc>,
    status_reason: Option<Reason>,
    assigned_to: Option<AccountId>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    version: Version,
}

impl TryFrom<Row> for Member {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> Result<Self, sqlx::Error> {
        let status = Status::of(row.status, row.status_reason);
        Ok(Self {
            id: row.id,
            participant: row.participant,
            person: Person {
                family_name: row.family_name,
                given_names: row.given_names,
                badge_name: row.badge_name,
                native_name: row.native_name,
                form_of_address: row.form_of_address,
                function: row.function,
                rank: row.rank,
                functional_title: row.functional_title,
                affiliation: row.affiliation,
                nationality: row.nationality,
                email: row.email,
                language: row.language,
            },
            status: status
                .ok_or_else(|| sqlx::Error::Decode("a status and its reason disagree".into()))?,
            since: row.status_changed_at,
            assigned_to: row.assigned_to,
            created_at: row.created_at,
            updated_at: row.updated_at,
            version: row.version,
        })
    }
}

/// Members without what is sealed; the one place that says how a row is read.
macro_rules! select {
    ($($tail:literal)+; $($value:expr),*) => {
        sqlx::query_as!(
            Row,
            r#"select member_id as "id: MemberId", participant as "participant: ParticipantCode",
                      family_name as "family_name: PersonName", given_names as "given_names: PersonName",
                      badge_name as "badge_name: PersonName", native_name as "native_name: PersonName",
                      form_of_address as "form_of_address: Label", function as "function: Function",
                      rank as "rank: Rank", functional_title as "functional_title: Label",
                      affiliation as "affiliation: Label", nationality as "nationality: Nationality",
                      email as "email: Email", language as "language: Language", status as "status: StatusName",
                      status_changed_at, status_reason as "status_reason: Reason",
                      assigned_to as "assigned_to: AccountId", created_at, updated_at,
                      version as "version: Version"
               from member "#
                $(+ $tail)+,
            $($value),*
        )
    };
}

use select;

/// Adds a member with its sealed identity.
pub async fn insert(
    conn: &mut PgConnection,
    vault: &Vault,
    new: &Member,
    identity: &Identity,
) -> Result<(), sqlx::Error> {
    let (sealed_key, boxes) = sealed::seal_anew(vault, new.id, identity)?;
    let Member { person, .. } = new;
    sqlx::query!(
        "insert into member (member_id, participant, family_name, given_names, badge_name, native_name,
             form_of_address, function, rank, functional_title, affiliation, nationality, email, language, sealed_key,
             date_of_birth, passport_number, passport_expires_on, status, status_changed_at, sort_name, search_text,
             created_at, updated_at, version, other_passports)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
             $23, $24, $25, $26)",
        new.id as _,
        &new.participant as _,
        &person.family_name as _,
        person.given_names.as_ref() as _,
        &person.badge_name as _,
        person.native_name.as_ref() as _,
        person.form_of_address.as_ref() as _,
        person.function as _,
        person.rank as _,
        person.functional_title.as_ref() as _,
        person.affiliation.as_ref() as _,
        person.nationality.as_ref() as _,
        person.email.as_ref() as _,
        person.language.as_ref() as _,
        sealed_key,
        boxes.date_of_birth,
        boxes.passport_number,
        boxes.passport_expires_on,
        new.status.name() as _,
        new.since,
        person.sort_name(),
        person.search_text(),
        new.created_at,
        new.updated_at,
        new.version as _,
        boxes.other_passports,
    )
    .execute(&mut *conn)
    .await?;
    likeness::mark(conn, vault, &[(new, identity)]).await
}

/// Stores a changed member, its identity sealed anew with the member's own key.
pub async fn save(
    conn: &mut PgConnection,
    vault: &Vault,
    changed: &Member,
    identity: &Identity,
) -> Result<(), sqlx::Error> {
    let key = own_key(&mut *conn, vault, changed.id).await?;
    let boxes = sealed::seal(&key, changed.id, identity)?;
    let Member { person, .. } = changed;
    sqlx::query!(
        "update member
         set family_name = $2, given_names = $3, badge_name = $4, native_name = $5, form_of_address = $6,
             function = $7, rank = $8, functional_title = $9, affiliation = $10, nationality = $11, email = $12,
             language = $13, date_of_birth = $14, passport_number = $15, passport_expires_on = $16, sort_name = $17,
             search_text = $18, updated_at = $19, version = $20, status = $21, status_changed_at = $22,
             status_reason = $23, other_passports = $24, assigned_to = $25
         where member_id = $1",
        changed.id as _,
        &person.family_name as _,
        person.given_names.as_ref() as _,
        &person.badge_name as _,
        person.native_name.as_ref() as _,
        person.form_of_address.as_ref() as _,
        person.function as _,
        person.rank as _,
        person.functional_title.as_ref() as _,
        person.affiliation.as_ref() as _,
        person.nationality.as_ref() as _,
        person.email.as_ref() as _,
        person.language.as_ref() as _,
        boxes.date_of_birth,
        boxes.passport_number,
        boxes.passport_expires_on,
        person.sort_name(),
        person.search_text(),
        changed.updated_at,
        changed.version as _,
        changed.status.name() as _,
        changed.since,
        changed.status.reason() as _,
        boxes.other_passports,
        changed.assigned_to as _,
    )
    .execute(&mut *conn)
    .await?;
    likeness::mark(conn, vault, &[(changed, identity)]).await
}

/// Stores where a member stands, and who works on it.
pub async fn save_status(conn: &mut PgConnection, member: &Member) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update member set status = $2, status_changed_at = $3, status_reason = $4, updated_at = $5, version = $6,
             assigned_to = $7
         where member_id = $1",
        member.id as _,
        member.status.name() as _,
        member.since,
        member.status.reason() as _,
        member.updated_at,
        member.version as _,
        member.assigned_to as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Removes a draft. Answers `false` where it is none.
pub async fn delete_draft(conn: &mut PgConnection, id: MemberId) -> Result<bool, sqlx::Error> {
    let done =
        sqlx::query!("delete from member where member_id = $1 and status = 'draft'", id as _)
            .execute(conn)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// A member of a participant's delegation, without what is sealed.
pub async fn find(
    conn: &mut PgConnection,
    participant: &ParticipantCode,
    id: MemberId,
) -> Result<Option<Member>, sqlx::Error> {
    let row = select!("where member_id = $1 and participant = $2"; id as _, participant as _);
    row.fetch_optional(conn).await?.map(Member::try_from).transpose()
}

/// The same, its row locked.
pub async fn lock(
    conn: &mut PgConnection,
    participant: &ParticipantCode,
    id: MemberId,
) -> Result<Option<Member>, sqlx::Error> {
    let row =
        select!("where member_id = $1 and participant = $2 for update"; id as _, participant as _);
    row.fetch_optional(conn).await?.map(Member::try_from).transpose()
}

/// What is sealed of a member, opened.
pub async fn open(
    conn: &mut PgConnection,
    vault: &Vault,
    id: MemberId,
) -> Result<Identity, sqlx::Error> {
    let row = sqlx::query!(
        "select sealed_key, date_of_birth, passport_number, passport_expires_on, other_passports from member
         where member_id = $1",
        id as _,
    )
    .fetch_one(conn)
    .await?;
    let boxes = Boxes {
        date_of_birth: row.date_of_birth,
        passport_number: row.passport_number,
        passport_expires_on: row.passport_expires_on,
        other_passports: row.other_passports,
    };
    sealed::open(vault, id, &row.sealed_key, &boxes)
}

/// The member's own key.
pub async fn own_key(
    conn: &mut PgConnection,
    vault: &Vault,
    id: MemberId,
) -> Result<SealingKey, sqlx::Error> {
    let wrapped =
        sqlx::query_scalar!("select sealed_key from member where member_id = $1", id as _)
            .fetch_one(conn)
            .await?;
    sealed::own_key(vault, id, &wrapped)
}

/// Whether a delegation has a member of one of these ranks who stands.
pub async fn has_rank(
    conn: &mut PgConnection,
    participant: &ParticipantCode,
    ranks: &[Rank],
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (select from member where participant = $1 and rank = any($2) and stands) as "has!""#,
        participant as _,
        ranks as _,
    )
    .fetch_one(conn)
    .await
}
