//! `andon plugin`: the tool of whoever writes rules, from an empty directory to a component in a host. A file a subcommand.

pub mod backtest;
pub mod bench;
pub mod build;
pub mod check;
pub mod failure;
pub mod from_host;
pub mod host;
pub mod new;
pub mod project;
pub mod push;
mod surroundings;
pub mod test;
mod through_host;
pub mod watch;

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Start a project of rules that builds and passes its tests at once.
    New(new::Args),
    /// Make a component of a project.
    Build(build::Args),
    /// Say all that a host would refuse.
    Check(check::Args),
    /// Run the cases of a project through the sandbox.
    Test(test::Args),
    /// Measure fuel, memory, time and size against the limits.
    Bench(bench::Args),
    /// Hand a component to a host.
    Push(push::Args),
    /// Hold rules against those in force over stored facts: who would stand where, and why.
    Backtest(Box<backtest::Args>),
}

impl Command {
    /// Does it.
    pub async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::New(args) => new::run(&args),
            Self::Build(args) => build::run(&args),
            Self::Check(args) => check::run(&args).await,
            Self::Test(args) => test::run(args).await,
            Self::Bench(args) => bench::run(&args).await,
            Self::Push(args) => push::run(args).await,
            Self::Backtest(args) => backtest::run(*args).await,
        }
    }
}
