//! What a path given on the command line is: a project of rules in some language, or a component made of one.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use andon_domain::ids::check_code;
use anyhow::{Context, bail};

use super::failure::Refused;
use crate::cli::spinner;
use crate::config::{Config, Flags};
use crate::options::Options;
use crate::rules::build::{self, BuildError};
use crate::rules::compile::CompileError;
use crate::rules::{Engine, Gate, Limits, Rules, digest};

/// What tells a directory of rules, and their language.
pub const RUST: &str = "Cargo.toml";
/// The same for TypeScript.
pub const TYPESCRIPT: &str = "package.json";

/// Which rules.
#[derive(Debug, Clone, clap::Args)]
pub struct Source {
    /// Directory of the project (with Cargo.toml or package.json), or a component (.wasm) of whatever language
    #[arg(default_value = ".", value_name = "PATH")]
    path: PathBuf,
}

/// Rules as their author has them.
#[derive(Debug)]
pub enum Project {
    /// A crate.
    Rust {
        /// Where the crate is.
        directory: PathBuf,
        /// Where its workspace is, which may be the crate itself.
        workspace: PathBuf,
        /// Its name.
        package: String,
    },
    /// A package of TypeScript.
    TypeScript {
        /// Where it is.
        directory: PathBuf,
        /// Its name.
        package: String,
    },
    /// A component, of whatever it was made.
    Component(PathBuf),
}

impl Source {
    /// What lies at a path that was given in another way.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Looks at what lies there.
    pub fn project(&self) -> anyhow::Result<Project> {
        Project::at(&self.path)
    }
}

fn typescript(directory: PathBuf) -> anyhow::Result<Project> {
    let path = directory.join(TYPESCRIPT);
    let manifest: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&path)?).with_context(|| format!("{} cannot be read", path.display()))?;
    let package = manifest["name"].as_str().with_context(|| format!("{} has no name", path.display()))?;
    // It becomes a file's name.
    check_code(package).map_err(|error| anyhow::anyhow!("the name in {} {error}", path.display()))?;
    Ok(Project::TypeScript { package: package.to_owned(), directory })
}

fn rust(directory: PathBuf) -> anyhow::Result<Project> {
    let path = directory.join(RUST);
    let manifest: toml::Table =
        std::fs::read_to_string(&path)?.parse().with_context(|| format!("{} cannot be read", path.display()))?;
    let package = manifest.get("package").and_then(|package| package.get("name")).and_then(toml::Value::as_str);
    let package =
        package.with_context(|| format!("{} has no package.name; name the directory of one crate", path.display()))?.to_owned();
    let cargo = Command::new("cargo")
        .args(["locate-project", "--workspace", "--message-format", "plain"])
        .current_dir(&directory)
        .output()
        .context("cargo could not be run; install Rust first (https://rustup.rs)")?;
    if !cargo.status.success() {
        bail!("cargo cannot make sense of {}:\n{}", path.display(), String::from_utf8_lossy(&cargo.stderr).trim());
    }
    let root = PathBuf::from(String::from_utf8_lossy(&cargo.stdout).trim());
    let workspace = root.parent().map_or_else(|| directory.clone(), Path::to_owned);
    Ok(Project::Rust { directory, workspace, package })
}

impl Project {
    /// Looks at what lies there.
    pub fn at(path: &Path) -> anyhow::Result<Self> {
        if path.is_file() {
            return Ok(Self::Component(path.to_owned()));
        }
        let directory =
            path.canonicalize().with_context(|| format!("{} is neither a directory nor a component", path.display()))?;
        if directory.join(RUST).is_file() {
            return rust(directory);
        }
        if directory.join(TYPESCRIPT).is_file() {
            return typescript(directory);
        }
        bail!(
            "{} holds neither {RUST} nor {TYPESCRIPT}; `andon plugin new NAME` starts a project, and a component is named by its file",
            directory.display()
        )
    }

    /// The component's bytes, made anew where there is anything to make.
    pub fn component(&self) -> anyhow::Result<Vec<u8>> {
        match self {
            Self::Component(path) => std::fs::read(path).with_context(|| format!("{} cannot be read", path.display())),
            Self::Rust { workspace, package, .. } => built(package, |progress| build::build(workspace, package, progress)),
            Self::TypeScript { directory, package } => built(package, |progress| build::typescript(directory, progress)),
        }
    }

    /// Where a component made of it is kept.
    pub fn output(&self) -> PathBuf {
        match self {
            Self::Component(path) => path.clone(),
            Self::Rust { workspace: root, package, .. } | Self::TypeScript { directory: root, package } => {
                root.join("target").join(format!("{package}.wasm"))
            }
        }
    }

    /// Where its own files are.
    pub fn directory(&self) -> &Path {
        match self {
            Self::Component(path) => path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")),
            Self::Rust { directory, .. } | Self::TypeScript { directory, .. } => directory,
        }
    }
}

/// Builds, and tells what is being done where somebody watches.
fn built(package: &str, build: impl FnOnce(&dyn Fn(&str)) -> Result<Vec<u8>, BuildError>) -> anyhow::Result<Vec<u8>> {
    let spinner = spinner(format!("Building {package}"));
    let built = build(&|line| spinner.set_message(line.to_owned()));
    spinner.finish_and_clear();
    built.with_context(|| format!("{package} cannot be built"))
}

/// Looks at components as a host does: under the limits that a host started here would have, which are the defaults unless its
/// settings say otherwise.
pub struct Inspector {
    engine: Arc<Engine>,
    options: Options,
}

impl Inspector {
    /// Reads the settings and starts an engine.
    pub fn new() -> anyhow::Result<Self> {
        let options = Options::of(&Config::load(&Flags::default())?)?;
        Ok(Self { engine: Engine::new(options.limits.clone())?, options })
    }

    /// What a component of so many bytes may use.
    pub fn limits(&self, component_bytes: usize) -> Limits {
        self.options.limits.of(component_bytes)
    }

    /// Admits a component, or fails with why a host would not (`Refused`) or what is wrong with this machine.
    pub async fn admit(&self, component: &[u8]) -> anyhow::Result<Arc<Rules>> {
        let spinner = spinner("Compiling for this machine");
        let admitted = self.admitted(component).await;
        spinner.finish_and_clear();
        match admitted {
            Ok(rules) => Ok(Arc::new(rules)),
            Err(CompileError::Refused(refusal)) => Err(Refused::from(refusal).into()),
            Err(error) => Err(error.into()),
        }
    }

    async fn admitted(&self, component: &[u8]) -> Result<Rules, CompileError> {
        self.engine.inspect(component)?;
        let code = self.options.compiler.compile(&self.engine, component).await?;
        Ok(self.engine.introduce(&digest(component), component.len(), &code, Gate::default())?)
    }
}
