//! The command line: which command, with which settings. A file a command.

pub mod bench;
pub mod bundled;
pub mod compile;
pub mod demo;
pub mod import;
pub mod migrate;
pub mod plugin;
pub mod replay;
pub mod serve;
pub mod simulate;
pub mod token;
pub mod verify;

use std::fmt::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use indicatif::style::TemplateError;
use indicatif::{HumanCount, ProgressBar, ProgressState, ProgressStyle};

use crate::app::App;
use crate::clock::SystemClock;
use crate::config::{Config, Flags};
use crate::options::Options;

/// Seller health for marketplaces.
#[derive(Debug, clap::Parser)]
#[command(name = "andon", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// See it work: build the bundled rules, simulate a marketplace, serve it.
    Demo(demo::Args),
    /// Measure how fast the host is here.
    Bench(bench::Args),
    /// Run the host.
    #[command(
        after_help = "Every setting but --config may stand in andon.toml under its name (listen = \"0.0.0.0:80\") or in the \
                      environment (ANDON_LISTEN); the file yields to the environment, and that to flags."
    )]
    Serve(Box<Flags>),
    /// Write a simulated marketplace's life as CloudEvents, one a line.
    Simulate(simulate::Args),
    /// Import a marketplace's history from files.
    Import {
        #[command(flatten)]
        args: import::Args,
        #[command(flatten)]
        place: Place,
    },
    /// Print a token signed with the home's trial key.
    Token {
        #[command(flatten)]
        args: token::Args,
        #[command(flatten)]
        place: Place,
    },
    /// Bring the schema up to date, back, or show where it stands.
    Migrate {
        #[command(subcommand)]
        command: migrate::Command,
        #[command(flatten)]
        place: Place,
    },
    /// Write rules: start, build, check, test, measure and push them, and hold them against the past.
    Plugin {
        #[command(subcommand)]
        command: plugin::Command,
    },
    /// Ask the rules again what they concluded in a stored verdict.
    Replay {
        #[command(flatten)]
        args: replay::Args,
        #[command(flatten)]
        place: Place,
    },
    /// Check facts and tallies against the stored events, and the ledger against itself and what it tells of.
    Verify {
        #[command(flatten)]
        args: verify::Args,
        #[command(flatten)]
        place: Place,
    },
    /// Compile a component in a process of its own; the host calls this.
    #[command(hide = true)]
    Compile(compile::Args),
}

/// Where the data is; the settings of `serve` that other commands need as well.
#[derive(Debug, Clone, clap::Args)]
pub struct Place {
    /// A file of settings; `andon.toml` is read where there is one
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where the SQLite file and the trial key are kept [default: ./andon-data]
    #[arg(long, global = true, value_name = "DIR")]
    home: Option<PathBuf>,
    /// Database: a `sqlite:` or `postgres:` URL [default: andon.db in the home]
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,
}

impl Place {
    /// All settings, with these for flags.
    pub fn settings(&self) -> anyhow::Result<Config> {
        let Self { config, home, database_url } = self.clone();
        Ok(Config::load(&Flags { config, home, database_url, ..Flags::default() })?)
    }
}

impl Cli {
    /// Does what the command says, where that has to be done before anything else is set up.
    pub fn run_alone(&self) -> Option<ExitCode> {
        if let Command::Compile(args) = &self.command { Some(compile::run(args)) } else { None }
    }

    /// Does what the command says.
    pub async fn run(self) -> anyhow::Result<()> {
        match self.command {
            Command::Demo(args) => demo::run(args).await,
            Command::Bench(args) => bench::run(args).await,
            Command::Serve(flags) => serve::run(&Config::load(&flags)?).await,
            Command::Simulate(args) => simulate::run(args),
            Command::Import { args, place } => {
                let app = open(&place.settings()?).await?;
                bundled::ensure(&app, args.rules()).await?;
                import::run(&app, args).await
            }
            Command::Token { args, place } => token::run(args, &place.settings()?),
            Command::Migrate { command, place } => migrate::run(&prepared(&place.settings()?)?, &command).await,
            Command::Plugin { command } => command.run().await,
            Command::Replay { args, place } => replay::run(&open(&place.settings()?).await?, args).await,
            Command::Verify { args, place } => verify::run(&open(&place.settings()?).await?, args).await,
            Command::Compile(_) => bail!("this command runs alone"),
        }
    }
}

/// The host over the configured database, its scheduler not running.
pub async fn open(config: &Config) -> anyhow::Result<Arc<App>> {
    let url = prepared(config)?;
    let options = Options::of(config).context("this program cannot be found, to compile rules with")?;
    App::open(&url, Arc::new(SystemClock), options).await.context("the host cannot be put together")
}

/// Turns until it is cleared or dropped, where somebody watches.
pub fn spinner(message: impl Into<String>) -> ProgressBar {
    turning(ProgressBar::new_spinner().with_message(message.into()))
}

/// The bar, moving even while nothing is counted.
fn turning(bar: ProgressBar) -> ProgressBar {
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// A progress bar's looks, in which `{pace}` is how many a second, without fractions.
fn looks(template: &str) -> Result<ProgressStyle, TemplateError> {
    // What cannot be shown is not worth ending for.
    let pace = |state: &ProgressState, out: &mut dyn Write| {
        let _ = write!(out, "{}/s", HumanCount(state.per_sec() as u64));
    };
    Ok(ProgressStyle::with_template(template)?.with_key("pace", pace))
}

/// The database's URL, with the home made where there is none.
fn prepared(config: &Config) -> anyhow::Result<String> {
    // Whoever may read the home may sign tokens.
    let home = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&config.home);
    home.with_context(|| format!("the home {} cannot be made", config.home.display()))?;
    Ok(config.database_url())
}
