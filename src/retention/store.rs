//! The questions that retention asks of the database.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use sqlx::types::Json;

use super::model::{Certificate, Counts, Datum, LegalHold, Lifted, Rule};
use crate::documents::Digest;
use crate::ids::{AccountId, CertificateId, LegalHoldId, MemberId};
use crate::page::{Limit, Version};
use crate::text::{ParticipantCode, Reason};

/// What was forgotten, and which files belong to nothing any more.
#[derive(Debug, Default)]
pub struct Forgotten {
    pub counts: Counts,
    pub files: Vec<Digest>,
}

/// How many rows hold something, and how many of them are under a legal hold.
#[derive(Debug)]
pub struct Still {
    pub data: Datum,
    pub rows: i64,
    pub held: i64,
}

struct HoldRow {
    id: LegalHoldId,
    participant: ParticipantCode,
    member: Option<MemberId>,
    reason: Reason,
    placed_by: AccountId,
    placed_at: DateTime<Utc>,
    lifted_by: Option<AccountId>,
    lifted_at: Option<DateTime<Utc>>,
    lifted_reason: Option<Reason>,
    version: Version,
}

impl From<HoldRow> for LegalHold {
    fn from(row: HoldRow) -> Self {
        let lifted = row.lifted_by.zip(row.lifted_at).zip(row.lifted_reason);
        Self {
            id: row.id,
            participant: row.participant,
            member: row.member,
            reason: row.reason,
            placed_by: row.placed_by,
            placed_at: row.placed_at,
            lifted: lifted.map(|((by, at), reason)| Lifted { by, at, reason }),
            version: row.version,
        }
    }
}

/// Lets one after the other place a hold or forget something: what is held when it is asked is held when it is done.
pub async fn take_turn(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!("select pg_advisory_xact_lock(52, 0)").fetch_one(conn).await.map(drop)
}

/// The first members who still have some of these data: those who are under a hold, or those who are not.
pub async fn list_due(
    conn: &mut PgConnection,
    data: &[Datum],
    is_held: bool,
    limit: Option<i64>,
) -> Result<Vec<MemberId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select member_id as "id: MemberId" from member m
           where is_held(participant, member_id) = $2
             and ('name' = any($1)
               or 'passport' = any($1) and num_nonnulls(passport_number, passport_expires_on, other_passports) > 0
               or 'date_of_birth' = any($1) and date_of_birth is not null
               or 'email' = any($1) and email is not null
               or 'language' = any($1) and language is not null
               or 'nationality' = any($1) and nationality is not null
               or 'titles' = any($1) and num_nonnulls(form_of_address, functional_title, affiliation) > 0
               or 'identity_papers' = any($1) and exists (
                   select from document d where d.member_id = m.member_id and d.kind in ('passport', 'photo', 'press_card')
                   and not exists (select from full_powers f where f.document_id = d.document_id)))
           order by member_id limit $3"#,
        data as _,
        is_held,
        limit,
    )
    .fetch_all(conn)
    .await
}

/// Forgets data of those of these members who are not held.
pub async fn forget(
    conn: &mut PgConnection,
    members: &[MemberId],
    data: &[Datum],
    now: DateTime<Utc>,
) -> Result<Forgotten, sqlx::Error> {
    let row = sqlx::query!(
        r#"select counts as "counts!: Json<Counts>", files as "files!: Vec<Digest>" from forget($1, $2, $3)"#,
        members as _,
        data as _,
        now,
    )
    .fetch_one(conn)
    .await?;
    Ok(Forgotten { counts: row.counts.0, files: row.files })
}

/// Whether papers that identify persons and belong to nobody in particular are there to be forgotten.
pub async fn are_loose_papers(conn: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (
               select from document d
               where d.member_id is null and d.kind in ('passport', 'photo', 'press_card')
                 and not is_held(d.participant, null)
                 and not exists (select from full_powers f where f.document_id = d.document_id)) as "are!""#
    )
    .fetch_one(conn)
    .await
}

/// Forgets them.
pub async fn forget_loose_papers(conn: &mut PgConnection) -> Result<Forgotten, sqlx::Error> {
    let row = sqlx::query!(
        r#"select papers as "papers!", files as "files!: Vec<Digest>" from forget_loose_papers()"#
    )
    .fetch_one(conn)
    .await?;
    let counts = Counts { papers: row.papers, ..Counts::default() };
    Ok(Forgotten { counts, files: row.files })
}

