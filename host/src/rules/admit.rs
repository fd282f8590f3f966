//! Admission: from bytes that anyone may have sent to rules that may be asked. Nothing of a plugin runs before its bytes have
//! been looked at, and nothing is counted by it before its manifest makes sense.

use std::sync::{Arc, OnceLock};

use andon_domain::admission;
use andon_domain::manifest::Manifest;
use sha2::{Digest, Sha256};
use wasmtime::component::Linker;

use super::engine::{Engine, EngineError};
use super::fault::{PluginFault, quote};
use super::gate::Gate;
use super::inspect::inspect;
use super::limits::Limits;
use super::machine::MachineCode;
use super::refusal::{Code, Refusal};
use super::sandbox::{Guest, Sandbox};
use super::wit::v1_0::{Contract, EXPORT, Words};

/// An admitted component.
pub struct Rules {
    pub(super) engine: Arc<Engine>,
    pub(super) words: Words,
    pub(super) limits: Limits,
    /// Absent as long as no machine code could be made.
    contract: OnceLock<Contract>,
    manifest: Arc<Manifest>,
    digest: String,
    gate: Gate,
}

impl Rules {
    /// Rules of so many bytes that were admitted before, whose machine code cannot be had for now: every question is a fault of the host's.
    pub fn without_code(engine: &Arc<Engine>, digest: &str, bytes: usize, manifest: Manifest, gate: Gate) -> Self {
        let (engine, contract, words) = (Arc::clone(engine), OnceLock::new(), Words::of(&manifest));
        let limits = engine.limits.of(bytes);
        Self { engine, words, limits, contract, manifest: Arc::new(manifest), digest: digest.to_owned(), gate }
    }

    /// Takes machine code for rules that had none.
    pub fn take_code(&self, code: &MachineCode) -> Result<(), Refusal> {
        let (contract, _) = self.engine.contract(code)?;
        // Whoever was first had code of the same component.
        drop(self.contract.set(contract));
        Ok(())
    }

    /// Whether questions can be asked at all.
    pub fn has_code(&self) -> bool {
        self.contract.get().is_some()
    }

    /// `sha256:` and the hex digest of the component's bytes.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// What it declared, checked.
    pub fn manifest(&self) -> &Arc<Manifest> {
        &self.manifest
    }

    /// What protects everybody else from it.
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    pub(super) fn contract(&self) -> Result<&Contract, PluginFault> {
        self.contract.get().ok_or_else(|| PluginFault::Unavailable("its machine code could not be made".to_owned()))
    }
}

impl std::fmt::Debug for Rules {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rules").field("digest", &self.digest).finish_non_exhaustive()
    }
}

impl Engine {
    /// Starts the engine and the thread that watches plugins' time. One per process.
    pub fn new(limits: Limits) -> Result<Arc<Self>, EngineError> {
        Self::start(limits).map(Arc::new)
    }

    /// Looks at a component's bytes before anything is done with them.
    pub fn inspect(&self, component: &[u8]) -> Result<(), Refusal> {
        inspect(component, &self.limits.of(component.len()))
    }

    /// Admits a component and compiles it in this process; a host has a child process do that. Takes a second or so for a component
    /// of a few hundred kilobytes; call it from a thread that may block.
    pub fn admit(self: &Arc<Self>, component: &[u8]) -> Result<Arc<Rules>, Refusal> {
        self.inspect(component)?;
        let code = self.compile_here(component)?;
        self.introduce(&digest(component), component.len(), &code, Gate::default()).map(Arc::new)
    }

    /// Rules of the machine code of a component of so many bytes: checks its exports against the contract, asks it to describe itself and checks the
    /// manifest.
    pub fn introduce(self: &Arc<Self>, digest: &str, bytes: usize, code: &MachineCode, gate: Gate) -> Result<Rules, Refusal> {
        let limits = self.limits.of(bytes);
        let (contract, exports) = self.contract(code)?;
        let mut sandbox = Sandbox::open(self, &limits)?;
        let instance = contract.instance(&mut sandbox)?.map_err(|error| mismatch(&error, &exports))?;
        let manifest = instance.describe(&mut sandbox)?;
        drop(sandbox);
        admission::check(&manifest).map_err(|problems| Refusal { code: Code::Manifest, problems })?;
        let rules = Rules::without_code(self, digest, bytes, manifest, gate);
        drop(rules.contract.set(contract));
        Ok(rules)
    }

    /// The contract as a component exports it, and the names of all that it exports.
    fn contract(&self, code: &MachineCode) -> Result<(Contract, Vec<String>), Refusal> {
        let component = self.load(code).map_err(|error| Refusal::of(Code::Compile, "component", quote(&format!("{error:#}"))))?;
        let exports: Vec<String> = component.component_type().exports(&self.wasm).map(|(name, _)| name.to_owned()).collect();
        let pre = Linker::<Guest>::new(&self.wasm).instantiate_pre(&component).map_err(|error| mismatch(&error, &exports))?;
        let contract = Contract::of(pre).map_err(|error| mismatch(&error, &exports))?;
        Ok((contract, exports))
    }
}

fn mismatch(error: &wasmtime::Error, exports: &[String]) -> Refusal {
    let exports = if exports.is_empty() { "nothing".to_owned() } else { exports.join(", ") };
    Refusal::of(Code::Wit, EXPORT, quote(&format!("is not what it should be: {error:#}; the component exports {exports}")))
}

/// `sha256:` and the hex digest of some bytes.
pub fn digest(bytes: &[u8]) -> String {
    use std::fmt::Write;
    Sha256::digest(bytes).iter().fold("sha256:".to_owned(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
