//! Says what is being measured, where somebody watches.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// How often it moves: so rarely that what is measured meanwhile does not feel it.
const TICK: Duration = Duration::from_secs(1);

/// Shown with the time it has taken, on standard error, until it is dropped.
pub(crate) fn telling(what: impl Into<String>) -> anyhow::Result<ProgressBar> {
    let style = ProgressStyle::with_template("{spinner} {msg}, {elapsed}")?;
    let bar = ProgressBar::new_spinner().with_style(style).with_message(what.into());
    bar.enable_steady_tick(TICK);
    Ok(bar)
}
