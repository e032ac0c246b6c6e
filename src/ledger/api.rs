//! The ledger over HTTP, for the world: as C2SP's tiles and checkpoints, and as proofs for those who want one.
//!
//! Only what a checkpoint covers is shown. What was entered a moment ago is with the officer who entered it, and here as soon
//! as it is signed.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use deserr::Deserr;
use futures_util::stream;
use serde::Serialize;
use utoipa::ToSchema;

use super::commands::{Error, ask};
use super::model::{Hindrance, Log, Question, Receipt, Tile, bundle, leaf_hash};
use super::store::{self, StoredCheckpoint};
use super::verify::Line;
use crate::access::Denied;
use crate::db::Scope;
use crate::http::{self, NoBody, Visit};
use crate::input::Faults;
use crate::page::Limit;
use crate::problem::{Code, Problem};
use crate::secret::hex;
use crate::text::Fault;

/// How long what may change with the next entry can be kept.
const LIVE_SECONDS: u32 = 5;
/// How long what never changes can be kept: a year.
const FOR_EVER_SECONDS: u32 = 31_536_000;
/// How many entries of a bundle are read at a time.
const BUNDLED_AT_A_TIME: u64 = 500;

type Conn = sqlx::Transaction<'static, sqlx::Postgres>;

/// The last checkpoint, in the transaction in which the rest is read.
async fn signed<B, Q>(visit: &Visit<B, Q>) -> Result<(Conn, StoredCheckpoint), Problem> {
    let mut tx = visit.app.db.read(&Scope::public()).await?;
    let last = store::last_checkpoint(&mut tx, Log::Treaty).await?;
    Ok((tx, last.ok_or(Denied::Invisible)?))
}

/// The newest checkpoint: how many entries the record has, and the root of their tree, signed (C2SP `tlog-checkpoint`). Below
/// it a line of each witness that has cosigned it (`tlog-cosignature`), if any has.
#[utoipa::path(get, path = "/api/v1/ledger/checkpoint", tag = "ledger", security(()),
    responses((status = 200, body = String, content_type = "text/plain"), (status = 404, body = crate::problem::Body)))]
pub async fn checkpoint(request: HttpRequest, visit: Visit) -> Result<HttpResponse, Problem> {
    let (mut tx, last) = signed(&visit).await?;
    let text = last.note + &store::cosignatures(&mut tx, Log::Treaty, last.size).await?;
    let text = text.into_bytes();
    Ok(http::public(&request, "text/plain; charset=utf-8", LIVE_SECONDS, text))
}

/// Which entries to list.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EntriesQuery {
    /// The first one; the first of all where nothing is said.
    #[deserr(default)]
    #[param(value_type = Option<u64>)]
    from: Option<Number>,
    /// How many: 1 to 200.
    #[deserr(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 200)]
    limit: Limit,
}

/// A whole number, as a parameter.
#[derive(Debug, Clone, Copy)]
pub struct Number(u64);

impl Number {
    fn parse(input: &str) -> Result<Self, Fault> {
        let fault = || Fault::new("invalid_number", "a whole number, from 0 on, is expected");
        input.parse().map(Self).map_err(|_| fault())
    }
}

crate::input::from_string!(Number);

/// Entries, in their order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LedgerEntries)]
pub struct EntriesView {
    items: Vec<EntryView>,
    /// The `from` of what follows.
    next: Option<u64>,
}

/// An entry.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LedgerEntry)]
pub struct EntryView {
    index: u64,
    /// SHA-256 of the entry, as RFC 6962 hashes a leaf; hexadecimal.
    leaf_hash: String,
    /// Its exact bytes, in Base64: JSON on one line.
    leaf: String,
}

/// Lists the entries of the ledger.
#[utoipa::path(get, path = "/api/v1/ledger/entries", tag = "ledger", security(()), params(EntriesQuery),
    responses((status = 200, body = EntriesView), (status = 404, body = crate::problem::Body)))]
pub async fn entries(
    request: HttpRequest,
    visit: Visit<NoBody, EntriesQuery>,
) -> Result<HttpResponse, Problem> {
    let (mut tx, last) = signed(&visit).await?;
    let from = visit.query.from.map_or(0, |Number(from)| from).min(last.size);
    let rows = u64::try_from(visit.query.limit.rows()).unwrap_or(u64::MAX);
    let end = from.saturating_add(rows).min(last.size);
    let leaves = store::leaves(&mut tx, Log::Treaty, from..end).await?;
    let items = leaves.iter().map(|leaf| EntryView {
        index: leaf.index,
        leaf_hash: hex(&leaf_hash(&leaf.content).0),
        leaf: BASE64_STANDARD.encode(&leaf.content),
    });
    let view = EntriesView { items: items.collect(), next: (end < last.size).then_some(end) };
    json(&request, &view)
}