/// Whether delegations that are not held still say where they are reached.
pub async fn are_contacts(conn: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (select from delegation where num_nonnulls(contact_email, remarks) > 0
                          and not is_held(participant, null)) as "are!""#
    )
    .fetch_one(conn)
    .await
}

/// Forgets where they are reached.
pub async fn forget_contacts(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
) -> Result<Forgotten, sqlx::Error> {
    let done = sqlx::query!(
        "update delegation set contact_email = null, remarks = null, updated_at = $1, version = version + 1
         where num_nonnulls(contact_email, remarks) > 0 and not is_held(participant, null)",
        now,
    )
    .execute(conn)
    .await?;
    let delegations = i64::try_from(done.rows_affected()).unwrap_or(i64::MAX);
    let counts = Counts { delegations, ..Counts::default() };
    Ok(Forgotten { counts, files: Vec::new() })
}

/// Whether something is left of drafts that were removed.
pub async fn are_removed(conn: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (select from member_version v
                          where v.family_name <> 'Erased' and not is_held(v.participant, v.member_id)
                            and not exists (select from member m where m.member_id = v.member_id)) as "are!""#
    )
    .fetch_one(conn)
    .await
}

/// Forgets it.
pub async fn forget_removed(conn: &mut PgConnection) -> Result<Forgotten, sqlx::Error> {
    let members = sqlx::query_scalar!(r#"select members as "members!" from forget_removed()"#);
    let counts = Counts { members: members.fetch_one(conn).await?, ..Counts::default() };
    Ok(Forgotten { counts, files: Vec::new() })
}

/// How many rows hold what. Who was erased is not counted: of them nothing is held.
pub async fn count_held(conn: &mut PgConnection) -> Result<Vec<Still>, sqlx::Error> {
    sqlx::query_as!(
        Still,
        r#"with person as (select m.*, is_held(participant, member_id) as held from member m),
                paper as (select d.*, is_held(participant, member_id) as held from document d
                          where kind in ('passport', 'photo', 'press_card')),
                contact as (select is_held(participant, null) as held from delegation
                            where num_nonnulls(contact_email, remarks) > 0)
           select data as "data!: Datum", count(*) as "rows!", count(*) filter (where held) as "held!" from (
               select 'passport' as data, held from person
               where num_nonnulls(passport_number, passport_expires_on, other_passports) > 0
               union all select 'date_of_birth', held from person where date_of_birth is not null
               union all select 'identity_papers', held from paper
               union all select 'email', held from person where email is not null
               union all select 'language', held from person where language is not null
               union all select 'delegation_contact', held from contact
               union all select 'nationality', held from person where nationality is not null
               union all select 'titles', held from person
               where num_nonnulls(form_of_address, functional_title, affiliation) > 0
               union all select 'name', held from person
               union all select 'full_powers', false from full_powers
               union all select 'speakers', false from statement
               union all select 'speakers', false from session where people <> '[]'
               union all select 'speakers', false from side_event_speaker
               union all select 'treaty_actions', false from act) as everything
           group by data"#
    )
    .fetch_all(conn)
    .await
}

/// How many holds stand, and how many certificates there are.
pub async fn count_papers_of_ours(conn: &mut PgConnection) -> Result<(i64, i64), sqlx::Error> {
    let row = sqlx::query!(
        r#"select (select count(*) from legal_hold where lifted_at is null) as "holds!",
                  (select count(*) from erasure_certificate) as "certificates!""#
    )
    .fetch_one(conn)
    .await?;
    Ok((row.holds, row.certificates))
}

/// Adds a certificate.
pub async fn insert_certificate(
    conn: &mut PgConnection,
    new: &Certificate,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into erasure_certificate (erasure_certificate_id, issued_at, account_id, rule, reason, data, members, counts)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        new.id as _,
        new.issued_at,
        new.account as _,
        new.rule as _,
        new.reason.as_ref() as _,
        new.data.as_slice() as _,
        new.members.as_slice() as _,
        Json(&new.counts) as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Certificates, the latest first, one more than a page holds: one by its identity, or those about a member.
pub async fn list_certificates(
    conn: &mut PgConnection,
    id: Option<CertificateId>,
    member: Option<MemberId>,
    before: Option<CertificateId>,
    limit: Limit,
) -> Result<Vec<Certificate>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select erasure_certificate_id as "id: CertificateId", issued_at, account_id as "account: AccountId",
                  rule as "rule: Rule", reason as "reason: Reason", data as "data: Vec<Datum>",
                  members as "members: Vec<MemberId>", counts as "counts: Json<Counts>"
           from erasure_certificate
           where ($1::uuid is null or erasure_certificate_id = $1) and ($2::uuid is null or members @> array[$2])
             and ($3::uuid is null or erasure_certificate_id < $3)
           order by erasure_certificate_id desc limit $4"#,
        id as _,
        member as _,
        before as _,
        limit.fetch(),
    );
    let rows = rows.fetch_all(conn).await?.into_iter().map(|row| Certificate {
        id: row.id,
        issued_at: row.issued_at,
        account: row.account,
        rule: row.rule,
        reason: row.reason,
        data: row.data,
        members: row.members,
        counts: row.counts.0,
    });
    Ok(rows.collect())
}

