//! Makes a component of a crate of rules: cargo compiles it for wasm32, and the encoder wraps the module into a component. Where
//! rustup can fetch no target, Debian's newer compiler builds the standard library from its source instead. Rules in TypeScript
//! have a module of their own.

mod link;
#[cfg(test)]
mod link_tests;
mod part;
mod typescript;
mod wiring;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use wit_component::ComponentEncoder;

pub use self::typescript::typescript;

const TARGET: &str = "wasm32-unknown-unknown";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_PACKAGES: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];
/// Older ones cannot compile the edition or the contract's bindings.
const DEBIAN_MINOR: u32 = 90;

/// Why there is no component.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A program could not be started.
    #[error("{program} could not be run: {error}")]
    Start {
        /// Which.
        program: String,
        /// Why.
        error: std::io::Error,
    },
    /// A program failed.
    #[error("`{command}` failed:\n{output}")]
    Failed {
        /// What was run.
        command: String,
        /// The end of what it said.
        output: String,
    },
    /// What is written in TypeScript has errors, or the tools for it have.
    #[error("its sources make no component:\n{0}")]
    Sources(String),
    /// Nothing here compiles to wasm.
    #[error("no compiler for {TARGET}: run `rustup target add {TARGET}`, or as root `apt-get install {}`", DEBIAN_PACKAGES.join(" "))]
    NoCompiler,
    /// Nothing here runs the tools for TypeScript.
    #[error("no Node.js from version 18 on with npm: install them, or as root `apt-get install nodejs npm`")]
    NoNode,
    /// A project is not laid out as one.
    #[error("{path} {why}")]
    Project {
        /// The file or directory.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The crate makes no module.
    #[error("{0} makes no wasm module; its crate-type must include cdylib")]
    NoModule(String),
    /// The module cannot be read or made a component.
    #[error("{path} cannot be made a component: {why}")]
    Encode {
        /// The core module.
        path: PathBuf,
        /// Why.
        why: String,
    },
}

/// Builds `package`, found from the manifest in `directory` (a workspace or a crate of its own, with a profile named `rules`), and
/// gives the component's bytes. Cargo decides what must be compiled anew; its directory is `target/wasm` under `directory`, since
/// the compiler may differ from the host's. `progress` is told what is being done, a line at a time, installations included.
pub fn build(directory: &Path, package: &str, progress: &dyn Fn(&str)) -> Result<Vec<u8>, BuildError> {
    let mut cargo = compiler(directory, progress)?;
    // As a cdylib alone: beside an rlib cargo leaves link-time optimisation out, a seventh of the fuel.
    cargo.args(["rustc", "--profile", "rules", "--target", TARGET, "--lib", "--crate-type", "cdylib", "--package", package]);
    cargo.args(["--message-format", "json-render-diagnostics", "--target-dir"]).arg(directory.join("target/wasm"));
    cargo.current_dir(directory);
    // What an outer cargo or clippy set for its own build would make this one compile everything differently, and anew.
    for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "CARGO_BUILD_TARGET"] {
        cargo.env_remove(name);
    }
    let messages = run(cargo, progress)?;
    let path =
        messages.lines().find_map(|line| module_of(line, package)).ok_or_else(|| BuildError::NoModule(package.to_owned()))?;
    encode(&path).map_err(|why| BuildError::Encode { path, why })
}

/// The module that a line of cargo's JSON says was made for `package`.
fn module_of(line: &str, package: &str) -> Option<PathBuf> {
    let message: serde_json::Value = serde_json::from_str(line).ok()?;
    let is_artifact = message["reason"] == "compiler-artifact";
    let is_package = message["target"]["name"].as_str()?.replace('_', "-") == package.replace('_', "-");
    let files = message["filenames"].as_array().filter(|_| is_artifact && is_package)?;
    files
        .iter()
        .filter_map(|file| file.as_str())
        .map(PathBuf::from)
        .find(|file| file.extension().is_some_and(|end| end == "wasm"))
}

fn encode(path: &Path) -> Result<Vec<u8>, String> {
    let module = std::fs::read(path).map_err(|error| error.to_string())?;
    let mut encoder = ComponentEncoder::default();
    encoder.validate(true).module(&module).and_then(ComponentEncoder::encode).map_err(|error| format!("{error:#}"))
}

