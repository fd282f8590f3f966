//! `andon plugin new`: a project that builds and passes its tests at once, anywhere. Templates, the SDK and the contract are in this
//! binary; a project gets the SDK as sources of its own, since no registry has it.

use std::path::{Path, PathBuf};

use andon_domain::ids::check_code;
use anyhow::{Context, bail};
use rust_embed::{EmbeddedFile, RustEmbed};
use toml::Table;

use super::surroundings::workspace_around;

#[derive(RustEmbed)]
#[folder = "../sdk/templates"]
#[exclude = "**/node_modules/**"]
#[exclude = "**/target/**"]
#[exclude = "**/dist/**"]
struct Templates;

#[derive(RustEmbed)]
#[folder = "../sdk"]
#[include = "src/**"]
#[include = "typescript/**"]
#[include = "wit/**"]
#[include = "README.md"]
#[include = "CASES.md"]
#[include = "CHANGELOG.md"]
#[include = "Cargo.toml"]
#[exclude = "**/node_modules/**"]
struct Sdk;

#[derive(RustEmbed)]
#[folder = "domain"]
#[include = "src/**"]
#[include = "Cargo.toml"]
struct Domain;

/// What the versions and lints of the SDK are inherited from.
const WORKSPACE: &str = include_str!("../../../../Cargo.toml");

/// Names that a crate of rules cannot have: they are those of crates which it is compiled with, and cargo or the compiler would
/// take the one for the other.
const TAKEN: [&str; 7] = ["andon-sdk", "andon-domain", "std", "core", "alloc", "proc-macro", "test"];

/// What to start, and where.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Name of the project, its rules and their marketplace, as a code such as `my-market`
    name: String,
    /// Language of the rules
    #[arg(long, value_enum, default_value_t = Language::Rust)]
    lang: Language,
    /// Where the project is made [default: a directory of its name]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Language {
    Rust,
    Typescript,
}

/// Makes the project and says what to do next.
pub fn run(args: &Args) -> anyhow::Result<()> {
    check_code(&args.name).map_err(|error| anyhow::anyhow!("the name {:?} {error}", args.name))?;
    if matches!(args.lang, Language::Rust) && TAKEN.contains(&args.name.as_str()) {
        bail!("the name {:?} is that of a crate which rules are built with; choose another", args.name);
    }
    let directory = args.dir.clone().unwrap_or_else(|| PathBuf::from(&args.name));
    if directory.read_dir().is_ok_and(|mut entries| entries.next().is_some()) || directory.is_file() {
        bail!("{} is there already; choose another with --dir", directory.display());
    }
    if let Some(workspace) = workspace_around(&directory) {
        bail!(
            "{} would become a member of the workspace of {}, which it would break; choose another place with --dir, or name it in \
             that workspace's `exclude`",
            directory.display(),
            workspace.display()
        );
    }
    let vendor = directory.join("vendor");
    match args.lang {
        Language::Rust => {
            template("rust/", &args.name, &directory)?;
            crates(&vendor)?;
        }
        Language::Typescript => {
            template("typescript/", &args.name, &directory)?;
            copy::<Sdk>(&vendor.join("andon-sdk"), |path| !is_for_rust(path))?;
        }
    }
    println!("{0} is made. Next:\n\n  cd {0}\n  andon plugin test", directory.display());
    Ok(())
}

/// Writes a template with the project's name in its place.
fn template(prefix: &str, name: &str, directory: &Path) -> anyhow::Result<()> {
    let named = |text: &str| text.replace("{{name}}", name);
    for path in Templates::iter().filter(|path| path.starts_with(prefix)) {
        let Some(file) = Templates::get(&path) else { continue };
        let text = String::from_utf8_lossy(&file.data);
        write(&directory.join(named(&path[prefix.len()..])), named(&text).as_bytes())?;
    }
    Ok(())
}

/// Writes the SDK, and the part of the host that its test helpers use, as a workspace of their own.
fn crates(directory: &Path) -> anyhow::Result<()> {
    copy::<Sdk>(&directory.join("andon-sdk"), |path| !is_for_typescript(path))?;
    copy::<Domain>(&directory.join("andon-domain"), |_| true)?;
    let manifest = vendored(WORKSPACE).context("the host's own manifest cannot be read")?;
    write(&directory.join("Cargo.toml"), manifest.as_bytes())
}

fn is_for_rust(path: &str) -> bool {
    path.starts_with("src/") || path == "Cargo.toml"
}

fn is_for_typescript(path: &str) -> bool {
    path.starts_with("typescript/")
}

fn copy<Files: RustEmbed>(directory: &Path, is_wanted: fn(&str) -> bool) -> anyhow::Result<()> {
    for path in Files::iter().filter(|path| is_wanted(path)) {
        let Some(EmbeddedFile { data, .. }) = Files::get(&path) else { continue };
        write(&directory.join(&*path), &data)?;
    }
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory).with_context(|| format!("{} cannot be made", directory.display()))?;
    }
    std::fs::write(path, bytes).with_context(|| format!("{} cannot be written", path.display()))
}

/// The manifest of the vendored workspace: what the two crates inherit, from this repository's own.
fn vendored(root: &str) -> anyhow::Result<String> {
    let root: Table = root.parse()?;
    let inherited = root.get("workspace").and_then(toml::Value::as_table).context("it has no workspace")?;
    let part = |key: &str| inherited.get(key).cloned().with_context(|| format!("its workspace has no {key}"));
    let mut dependencies = part("dependencies")?;
    if let Some(dependencies) = dependencies.as_table_mut() {
        dependencies.retain(|_, dependency| dependency.get("path").is_none());
        dependencies
            .insert("andon-domain".to_owned(), toml::Value::from(Table::from_iter([("path".to_owned(), "andon-domain".into())])));
    }
    let workspace = Table::from_iter([
        ("resolver".to_owned(), part("resolver")?),
        ("members".to_owned(), vec!["andon-domain", "andon-sdk"].into()),
        ("package".to_owned(), part("package")?),
        ("dependencies".to_owned(), dependencies),
        ("lints".to_owned(), part("lints")?),
    ]);
    let manifest = toml::to_string(&Table::from_iter([("workspace".to_owned(), workspace.into())]))?;
    Ok(format!("# The SDK as `andon plugin new` wrote it, with what its crates inherit. Not to be edited.\n{manifest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_vendored_depends_on_nothing_beside_it() {
        let manifest: Table = vendored(WORKSPACE).unwrap().parse().unwrap();
        let dependencies = manifest["workspace"]["dependencies"].as_table().unwrap();
        let beside: Vec<_> =
            dependencies.iter().filter_map(|(name, d)| Some((name.as_str(), d.get("path")?.as_str()?))).collect();
        assert_eq!(beside, [("andon-domain", "andon-domain")]);
    }

    #[test]
    fn each_language_has_its_template_and_the_contract_comes_along() {
        for file in ["rust/Cargo.toml", "rust/.gitignore", "rust/src/lib.rs", "typescript/.gitignore", "typescript/src/rules.ts"]
        {
            assert!(Templates::get(file).is_some(), "{file}");
        }
        for file in ["wit/rules.wit", "src/lib.rs", "typescript/.npmrc", "typescript/package-lock.json"] {
            assert!(Sdk::get(file).is_some(), "{file}");
        }
        assert!(Domain::get("src/lib.rs").is_some());
        let unwanted = |path: &str| path.contains("templates") || path.contains("node_modules");
        assert!(Sdk::iter().all(|path| !unwanted(&path)), "a project is given neither templates nor tools");
    }
}