/// Adds a hold.
pub async fn insert_hold(conn: &mut PgConnection, new: &LegalHold) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into legal_hold (legal_hold_id, participant, member_id, reason, placed_by, placed_at, version)
         values ($1, $2, $3, $4, $5, $6, $7)",
        new.id as _,
        &new.participant as _,
        new.member as _,
        &new.reason as _,
        new.placed_by as _,
        new.placed_at,
        new.version as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Stores that a hold was lifted.
pub async fn save_hold(conn: &mut PgConnection, hold: &LegalHold) -> Result<(), sqlx::Error> {
    let lifted = hold.lifted.as_ref();
    sqlx::query!(
        "update legal_hold set lifted_by = $2, lifted_at = $3, lifted_reason = $4, version = $5 where legal_hold_id = $1",
        hold.id as _,
        lifted.map(|lifted| lifted.by) as _,
        lifted.map(|lifted| lifted.at),
        lifted.map(|lifted| &lifted.reason) as _,
        hold.version as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// A hold, its row locked.
pub async fn lock_hold(
    conn: &mut PgConnection,
    id: LegalHoldId,
) -> Result<Option<LegalHold>, sqlx::Error> {
    let locked = sqlx::query!(
        "select legal_hold_id from legal_hold where legal_hold_id = $1 for update",
        id as _,
    );
    locked.fetch_optional(&mut *conn).await?;
    let one = HoldsWanted { id: Some(id), ..HoldsWanted::default() };
    Ok(list_holds(conn, &one, Limit::default()).await?.pop())
}

/// Which holds are meant.
#[derive(Debug, Default)]
pub struct HoldsWanted<'a> {
    /// One of this identity.
    pub id: Option<LegalHoldId>,
    /// Of this participant.
    pub participant: Option<&'a ParticipantCode>,
    /// Such as stand, or such as were lifted.
    pub stands: Option<bool>,
    /// Before this one in the order.
    pub before: Option<LegalHoldId>,
}

/// Holds, the latest first, one more than a page holds.
pub async fn list_holds(
    conn: &mut PgConnection,
    wanted: &HoldsWanted<'_>,
    limit: Limit,
) -> Result<Vec<LegalHold>, sqlx::Error> {
    let rows = sqlx::query_as!(
        HoldRow,
        r#"select legal_hold_id as "id: LegalHoldId", participant as "participant: ParticipantCode",
                  member_id as "member: MemberId", reason as "reason: Reason", placed_by as "placed_by: AccountId",
                  placed_at, lifted_by as "lifted_by: AccountId", lifted_at, lifted_reason as "lifted_reason: Reason",
                  version as "version: Version"
           from legal_hold
           where ($1::uuid is null or legal_hold_id = $1) and ($2::text is null or participant = $2)
             and ($3::bool is null or (lifted_at is null) = $3) and ($4::uuid is null or legal_hold_id < $4)
           order by legal_hold_id desc limit $5"#,
        wanted.id as _,
        wanted.participant as _,
        wanted.stands,
        wanted.before as _,
        limit.fetch(),
    );
    Ok(rows.fetch_all(conn).await?.into_iter().map(LegalHold::from).collect())
}
