//! An operator's word that something must not happen to a merchant by itself: with a reason, and for a time that ends.

use std::sync::Arc;

use andon_domain::calendar::rfc3339;
use andon_domain::enforce::measure::Kind;
use andon_domain::enforce::policy::DAY;
use andon_domain::ids::Instant;
use serde_json::json;

use super::{EnforceError, Refusal, note};
use crate::app::App;
use crate::store::overrides::{self, ALL, Override};

/// Longest override, in days.
const LONGEST: i64 = 366;

impl App {
    /// Holds something back from a merchant until a moment.
    pub async fn hold_back(
        self: &Arc<Self>,
        market: &str,
        (merchant, kind): (i64, Option<Kind>),
        until: Instant,
        (by, why): (&str, &str),
    ) -> Result<Override, EnforceError> {
        let (author, reason) = (by.to_owned(), note("reason", why)?);
        let held = self.at_desk(market, move |desk| {
            if until <= desk.now || until > desk.now + LONGEST * DAY {
                let why = format!("must lie within {LONGEST} days from {}", rfc3339(desk.now));
                return Ok(Err(Refusal::Field { field: "until", why }));
            }
            let of = Override { merchant, kind, reason: reason.clone(), author: author.clone(), at: desk.now, until };
            overrides::put(desk.session, desk.market.id, &of)?;
            let data = json!({ "merchant": merchant, "action": kind.map_or(ALL, Kind::word), "until": rfc3339(until) });
            desk.note("override.set", ("override", None), (&author, &reason), data);
            Ok(Ok(of))
        });
        held.await
    }

    /// Lets go of what was held back.
    pub async fn let_go(
        self: &Arc<Self>,
        market: &str,
        (merchant, kind): (i64, Option<Kind>),
        by: &str,
    ) -> Result<(), EnforceError> {
        let by = by.to_owned();
        let gone = self.at_desk(market, move |desk| {
            if !overrides::drop(desk.session, merchant, kind)? {
                return Ok(Err(Refusal::Unknown));
            }
            // What was held back may be due at once.
            desk.session.mark_dirty(desk.market.id, &[merchant], desk.clock.now().saturating_mul(1_000))?;
            let data = json!({ "merchant": merchant, "action": kind.map_or(ALL, Kind::word) });
            desk.note("override.ended", ("override", None), (&by, "let go before its time"), data);
            Ok(Ok(()))
        });
        gone.await
    }
}
