//! Admission: from bytes that anyone may have sent to rules that may be asked. Nothing of a plugin runs before its bytes have
//! been looked at, and nothing is counted by it before its manifest makes sense.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use andon_domain::admission;
use andon_domain::manifest::Manifest;
use sha2::{Digest, Sha256};
use wasmtime::component::{Component, Linker};

use super::engine::{Engine, EngineError};
use super::fault::quote;
use super::inspect::inspect;
use super::limits::Limits;
use super::refusal::{Code, Refusal};
use super::sandbox::{Guest, Sandbox};
use super::wit::v0_1::{Contract, EXPORT, Words};

/// An admitted component.
pub struct Rules {
    pub(super) engine: Arc<Engine>,
    pub(super) contract: Contract,
    pub(super) words: Words,
    manifest: Arc<Manifest>,
    digest: String,
}

impl Rules {
    /// `sha256:` and the hex digest of the component's bytes.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// What it declared, checked.
    pub fn manifest(&self) -> &Arc<Manifest> {
        &self.manifest
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

    /// Checks a component's bytes, compiles it, checks its exports against the contract, asks it to describe itself and checks
    /// the manifest. Takes a second or so for a component of a few hundred kilobytes; call it from a thread that may block.
    pub fn admit(self: &Arc<Self>, component: &[u8]) -> Result<Arc<Rules>, Refusal> {
        let exports = inspect(component, &self.limits)?;
        let compiled = self.compile(component)?;
        let pre = Linker::<Guest>::new(&self.wasm).instantiate_pre(&compiled).map_err(|error| mismatch(&error, &exports))?;
        let contract = Contract::of(pre).map_err(|error| mismatch(&error, &exports))?;
        let mut sandbox = Sandbox::open(self)?;
        let instance = contract.instance(&mut sandbox)?.map_err(|error| mismatch(&error, &exports))?;
        let manifest = instance.describe(&mut sandbox)?;
        drop(sandbox);
        admission::check(&manifest).map_err(|problems| Refusal { code: Code::Manifest, problems })?;
        Ok(Arc::new(Rules {
            engine: Arc::clone(self),
            words: Words::of(&manifest),
            contract,
            manifest: Arc::new(manifest),
            digest: digest(component),
        }))
    }

    fn compile(&self, component: &[u8]) -> Result<Component, Refusal> {
        // Its makers promise safety for what compiled code does, not for compiling hostile code: that may panic.
        let compiled = catch_unwind(AssertUnwindSafe(|| Component::from_binary(&self.wasm, component)))
            .map_err(|_| Refusal::of(Code::Compile, "component", "made the compiler panic"))?;
        compiled.map_err(|error| Refusal::of(Code::Compile, "component", quote(&format!("{error:#}"))))
    }
}

fn mismatch(error: &wasmtime::Error, exports: &[String]) -> Refusal {
    let exports = if exports.is_empty() { "nothing".to_owned() } else { exports.join(", ") };
    Refusal::of(Code::Wit, EXPORT, quote(&format!("is not what it should be: {error:#}; the component exports {exports}")))
}

/// `sha256:` and the hex digest of some bytes.
pub(super) fn digest(bytes: &[u8]) -> String {
    use std::fmt::Write;
    Sha256::digest(bytes).iter().fold("sha256:".to_owned(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