/// A cargo that can compile for wasm32, in the order of what costs least: a target that is there, a Debian compiler that is there,
/// rustup, apt.
fn compiler(directory: &Path, progress: &dyn Fn(&str)) -> Result<Command, BuildError> {
    if has_target(directory) {
        return Ok(Command::new("cargo"));
    }
    if debian_is_new_enough() {
        return debian(directory);
    }
    let mut rustup = Command::new("rustup");
    rustup.args(["target", "add", TARGET]).current_dir(directory);
    if announced(rustup, progress).is_ok() && has_target(directory) {
        return Ok(Command::new("cargo"));
    }
    if has_apt() {
        apt(&["update"], progress)?;
        apt(&[&["install", "-y", "--no-install-recommends"][..], &DEBIAN_PACKAGES].concat(), progress)?;
        if debian_is_new_enough() {
            return debian(directory);
        }
    }
    Err(BuildError::NoCompiler)
}

fn has_target(directory: &Path) -> bool {
    sysroot(directory).is_some_and(|root| root.join("lib/rustlib").join(TARGET).join("lib").is_dir())
}

fn sysroot(directory: &Path) -> Option<PathBuf> {
    let output = Command::new("rustc").args(["--print", "sysroot"]).current_dir(directory).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
}

fn debian_is_new_enough() -> bool {
    let library = Path::new("/usr/lib/rustlib/src/rust/library").exists();
    let Ok(output) = Command::new(DEBIAN_RUSTC).arg("--version").env_remove("LD_LIBRARY_PATH").output() else { return false };
    let version = String::from_utf8_lossy(&output.stdout).into_owned();
    let minor = version.split_whitespace().nth(1).and_then(|v| v.split('.').nth(1)).and_then(|v| v.parse().ok());
    library && Path::new(DEBIAN_CARGO).exists() && minor.is_some_and(|minor: u32| minor >= DEBIAN_MINOR)
}

/// Debian's compiler has no library for wasm32 and no linker of its own: the library is built along, and rustup's linker is lent.
fn debian(directory: &Path) -> Result<Command, BuildError> {
    let mut cargo = Command::new(DEBIAN_CARGO);
    cargo.args(["-Zbuild-std=std,panic_abort"]);
    cargo.env("RUSTC", DEBIAN_RUSTC).env("RUSTC_BOOTSTRAP", "1").env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "rust-lld");
    // Set by an outer `cargo run`, it would lend this compiler another one's libraries.
    cargo.env_remove("LD_LIBRARY_PATH");
    let linkers =
        sysroot(directory).into_iter().flat_map(|root| std::fs::read_dir(root.join("lib/rustlib")).into_iter().flatten());
    let linkers = linkers.flatten().map(|entry| entry.path().join("bin")).filter(|bin| bin.join("rust-lld").exists());
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(linkers.chain(std::env::split_paths(&inherited)));
    cargo.env("PATH", path.map_err(|_| BuildError::NoCompiler)?);
    Ok(cargo)
}

/// Whether packages can be installed: as root, on Debian and its kin.
fn has_apt() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0) && Path::new("/usr/bin/apt-get").exists()
}

fn apt(arguments: &[&str], progress: &dyn Fn(&str)) -> Result<(), BuildError> {
    let mut apt = Command::new("apt-get");
    apt.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    announced(apt, progress)
}

fn announced(command: Command, progress: &dyn Fn(&str)) -> Result<(), BuildError> {
    progress(&format!("running {}", written(&command)));
    run(command, progress).map(|_| ())
}

fn written(command: &Command) -> String {
    let words: Vec<_> = std::iter::once(command.get_program()).chain(command.get_args()).map(|w| w.to_string_lossy()).collect();
    words.join(" ")
}

/// Runs a command to its end, tells what it says on standard error, and gives what it says on standard output.
fn run(mut command: Command, progress: &dyn Fn(&str)) -> Result<String, BuildError> {
    let written = written(&command);
    let start = |error| BuildError::Start { program: command_name(&written), error };
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(start)?;
    let output = child.stdout.take().map(|stdout| thread::spawn(move || std::io::read_to_string(stdout)));
    let mut said: Vec<String> = Vec::new();
    for line in child.stderr.take().into_iter().flat_map(|stderr| BufReader::new(stderr).lines()).map_while(Result::ok) {
        progress(line.trim());
        said.push(line);
    }
    let status = child.wait().map_err(start)?;
    let output = output.and_then(|reader| reader.join().ok()).and_then(Result::ok).unwrap_or_default();
    if status.success() {
        return Ok(output);
    }
    let tail = said.len().saturating_sub(40);
    Err(BuildError::Failed { output: said[tail..].join("\n"), command: written })
}

fn command_name(written: &str) -> String {
    written.split(' ').next().unwrap_or_default().to_owned()
}
