//! `andon bench`: figures as a table or as JSON.

use crate::bench;

/// What to measure, and how to tell.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
    /// Figures as JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Events in over HTTP against the same rows written bare; how long senders and verdicts wait.
    Ingest(bench::ingest::Args),
    /// What facts mean, through the sandbox against native code.
    Classify(bench::rules::Args),
    /// What readings lead to, through the sandbox against native code, and from the database.
    Evaluate(bench::read::EvaluateArgs),
    /// All merchants due at once, judged and decided about.
    Decide(bench::decide::Args),
    /// Rules held against those in force over stored facts.
    Backtest(bench::backtest::Args),
    /// Health over HTTP from a marketplace with much behind it.
    Read(bench::read::Args),
    /// The host put together, with its rules' machine code in the cache and without.
    Start,
    /// Messages delivered to endpoints, a tenth of which hang.
    Webhooks(bench::webhooks::Args),
}

/// Measures and prints.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let figures = match &args.what {
        What::Ingest(args) => bench::ingest::run(args).await?,
        What::Classify(args) => bench::rules::classify(args).await?,
        What::Evaluate(args) => bench::read::evaluate(args).await?,
        What::Decide(args) => bench::decide::run(args).await?,
        What::Backtest(args) => bench::backtest::run(args).await?,
        What::Read(args) => bench::read::health(args).await?,
        What::Start => bench::start::run().await?,
        What::Webhooks(args) => bench::webhooks::run(args).await?,
    };
    if args.json {
        println!("{}", serde_json::to_string_pretty(&figures)?);
    } else {
        print!("{}", bench::table(&figures));
    }
    Ok(())
}
