//! `andon simulate`: a marketplace's life on standard output, one CloudEvent a line.

use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write};

use chrono::{DateTime, Utc};
use indicatif::{ProgressBar, ProgressIterator};

use super::{looks, turning};
use crate::simulate::{Plan, Simulation};

/// How much life, and which.
#[derive(Debug, clap::Args)]
pub(super) struct Size {
    /// How many merchants.
    #[arg(long, default_value_t = 200)]
    pub(super) merchants: u32,
    /// How many orders between them.
    #[arg(long, default_value_t = 20_000)]
    pub(super) orders: u32,
    /// The same seed gives the same events.
    #[arg(long, default_value_t = 1)]
    pub(super) seed: u64,
    /// Over how many days.
    #[arg(long, default_value_t = 90)]
    pub(super) days: u32,
}

/// What to simulate.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    size: Size,
    /// When it ends, RFC 3339; nothing happens later.
    #[arg(long, default_value = "2026-01-01T00:00:00Z")]
    end: DateTime<Utc>,
    /// Code of the marketplace the events are for.
    #[arg(long, default_value = "demo")]
    marketplace: String,
    /// Currency of the marketplace.
    #[arg(long, default_value = "EUR")]
    currency: String,
}

/// Writes the events; ends quietly when whoever reads them has had enough.
pub fn run(args: Args) -> anyhow::Result<()> {
    let Args { size: Size { merchants, orders, seed, days }, end, marketplace, currency } = args;
    let plan = Plan { merchants, orders, days, seed, end: end.timestamp_millis(), marketplace, currency };
    let bar = ProgressBar::new_spinner().with_style(looks("{spinner} {human_pos} events, {pace}")?);
    // Among events on the same terminal it would only be in the way.
    let bar = if io::stdout().is_terminal() { ProgressBar::hidden() } else { turning(bar) };
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let written = Simulation::new(plan)?
        .progress_with(bar)
        .try_for_each(|mut line| {
            line.push(b'\n');
            out.write_all(&line)
        })
        .and_then(|()| out.flush());
    match written {
        Err(e) if e.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}
