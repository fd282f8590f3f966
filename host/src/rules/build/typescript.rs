//! Makes a component of rules in TypeScript: node checks the types, bundles the sources and lets a small JavaScript engine read
//! them; what that gives is linked into one module and wrapped, as rules in Rust are.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use super::{BuildError, announced, apt, has_apt, link::link, run};

const DEBIAN_PACKAGES: [&str; 2] = ["nodejs", "npm"];
/// The oldest that the tools run on, and the one Debian 12 has.
const NODE_MAJOR: u32 = 18;
/// The name under which a project depends on the SDK, by path.
const SDK: &str = "@andon/rules";
/// What an installation of the tools was made from, kept with it.
const INSTALLED: &str = "node_modules/.made-of";

/// Builds the project whose `package.json` is in `directory` and gives the component's bytes. The tools are those that the SDK's
/// lock file names, installed beside it once; what is made is kept in `target` under `directory`, and is made anew only if the
/// sources changed. `progress` is told what is being done, a line at a time, installations included.
pub fn typescript(directory: &Path, progress: &dyn Fn(&str)) -> Result<Vec<u8>, BuildError> {
    let project = Project::read(directory)?;
    node(progress)?;
    install(&project.sdk, progress)?;
    let made = project.directory.join("target");
    std::fs::create_dir_all(&made).map_err(unusable(&made))?;
    let _alone = alone(&project.directory.join("package.json"))?;
    let engine = made.join("engine.wasm");
    let mut build = Command::new("node");
    build.arg(project.sdk.join("build.mjs")).args([&project.directory, &project.wit, &engine]);
    progress("checking and bundling the sources");
    run(build, progress).map_err(|error| match error {
        BuildError::Failed { output, .. } => BuildError::Sources(output),
        other => other,
    })?;
    component(&engine, &project.wit).map_err(|why| BuildError::Encode { path: engine, why })
}

/// Where the parts of a project are.
struct Project {
    directory: PathBuf,
    sdk: PathBuf,
    wit: PathBuf,
}

impl Project {
    fn read(directory: &Path) -> Result<Self, BuildError> {
        let manifest = directory.join("package.json");
        let text = std::fs::read(&manifest).map_err(unusable(&manifest))?;
        let problem = |why: String| BuildError::Project { path: manifest.clone(), why };
        let json: serde_json::Value = serde_json::from_slice(&text).map_err(|error| problem(error.to_string()))?;
        if !json["main"].is_string() {
            return Err(problem("names no `main`, the source that exports the rules".to_owned()));
        }
        let sdk = json["dependencies"][SDK].as_str().and_then(|place| place.strip_prefix("file:"));
        let sdk = sdk.ok_or_else(|| problem(format!("has no `dependencies` with {SDK}, the SDK, as `file:` and its place")))?;
        let found = |path: PathBuf| path.canonicalize().map_err(unusable(&path));
        let sdk = found(directory.join(sdk))?;
        Ok(Self { directory: found(directory.to_owned())?, wit: found(sdk.join("../wit"))?, sdk })
    }
}

fn unusable(path: &Path) -> impl FnOnce(std::io::Error) -> BuildError {
    let path = path.to_owned();
    move |error| BuildError::Project { path, why: format!("cannot be used: {error}") }
}

/// Waits until no other build uses what the file stands for; until the file is closed, none will.
fn alone(path: &Path) -> Result<File, BuildError> {
    File::open(path).and_then(|file| file.lock().map(|()| file)).map_err(unusable(path))
}

/// Finds node and npm, or has apt install them.
fn node(progress: &dyn Fn(&str)) -> Result<(), BuildError> {
    if node_is_new_enough() {
        return Ok(());
    }
    if has_apt() {
        apt(&["update"], progress)?;
        apt(&[&["install", "-y", "--no-install-recommends"][..], &DEBIAN_PACKAGES].concat(), progress)?;
    }
    if node_is_new_enough() { Ok(()) } else { Err(BuildError::NoNode) }
}

fn node_is_new_enough() -> bool {
    let version = |program: &str| {
        let output = Command::new(program).arg("--version").output().ok().filter(|output| output.status.success())?;
        String::from_utf8_lossy(&output.stdout).trim().trim_start_matches('v').split('.').next()?.parse::<u32>().ok()
    };
    version("node").is_some_and(|major| major >= NODE_MAJOR) && version("npm").is_some()
}

/// Has npm install exactly what the SDK's lock file names, unless that is what is there.
fn install(sdk: &Path, progress: &dyn Fn(&str)) -> Result<(), BuildError> {
    let lock = sdk.join("package-lock.json");
    let _alone = alone(&lock)?;
    let wanted = Sha256::digest(std::fs::read(&lock).map_err(unusable(&lock))?);
    let installed = sdk.join(INSTALLED);
    if std::fs::read(&installed).is_ok_and(|made_of| made_of == wanted[..]) {
        return Ok(());
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--prefer-offline"]).current_dir(sdk);
    announced(npm, progress)?;
    std::fs::write(&installed, wanted).map_err(unusable(&installed))
}

fn component(engine: &Path, wit: &Path) -> Result<Vec<u8>, String> {
    let bytes = std::fs::read(engine).map_err(|error| error.to_string())?;
    let module = link(&bytes).map_err(|error| error.to_string())?;
    encode(module, wit).map_err(|error| format!("{error:#}"))
}

fn encode(mut module: Vec<u8>, wit: &Path) -> anyhow::Result<Vec<u8>> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(wit)?;
    let world = resolve.select_world(&[package], Some("rules"))?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)?;
    ComponentEncoder::default().validate(true).module(&module)?.encode()
}
