//! Machine code: made of a component's bytes, and made a component again. Whoever loads machine code runs it, so only what this
//! module made, here or in its own child process, ever comes to be a [`MachineCode`].

use std::hash::Hash;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use siphasher::sip128::{Hasher128, SipHasher13};
use wasmtime::CodeBuilder;
use wasmtime::component::Component;

use super::engine::{self, Engine};
use super::fault::quote;
use super::limits::Limits;
use super::refusal::{Code, Refusal};

/// A component as machine code of one engine with one set of settings.
#[derive(Clone)]
pub struct MachineCode(Arc<[u8]>);

impl MachineCode {
    /// Bytes that our compiler made; nothing else may become machine code.
    pub(super) fn trusted(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }

    /// Its bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for MachineCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MachineCode({} bytes)", self.0.len())
    }
}

impl Engine {
    /// 128 bits, in hexadecimal, of all that machine code depends on: version and settings of the engine, and the processor.
    pub fn identity(&self) -> String {
        let mut hasher = SipHasher13::new();
        self.wasm.precompile_compatibility_hash().hash(&mut hasher);
        format!("{:032x}", hasher.finish128().as_u128())
    }

    /// Compiles in this process, which a hostile component may take with it.
    pub(super) fn compile_here(&self, component: &[u8]) -> Result<MachineCode, Refusal> {
        let refuse = |why: String| Refusal::of(Code::Compile, "component", why);
        compile(&self.wasm, component).map(MachineCode::trusted).map_err(refuse)
    }

    /// Machine code as a component. Fails where it is another engine's.
    #[expect(unsafe_code, reason = "machine code is made by this module alone, and a cache proves with a MAC that it is")]
    pub(super) fn load(&self, code: &MachineCode) -> wasmtime::Result<Component> {
        // SAFETY: the bytes are what `compile` made, in this process or in a child of its own program; see `MachineCode`.
        unsafe { Component::deserialize(&self.wasm, &code.0) }
    }
}

/// Compiles a component for an engine with this stack: all that the child process does.
pub fn compile_alone(component: &[u8], stack_bytes: usize) -> Result<Vec<u8>, String> {
    let limits = Limits { stack_bytes, ..Limits::default() };
    let wasm = wasmtime::Engine::new(&engine::config(&limits)).map_err(|error| format!("cannot be compiled here: {error:#}"))?;
    compile(&wasm, component)
}

fn compile(wasm: &wasmtime::Engine, component: &[u8]) -> Result<Vec<u8>, String> {
    // Its makers promise safety for what compiled code does, not for compiling hostile code: that may panic.
    let compile = || CodeBuilder::new(wasm).wasm_binary(component, None)?.compile_component_serialized();
    let compiled = catch_unwind(AssertUnwindSafe(compile)).map_err(|_| "made the compiler panic".to_owned())?;
    compiled.map_err(|error| quote(&format!("{error:#}")))
}
