//! Entries of the record on their way into the ledger, and receipts on their way out.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{model, store};
use crate::ceremony::Ceremony;
use crate::db::{Db, Scope, Written};
use crate::ids::{ActId, NotificationId};
use crate::ledger::{self, Entry, Error, Hindrance, Ledger, Log, Logged};
use crate::secret;
use crate::treaty::commands::Shown;

/// How long a salt is: past trying.
const SALT_BYTES: usize = 16;

/// All that would keep a start from signing, now. Nothing is changed.
pub async fn hindrances(
    db: &Db,
    ledger: &Ledger,
    ceremony: &Ceremony,
) -> Result<Vec<Hindrance>, Error> {
    ledger.look(db, &model::of_treaty(&ceremony.treaty).map_err(unwritable)?).await
}

/// Opens the record for signing: the first leaf says which treaty it is about. A record from before there was a ledger
/// enters it whole, in the order of recording; once there is one, nothing enters it but by being recorded.
pub async fn open_record(db: &Db, ledger: &Ledger, ceremony: &Ceremony) -> Result<(), Error> {
    let first = model::of_treaty(&ceremony.treaty).map_err(unwritable)?;
    ledger
        .open(db, &first, async |tx, ledger| {
            for row in store::acts(tx, None).await? {
                enter(tx, ledger, row.act_id, |salt| row.leaf(salt)).await?;
            }
            for row in store::notifications(tx, None).await? {
                enter(tx, ledger, row.act_notification_id, |salt| row.leaf(salt)).await?;
            }
            Ok(())
        })
        .await
}

/// Enters an entry of the record, in the transaction in which it was stored.
pub async fn enter_act(conn: &mut PgConnection, ledger: &Ledger, id: ActId) -> Result<(), Error> {
    let row = store::acts(conn, Some(&[id.uuid()])).await?.pop().ok_or(sqlx::Error::RowNotFound)?;
    enter(conn, ledger, row.act_id, |salt| row.leaf(salt)).await
}

/// Enters what the Depositary published of an entry.
pub async fn enter_notification(
    conn: &mut PgConnection,
    ledger: &Ledger,
    id: NotificationId,
) -> Result<(), Error> {
    let row = store::notifications(conn, Some(&[id.uuid()])).await?.pop();
    let row = row.ok_or(sqlx::Error::RowNotFound)?;
    enter(conn, ledger, row.act_notification_id, |salt| row.leaf(salt)).await
}

async fn enter(
    conn: &mut PgConnection,
    ledger: &Ledger,
    subject: Uuid,
    leaf: impl Fn(&[u8]) -> Result<Vec<u8>, serde_json::Error>,
) -> Result<(), Error> {
    let salt = secret::random::<SALT_BYTES>();
    let content = leaf(&salt).map_err(unwritable)?;
    ledger
        .append(conn, Entry { subject: Some(subject), content, salt: salt.to_vec() })
        .await
        .map(drop)
}

/// Where the entries about these subjects stand in the ledger.
pub async fn places(
    conn: &mut PgConnection,
    subjects: &[Uuid],
) -> Result<BTreeMap<Uuid, Logged>, sqlx::Error> {
    let logged = ledger::logged(conn, Log::Treaty, subjects).await?;
    Ok(logged.into_iter().map(|logged| (logged.subject, logged)).collect())
}

/// What was done, with its receipts: only now it is told. An answer that was given before gets the same ones.
pub async fn acknowledged(
    db: &Db,
    ledger: &Ledger,
    written: Written<Shown>,
) -> Result<Written<Shown>, Error> {
    match written {
        Written::Fresh(mut shown) => {
            let indexes: Vec<_> = shown.logged.values().map(|logged| logged.index).collect();
            let mut receipts = receipts(db, ledger, &indexes).await?;
            for logged in shown.logged.values_mut() {
                logged.receipt = receipts.remove(&logged.index);
            }
            Ok(Written::Fresh(shown))
        }
        Written::Replayed(mut stored) => {
            let mut indexes = Vec::new();
            each_place(&mut stored.body, &mut |place| {
                indexes.extend(place.get("index").and_then(Value::as_u64));
            });
            let receipts = receipts(db, ledger, &indexes).await?;
            each_place(&mut stored.body, &mut |place| {
                let index = place.get("index").and_then(Value::as_u64);
                if let Some(receipt) = index.and_then(|index| receipts.get(&index)) {
                    place.insert("checkpoint".to_owned(), ledger::checkpoint_of(receipt).into());
                    place.insert("receipt".to_owned(), receipt.as_str().into());
                }
            });
            Ok(Written::Replayed(stored))
        }
        tried @ Written::DryRun(_) => Ok(tried),
    }
}

/// The receipts of entries that are committed, whatever has to be done for them.
async fn receipts(
    db: &Db,
    ledger: &Ledger,
    indexes: &[u64],
) -> Result<BTreeMap<u64, String>, Error> {
    if let Some(last) = indexes.iter().max() {
        ledger.settle(db, *last).await?;
    }
    let mut tx = db.read(&Scope::public()).await?;
    Ok(ledger::receipts(&mut tx, Log::Treaty, indexes).await?)
}

/// Visits whatever says where an entry stands, anywhere in an answer.
fn each_place(answer: &mut Value, visit: &mut impl FnMut(&mut Map<String, Value>)) {
    match answer {
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::Object(place) if name == "ledger" => visit(place),
                    value => each_place(value, visit),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| each_place(item, visit)),
        _ => {}
    }
}

pub(super) fn unwritable(error: serde_json::Error) -> Error {
    sqlx::Error::Encode(error.into()).into()
}