/// The proof that something is in the record.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InclusionProof)]
pub struct InclusionView {
    index: u64,
    /// Hexadecimal.
    leaf_hash: String,
    /// How many entries the tree has in which it is.
    size: u64,
    /// From the sibling of the entry up to the child of the root, in Base64 (RFC 6962, 2.1.1).
    path: Vec<String>,
    /// The signed checkpoint of that tree.
    checkpoint: String,
    /// All of it in one, with the entry (C2SP `tlog-proof`).
    receipt: String,
}

/// Proves that an entry of the record is in the ledger as it is now. The receipt that was given with it proves it, too.
#[utoipa::path(get, path = "/api/v1/ledger/proofs/inclusion/{act}", tag = "ledger", security(()),
    params(("act" = uuid::Uuid, Path, description = "An act, or a notification of one.")),
    responses((status = 200, body = InclusionView), (status = 404, body = crate::problem::Body)))]
pub async fn inclusion(
    request: HttpRequest,
    visit: Visit,
    subject: web::Path<uuid::Uuid>,
) -> Result<HttpResponse, Problem> {
    let (mut tx, last) = signed(&visit).await?;
    let logged = store::logged(&mut tx, Log::Treaty, &[*subject]).await?.pop();
    let index = logged.map(|logged| logged.index).filter(|index| *index < last.size);
    let index = index.ok_or(Denied::Invisible)?;
    let leaf = store::leaves(&mut tx, Log::Treaty, index..index + 1).await?.pop();
    let leaf = leaf.ok_or(Denied::Invisible)?.content;
    let path = ask(&mut tx, Log::Treaty, Question::Inclusion { size: last.size, index }).await?;
    let receipt = Receipt { index, leaf, path, checkpoint: last.note };
    let view = InclusionView {
        index,
        leaf_hash: hex(&leaf_hash(&receipt.leaf).0),
        size: last.size,
        path: receipt.path.iter().map(ToString::to_string).collect(),
        receipt: receipt.to_string(),
        checkpoint: receipt.checkpoint,
    };
    json(&request, &view)
}

/// Between which two states.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ConsistencyQuery {
    /// The size of the older tree, from 1 on.
    #[param(value_type = u64)]
    from: Number,
    /// The size of the newer tree; that of the newest checkpoint where nothing is said.
    #[deserr(default)]
    #[param(value_type = Option<u64>)]
    to: Option<Number>,
}

/// The proof that one state of the ledger grew out of another.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConsistencyProof)]
pub struct ConsistencyView {
    from: u64,
    to: u64,
    /// In Base64 (RFC 6962, 2.1.2).
    path: Vec<String>,
}

/// Proves that nothing that was in the ledger at one size was altered until another.
#[utoipa::path(get, path = "/api/v1/ledger/proofs/consistency", tag = "ledger", security(()), params(ConsistencyQuery),
    responses((status = 200, body = ConsistencyView), (status = 422, body = crate::problem::Body)))]
pub async fn consistency(
    request: HttpRequest,
    visit: Visit<NoBody, ConsistencyQuery>,
) -> Result<HttpResponse, Problem> {
    let (mut tx, last) = signed(&visit).await?;
    let Number(from) = visit.query.from;
    let to = visit.query.to.map_or(last.size, |Number(to)| to);
    let mut faults = Faults::default();
    if to > last.size {
        faults.add("/to", "beyond_the_log", "no more entries than the newest checkpoint covers");
    }
    if from < 1 || from > to {
        faults.add(
            "/from",
            "out_of_range",
            "a size from 1 up to that of the newer tree is expected",
        );
    }
    if !faults.0.is_empty() {
        return Err(faults.into());
    }
    let path = ask(&mut tx, Log::Treaty, Question::Consistency { from, to }).await?;
    json(
        &request,
        &ConsistencyView { from, to, path: path.iter().map(ToString::to_string).collect() },
    )
}

