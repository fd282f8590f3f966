//! `/v1/marketplaces/{m}/buyers`: what buyers say of merchants, for those who look into it. There is no list of a buyer's orders, since
//! nothing that happens all day needs one: whoever asks has the marketplace's orders read, page by page.

pub mod moderate;
pub mod signals;

use std::sync::Arc;

use andon_domain::change::Kind;
use andon_domain::fact;

use super::orders::fold;
use super::problem::Problem;
use crate::app::App;
use crate::markets::Market;
use crate::store::session::{For, Subject};

/// Subjects read for one answer. A backtest reads, folds and classifies a hundred thousand orders a second (`host/benches`), so that an
/// answer takes a second or two at most; other readers come in between pages.
pub(super) const MOST_READ: usize = 200_000;
const PAGE: usize = 1_000;

/// Which subjects, in the order in which they became known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch {
    /// Of one merchant where given.
    pub(super) merchant: Option<i64>,
    /// After this row.
    pub(super) after: i64,
    /// With so many found, no further page is read.
    pub(super) enough: usize,
}

/// What a stretch held.
pub(super) struct Swept<T> {
    /// What was picked, in order.
    pub(super) found: Vec<T>,
    /// How many subjects were read.
    pub(super) read: usize,
    /// The row after which to go on; `None` at the end.
    pub(super) next: Option<i64>,
}

/// Reads orders and picks from them, until everything has been read, enough was found, or [`MOST_READ`] is reached.
pub(super) async fn sweep<T, F>(app: &App, market: &Market, stretch: Stretch, pick: F) -> Result<Swept<T>, Problem>
where
    T: Send + 'static,
    F: Fn(&Subject, fact::Order) -> Option<T> + Clone + Send + 'static,
{
    let Stretch { merchant, mut after, enough } = stretch;
    let (id, mut found, mut read) = (market.id, Vec::new(), 0);
    loop {
        let pick = pick.clone();
        let page = app.store.read(move |session| {
            let page = session.subjects_after(id, merchant, after, PAGE, For::Reading)?;
            let orders = page.iter().filter(|s| s.kind == Kind::Order);
            let picked: Vec<T> = orders.filter_map(|s| pick(s, fold(s)?)).collect();
            Ok((picked, page.len(), page.last().map(|s| s.id)))
        });
        let (picked, length, last) = page.await?;
        found.extend(picked);
        read += length;
        let Some(last) = last.filter(|_| length == PAGE) else { return Ok(Swept { found, read, next: None }) };
        after = last;
        if read >= MOST_READ || found.len() >= enough {
            return Ok(Swept { found, read, next: Some(after) });
        }
    }
}

/// The row of a merchant that a request narrows the reading to.
async fn narrowed(app: &Arc<App>, market: &Market, merchant: Option<&String>) -> Result<Option<i64>, Problem> {
    let Some(reference) = merchant else { return Ok(None) };
    let row = app.store.merchant(market.id, reference).await?;
    row.map(|row| Some(row.id)).ok_or_else(|| Problem::invalid("merchant", "is no merchant of this marketplace"))
}
