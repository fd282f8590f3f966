//! `andon plugin build`: a component of a project, ready to be pushed.

use std::path::PathBuf;

use anyhow::Context;
use indicatif::HumanBytes;

use super::project::{Project, Source};

/// What to build, and where to.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    source: Source,
    /// Where the component is written [default: target/NAME.wasm of the project]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Builds, and prints where the component is.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let project = args.source.project()?;
    let component = project.component()?;
    let path = args.out.clone().unwrap_or_else(|| project.output());
    keep(&project, &path, &component)?;
    println!("{} ({})", path.display(), HumanBytes(component.len() as u64));
    Ok(())
}

/// Writes a component where it is to lie; one that lay there already stays as it is.
fn keep(project: &Project, path: &PathBuf, component: &[u8]) -> anyhow::Result<()> {
    if matches!(project, Project::Component(given) if given == path) {
        return Ok(());
    }
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory).with_context(|| format!("{} cannot be made", directory.display()))?;
    }
    std::fs::write(path, component).with_context(|| format!("{} cannot be written", path.display()))
}