/// A tile of the tree's hashes, `<L>/<N>[.p/<W>]`, or of entries, `entries/<N>[.p/<W>]` (C2SP `tlog-tiles`). It never changes.
#[utoipa::path(get, path = "/api/v1/ledger/tile/{path}", tag = "ledger", security(()), params(("path" = String, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"), (status = 404, body = crate::problem::Body)))]
pub async fn tile(
    request: HttpRequest,
    visit: Visit,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (mut tx, last) = signed(&visit).await?;
    let tile = Tile::parse(&path).filter(|tile| tile.is_within(last.size));
    let tile = tile.ok_or(Denied::Invisible)?;
    let bytes = if tile.level.is_none() {
        let leaves = store::leaves(&mut tx, Log::Treaty, tile.leaves()).await?;
        bundle(leaves.iter().map(|leaf| leaf.content.as_slice()))
    } else {
        let positions = tile.positions();
        let hashes = store::hashes(&mut tx, Log::Treaty, &positions).await?;
        positions
            .iter()
            .map(|at| hashes.get(at))
            .collect::<Option<Vec<_>>>()
            .map(|hashes| hashes.into_iter().flat_map(|hash| hash.0).collect())
    };
    let bytes = bytes.ok_or_else(|| Problem::of(Code::LedgerIntegrity))?;
    Ok(http::public(&request, "application/octet-stream", FOR_EVER_SECONDS, bytes))
}

/// The whole ledger as a file of JSON lines, which `ceremony ledger verify --bundle` looks at without any database.
#[utoipa::path(get, path = "/api/v1/ledger/bundle", tag = "ledger", security(()),
    responses((status = 200, body = String, content_type = "application/jsonl"), (status = 404, body = crate::problem::Body)))]
pub async fn export(request: HttpRequest, visit: Visit) -> Result<HttpResponse, Problem> {
    let (tx, last) = signed(&visit).await?;
    // What is written follows from the last checkpoint alone.
    let known =
        http::public(&request, "application/jsonl", LIVE_SECONDS, last.note.clone().into_bytes());
    if known.status() == actix_web::http::StatusCode::NOT_MODIFIED {
        return Ok(known);
    }
    let mut response = HttpResponse::Ok();
    for name in [header::ETAG, header::CACHE_CONTROL] {
        response.insert_header((
            name.clone(),
            known
                .headers()
                .get(name)
                .cloned()
                .unwrap_or_else(|| header::HeaderValue::from_static("")),
        ));
    }
    let lines = stream::try_unfold((tx, 0, last.size), |(mut tx, from, size)| async move {
        if from >= size {
            return Ok::<_, Problem>(None);
        }
        let to = size.min(from + BUNDLED_AT_A_TIME);
        let lines = lines(&mut tx, from, to).await?;
        Ok(Some((web::Bytes::from(lines), (tx, to, size))))
    });
    Ok(response.content_type("application/jsonl").streaming(Box::pin(lines)))
}

async fn lines(tx: &mut Conn, from: u64, to: u64) -> Result<String, sqlx::Error> {
    let leaves = store::leaves(tx, Log::Treaty, from..to).await?;
    let checkpoints = store::checkpoints(tx, Log::Treaty, from + 1).await?;
    let mut checkpoints = checkpoints.into_iter().take_while(|one| one.size <= to).peekable();
    let mut text = String::new();
    for leaf in leaves {
        text += &Line::entry(leaf.index, &leaf.content).text();
        if let Some(one) = checkpoints.next_if(|one| one.size == leaf.index + 1) {
            text += &Line::Checkpoint { size: one.size, checkpoint: one.note }.text();
        }
    }
    Ok(text)
}

fn json(request: &HttpRequest, view: &impl Serialize) -> Result<HttpResponse, Problem> {
    let bytes = serde_json::to_vec(view);
    let bytes = bytes.map_err(|error| Problem::of(Code::Unavailable).because(error))?;
    Ok(http::public(request, "application/json", LIVE_SECONDS, bytes))
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Hindered(hindrances) => {
                let code = if hindrances.iter().any(Hindrance::is_of_integrity) {
                    Code::LedgerIntegrity
                } else {
                    Code::Unavailable
                };
                Self::of(code).detail("Nothing is recorded at present; GET /health/ready says why.")
            }
            error @ Error::Mismatch(_) => Self::of(Code::LedgerIntegrity)
                .detail("What is stored is not what was signed. Nothing more is recorded.")
                .because(error),
            Error::Shut(shut) => shut.into(),
            Error::Database(error) => error.into(),
            error @ (Error::Unconfirmed
            | Error::OutOfOrder { .. }
            | Error::Unwitnessed(_)
            | Error::Uncosigned(_)
            | Error::Unsound(_)) => Self::of(Code::Unavailable).because(error),
        }
    }
}
