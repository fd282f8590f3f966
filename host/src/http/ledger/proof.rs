//! GET the proof that an entry is among those that a head stands for: all that is needed to check it offline.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Entry, Numbered, find};
use crate::app::App;
use crate::http::access::{Member, See};
use crate::http::extract::{Path, Query};
use crate::http::problem::Problem;

/// Under which head.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// Of a head that was published earlier, how many entries it had; those of now where nothing is said.
    size: Option<u64>,
}

/// An entry, and the way from it to the root.
#[derive(Debug, Serialize, ToSchema)]
pub struct Proof {
    /// The marketplace, whose code is hashed with the entry.
    marketplace: String,
    entry: Entry,
    /// Which leaf of the tree it is.
    leaf_index: u64,
    /// How many leaves the tree has.
    tree_size: u64,
    /// The hashes beside the way, from the leaf up (RFC 9162, section 2.1.3).
    path: Vec<String>,
    /// Where the way ends: the root that was published for a tree of this size.
    root: String,
}

/// The proof that an entry belongs to a published head, to be checked offline as `host/LEDGER.md` of the sources says.
#[utoipa::path(get, path = "/v1/marketplaces/{m}/ledger/{seq}/proof", tag = "ledger", operation_id = "prove_ledger_entry",
    params(("m" = String, Path, description = "Marketplace code"), ("seq" = u64, Path, description = "Place in the ledger, from 0"), Asked),
    responses((status = 200, body = Proof)))]
pub async fn proof(
    State(app): State<Arc<App>>,
    access: Member<See>,
    Path(Numbered { seq }): Path<Numbered>,
    Query(asked): Query<Asked>,
) -> Result<Json<Proof>, Problem> {
    let (market, record) = (&access.market, find(&app, &access, seq).await?);
    let size = app.store.ledger_head(market.id).await?.size;
    let tree_size = asked.size.unwrap_or(size);
    if tree_size <= seq || tree_size > size {
        return Err(Problem::invalid("size", format!("must be {} to {size}", seq + 1)));
    }
    let (path, root) = app.store.ledger_path(market.id, seq, tree_size).await?;
    Ok(Json(Proof {
        marketplace: market.code.clone(),
        entry: Entry::of(record, &access.caller),
        leaf_index: seq,
        tree_size,
        path: path.iter().map(hex::encode).collect(),
        root: hex::encode(root),
    }))
}
