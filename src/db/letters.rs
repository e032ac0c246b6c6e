//! Letters that go with a write: stored in its transaction, so that none is sent of what did not happen, and none is
//! forgotten of what did.

use std::collections::BTreeSet;

use super::{Event, Tx};
use crate::ids::{AccountId, InvitationId, MailingId, MemberId, MessageId};
use crate::mail::{Letter, LetterKind, Mail, Reader, notice_of};
use crate::text::ParticipantCode;

/// One letter to one reader.
struct Row {
    id: MessageId,
    kind: LetterKind,
    account: Option<AccountId>,
    invitation: Option<InvitationId>,
    member: Option<MemberId>,
    mailing: Option<MailingId>,
    participant: Option<ParticipantCode>,
    sealed: Option<Vec<u8>>,
    gathers: f64,
}

/// The letters that go with these events: those that their command has written, and the notices that follow from what
/// happened, each once however often it happened in this write.
pub(super) fn of<'a>(events: impl Iterator<Item = &'a Event>) -> Vec<Mail> {
    let mut told = BTreeSet::new();
    let mut letters = Vec::new();
    for event in events {
        letters.extend(event.letters.iter().cloned());
        let notice = notice_of(event.kind, event.subject, event.participant.as_ref());
        if let Some(notice) = notice {
            let about = match &notice.to {
                Reader::FocalPoints => None,
                Reader::Account(_) | Reader::Invited(_) | Reader::Member(_) => event.subject,
            };
            if told.insert((notice.letter.kind(), about, notice.participant.clone())) {
                letters.push(notice);
            }
        }
    }
    letters
}

/// Stores letters with one statement, in the order of their readers, so that no two writes wait for each other.
pub(super) async fn append(tx: &mut Tx<'_>, letters: Vec<Mail>) -> Result<(), sqlx::Error> {
    if letters.is_empty() {
        return Ok(());
    }
    let mut rows = Vec::new();
    for Mail { to, participant, letter } in letters {
        let row = row(tx, &letter, participant.clone())?;
        match to {
            Reader::Account(id) => rows.push(Row { account: Some(id), ..row }),
            Reader::Member(id) => rows.push(Row { member: Some(id), ..row }),
            Reader::Invited(id) => {
                cancel_earlier(tx, id).await?;
                rows.push(Row { invitation: Some(id), ..row });
            }
            Reader::FocalPoints => {
                for id in focal_points(tx, participant.as_ref()).await? {
                    let row = self::row(tx, &letter, participant.clone())?;
                    rows.push(Row { account: Some(id), ..row });
                }
            }
        }
    }
    rows.sort_by_key(|row| (row.account, row.invitation, row.member));
    if rows.iter().any(|row| row.gathers > 0.0) {
        let held = hold_gathering(tx, &rows).await?;
        let is_held = |row: &Row| {
            let is_theirs = |(account, participant): &(_, _)| {
                row.account == Some(*account) && row.participant.as_ref() == Some(participant)
            };
            row.gathers > 0.0 && held.iter().any(is_theirs)
        };
        rows.retain(|row| !is_held(row));
    }
    // Who gathers at the same moment may have been faster: then theirs tells of this, too. Nothing is updated here: a mission
    // may write to an account, and read nothing of it, which an update would ask for.
    sqlx::query!(
        "insert into message (message_id, kind, account_id, invitation_id, participant, sealed, member_id, mailing_id, due_at)
         select message_id, kind, account_id, invitation_id, participant, sealed, member_id, mailing_id,
                now() + gathers * interval '1 second'
         from unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::text[], $6::bytea[], $7::float8[], $8::uuid[],
                     $9::uuid[])
             as written (message_id, kind, account_id, invitation_id, participant, sealed, gathers, member_id, mailing_id)
         on conflict do nothing",
        rows.iter().map(|row| row.id).collect::<Vec<_>>() as _,
        rows.iter().map(|row| row.kind).collect::<Vec<_>>() as _,
        rows.iter().map(|row| row.account).collect::<Vec<_>>() as _,
        rows.iter().map(|row| row.invitation).collect::<Vec<_>>() as _,
        rows.iter().map(|row| row.participant.clone()).collect::<Vec<_>>() as _,
        rows.iter().map(|row| row.sealed.clone()).collect::<Vec<_>>() as _,
        &rows.iter().map(|row| row.gathers).collect::<Vec<_>>(),
        rows.iter().map(|row| row.member).collect::<Vec<_>>() as _,
        rows.iter().map(|row| row.mailing).collect::<Vec<_>>() as _,
    )
    .execute(&mut **tx)
    .await
    .map(drop)
}

/// Whose letter of the same kind still waits for more. It is held: no worker takes it before this write is known to all.
async fn hold_gathering(
    tx: &mut Tx<'_>,
    rows: &[Row],
) -> Result<Vec<(AccountId, ParticipantCode)>, sqlx::Error> {
    let held = sqlx::query!(
        r#"select m.account_id as "account!: AccountId", m.participant as "participant!: ParticipantCode"
           from message m join unnest($1::uuid[], $2::text[]) as meant (account_id, participant)
               on m.account_id = meant.account_id and m.participant = meant.participant
           where m.kind = 'members_decided' and m.state = 'waiting' and m.attempts = 0
           order by m.account_id, m.participant for update of m"#,
        rows.iter().map(|row| row.account).collect::<Vec<_>>() as _,
        rows.iter().map(|row| row.participant.clone()).collect::<Vec<_>>() as _,
    );
    let held = held.fetch_all(&mut **tx).await?;
    Ok(held.into_iter().map(|row| (row.account, row.participant)).collect())
}

/// A letter for which a reader is still to be said.
fn row(
    tx: &Tx<'_>,
    letter: &Letter,
    participant: Option<ParticipantCode>,
) -> Result<Row, sqlx::Error> {
    let (id, kind) = (MessageId::fresh(), letter.kind());
    let sealed = letter.sealed(tx.vault, id);
    Ok(Row {
        id,
        kind,
        account: None,
        invitation: None,
        member: None,
        mailing: letter.mailing(),
        participant,
        sealed: sealed.map_err(|error| sqlx::Error::Encode(error.into()))?,
        gathers: kind.gathers_seconds(),
    })
}

/// A fresh code replaces the one before: a letter that still carries that one need not go out.
async fn cancel_earlier(tx: &mut Tx<'_>, invitation: InvitationId) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update message set state = 'cancelled', sealed = null, ended_at = now()
         where invitation_id = $1 and state = 'waiting'",
        invitation as _,
    )
    .execute(&mut **tx)
    .await
    .map(drop)
}

/// The accounts that speak for a participant today.
async fn focal_points(
    tx: &mut Tx<'_>,
    participant: Option<&ParticipantCode>,
) -> Result<Vec<AccountId>, sqlx::Error> {
    let today = tx.now.date_naive();
    sqlx::query_scalar!(
        r#"select a.account_id as "id: AccountId" from focal_point f join account a using (account_id)
           where f.participant = $1 and f.ended_at is null and (f.expires_on is null or f.expires_on >= $2)
             and a.disabled_at is null"#,
        participant as _,
        today,
    )
    .fetch_all(&mut **tx)
    .await
}
