//! `andon plugin backtest`: a candidate held against the rules in force over stored facts, straight on a database or through a host
//! that serves it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};

use super::host::Host;
use super::project::Source;
use super::through_host;
use crate::app::App;
use crate::backtest::moments::moment;
use crate::backtest::{BacktestError, Every, Format, Progress, Question, run as play};
use crate::cli::{Place, open, spinner};
use crate::markets::Market;
use crate::rules::Rules;

/// What to hold against the rules in force, and over which moments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The candidate: directory of a project, a component (.wasm), or NAME@VERSION as it was pushed
    #[arg(default_value = ".", value_name = "COMPONENT")]
    candidate: String,
    /// Code of the marketplace
    #[arg(long, value_name = "CODE")]
    pub(super) marketplace: String,
    /// First moment: a date, which stands for its first moment there, or RFC 3339
    #[arg(long, value_name = "TIME")]
    pub(super) from: String,
    /// Last moment, the same way
    #[arg(long, value_name = "TIME")]
    pub(super) to: String,
    /// Step between moments: hours (6h), days (1d) or weeks (1w)
    #[arg(long, default_value = "1d", value_name = "STEP")]
    pub(super) every: Every,
    /// A setting for the candidate, once for each; the marketplace's own settings where there is none
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = setting)]
    settings: Vec<(String, String)>,
    /// Every setting as the candidate has it by default
    #[arg(long, conflicts_with = "settings")]
    defaults: bool,
    /// Form of the report; by the end of --out's name, else text
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// A file for the report
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Ask a host that serves the database (--url, --token); the candidate is pushed to it as a draft
    #[arg(long)]
    host: bool,
    #[command(flatten)]
    pub(super) server: Host,
    #[command(flatten)]
    place: Place,
}

/// Whose rules are tried out.
pub(super) enum Candidate {
    /// A component at hand.
    Component(Vec<u8>),
    /// Name and version of one that was pushed.
    Pushed(String, String),
}

/// Plays, and writes the report.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let candidate = args.candidate()?;
    let format = args.format();
    let report =
        if args.host { through_host::report(&args, candidate, format).await? } else { here(&args, candidate, format).await? };
    match &args.out {
        Some(path) => std::fs::write(path, report).with_context(|| format!("{} cannot be written", path.display())),
        None => {
            print!("{}{}", report, if report.ends_with('\n') { "" } else { "\n" });
            Ok(())
        }
    }
}

impl Args {
    fn candidate(&self) -> anyhow::Result<Candidate> {
        match self.candidate.split_once('@').filter(|_| !Path::new(&self.candidate).exists()) {
            Some((name, version)) => Ok(Candidate::Pushed(name.to_owned(), version.to_owned())),
            None => Ok(Candidate::Component(Source::at(&self.candidate).project()?.component()?)),
        }
    }

    fn format(&self) -> Format {
        let end = self.out.as_ref().and_then(|path| path.extension()?.to_str()?.parse().ok());
        self.format.or(end).unwrap_or(Format::Text)
    }

    /// The candidate's settings; `None` for the marketplace's own.
    pub(super) fn settings(&self) -> Option<BTreeMap<String, String>> {
        (self.defaults || !self.settings.is_empty()).then(|| self.settings.iter().cloned().collect())
    }
}

async fn here(args: &Args, candidate: Candidate, format: Format) -> anyhow::Result<String> {
    let app = open(&args.place.settings()?).await?;
    let market = app.markets.get(&args.marketplace).with_context(|| format!("there is no marketplace {}", args.marketplace))?;
    let rules = rules(&app, candidate).await?;
    let settings = args.settings().unwrap_or_else(|| market.settings.clone());
    let candidate = Arc::new(app.tried_out(&market, rules, &settings).await?);
    let (from, to) = (moment("from", &args.from, market.calendar)?, moment("to", &args.to, market.calendar)?);
    let now = market.now(app.clock.now());
    let bounds = app.backtests.bounds;
    let report = watched(&app, Question { market, candidate, from, to, every: args.every, now, bounds }).await?;
    Ok(format.write(&report))
}

async fn rules(app: &App, candidate: Candidate) -> anyhow::Result<Arc<Rules>> {
    match candidate {
        Candidate::Pushed(name, version) => Ok(app.registry.by_name(&format!("{name}@{version}")).await?),
        Candidate::Component(component) => {
            let spinner = spinner("Looking at the component as a host does");
            let tried = app.registry.try_out(component).await;
            spinner.finish_and_clear();
            Ok(tried?)
        }
    }
}

async fn watched(app: &App, question: Question) -> Result<crate::backtest::Report, BacktestError> {
    let (bar, progress) = (bar(&question.market), Arc::new(Progress::default()));
    let playing = play(app.store.clone(), question, progress.clone());
    tokio::pin!(playing);
    let mut tick = tokio::time::interval(Duration::from_millis(200));
    let report = loop {
        tokio::select! {
            report = &mut playing => break report,
            _ = tick.tick() => show(&bar, progress.merchants(), progress.orders()),
        }
    };
    bar.finish_and_clear();
    report
}

fn bar(market: &Market) -> ProgressBar {
    named_bar(&market.code)
}

/// Shows how many merchants are done, where somebody watches.
pub(super) fn named_bar(marketplace: &str) -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {prefix}: {human_pos}/{human_len} merchants {wide_bar} {msg} {elapsed}");
    let bar = ProgressBar::new(0).with_prefix(marketplace.to_owned());
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

pub(super) fn show(bar: &ProgressBar, (done, all): (u64, u64), orders: u64) {
    bar.set_length(all);
    bar.set_position(done);
    bar.set_message(format!("{} orders", indicatif::HumanCount(orders)));
}

fn setting(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("must be KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}
