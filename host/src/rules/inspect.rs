//! Looks at a component's bytes before the compiler does. The compiler's own ceilings are made for browsers; a plugin that needs
//! more than these is not a plugin.

use andon_domain::admission::Problem;
use wasmparser::component_types::{ComponentAnyTypeId, ComponentEntityType};
use wasmparser::types::TypesRef;
use wasmparser::{ComponentInstance, Encoding, Instance, Operator, Parser, Payload, Validator, WasmFeatures};

use super::engine::{CORE_INSTANCES, MEMORIES, TABLES};
use super::fault::quote;
use super::limits::Limits;
use super::origins::{Kind, Origins};
use super::refusal::{Code, Refusal};

/// A core module per core instance; the one component inside gives the exported interface its types.
const MAX_MODULES: usize = CORE_INSTANCES as usize;
const MAX_COMPONENTS: usize = 4;
/// Entries of all sections of one kind together.
const MAX_FUNCTIONS: usize = 20_000;
const MAX_ENTRIES: usize = 20_000;
const MAX_NAMED: usize = 1_000;
const MAX_CUSTOM_SECTIONS: usize = 200;
const MAX_NAME_BYTES: usize = 1_024;
/// Compiling takes time and memory in proportion to the largest function, and worse than that to its locals.
const MAX_BODY_BYTES: usize = 512 << 10;
const MAX_LOCALS: u64 = 5_000;
/// Compiling takes time with the third power of how deep loops nest: 2,000 with a jump to each took 15 s. People nest a few; a
/// `match` of many arms nests blocks, which cost little.
const MAX_LOOP_DEPTH: usize = 64;
const MAX_BLOCK_DEPTH: usize = 2_000;

/// What a plugin may be built from, for the check; the engine's own list says the same to the compiler.
fn features() -> WasmFeatures {
    WasmFeatures::COMPONENT_MODEL
        | WasmFeatures::FLOATS
        | WasmFeatures::MUTABLE_GLOBAL
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::MULTI_VALUE
        | WasmFeatures::BULK_MEMORY
        | WasmFeatures::REFERENCE_TYPES
        | WasmFeatures::EXTENDED_CONST
}

/// Checks size, layer, counts and validity, and that nothing is imported.
pub(super) fn inspect(bytes: &[u8], limits: &Limits) -> Result<(), Refusal> {
    header(bytes, limits)?;
    let mut counts = Counts::new(limits);
    for payload in Parser::new(0).parse_all(bytes) {
        counts.add(&payload.map_err(|error| invalid(&error))?)?;
    }
    let types = Validator::new_with_features(features()).validate_all(bytes).map_err(|error| invalid(&error))?;
    let foreign: Vec<_> = counts.imports.iter().filter(|name| !only_types(types.as_ref(), name)).collect();
    if !foreign.is_empty() {
        let problem = |name: &&String| Problem { field: quote(name), reason: "is imported; rules import nothing".to_owned() };
        return Err(Refusal { code: Code::Import, problems: foreign.iter().take(20).map(problem).collect() });
    }
    Ok(())
}

fn invalid(error: &wasmparser::BinaryReaderError) -> Refusal {
    Refusal::of(Code::Invalid, "component", quote(&error.to_string()))
}

fn header(bytes: &[u8], limits: &Limits) -> Result<(), Refusal> {
    if bytes.len() > limits.component_bytes {
        let reason = format!("has {} bytes, above {}", bytes.len(), limits.component_bytes);
        return Err(Refusal::of(Code::LimitSize, "component", reason));
    }
    let refuse = |reason| Err(Refusal::of(Code::Invalid, "component", reason));
    match bytes.get(..8) {
        None => refuse("is shorter than a header"),
        Some(b"\0asm\x0d\0\x01\0") => Ok(()),
        Some(b"\0asm\x01\0\0\0") => refuse("is a core module; it must be made a component first"),
        Some(header) if header.starts_with(b"\0asm") => refuse("is WebAssembly of an unknown layer or version"),
        Some(_) => refuse("is not WebAssembly"),
    }
}

/// Whether an import is an instance that holds nothing but plain types. An exported interface that uses another one's types
/// makes such imports; there is nothing in them to link.
fn only_types(types: TypesRef<'_>, name: &str) -> bool {
    let plain = |ty: &ComponentEntityType| matches!(ty, ComponentEntityType::Type { referenced, .. } if !matches!(referenced, ComponentAnyTypeId::Resource(_)));
    match types.component_item_for_import(name).map(|item| item.ty) {
        Some(ComponentEntityType::Instance(id)) => types[id].exports.values().all(|item| plain(&item.ty)),
        _ => false,
    }
}

/// What has been seen so far.
struct Counts<'a> {
    limits: &'a Limits,
    modules: usize,
    components: usize,
    memories: u64,
    tables: usize,
    origins: Origins,
    functions: usize,
    entries: usize,
    named: usize,
    custom: usize,
    /// Names on the outermost component.
    imports: Vec<String>,
}

impl<'a> Counts<'a> {
    fn new(limits: &'a Limits) -> Self {
        Self {
            limits,
            modules: 0,
            components: 0,
            memories: 0,
            tables: 0,
            origins: Origins::default(),
            functions: 0,
            entries: 0,
            named: 0,
            custom: 0,
            imports: Vec::new(),
        }
    }

    fn add(&mut self, payload: &Payload<'_>) -> Result<(), Refusal> {
        match payload {
            Payload::Version { encoding: Encoding::Module, .. } => {
                self.origins.open();
                count(&mut self.modules, 1, MAX_MODULES, "core modules")
            }
            Payload::Version { encoding: Encoding::Component, .. } => {
                self.origins.open();
                count(&mut self.components, 1, MAX_COMPONENTS, "components, nested ones included")
            }
            Payload::End(_) => {
                self.origins.close();
                Ok(())
            }
            Payload::ModuleSection { .. } => {
                self.origins.define(Kind::Module);
                Ok(())
            }
            Payload::ComponentSection { .. } => {
                self.origins.define(Kind::Component);
                Ok(())
            }
            Payload::FunctionSection(section) => count(&mut self.functions, section.count(), MAX_FUNCTIONS, "functions"),
            Payload::CodeSectionEntry(body) => body_size(body).and_then(|()| nesting(body)),
            Payload::MemorySection(section) => self.memories(section.clone()),
            Payload::TableSection(section) => self.tables(section.clone()),
            Payload::ImportSection(section) => self.imports(section.clone()),
            Payload::ExportSection(section) => {
                count(&mut self.named, section.count(), MAX_NAMED, "imports and exports")?;
                section.clone().into_iter().try_for_each(|export| name_size(export.map_err(|e| invalid(&e))?.name))
            }
            Payload::ComponentImportSection(section) => self.component_imports(section.clone()),
            Payload::ComponentExportSection(section) => self.component_exports(section.clone()),
            Payload::TypeSection(section) => self.entries(section.count()),
            Payload::GlobalSection(section) => self.entries(section.count()),
            Payload::ElementSection(section) => self.entries(section.count()),
            Payload::DataSection(section) => self.entries(section.count()),
            Payload::TagSection(section) => self.entries(section.count()),
            Payload::InstanceSection(section) => self.instances(section.clone()),
            Payload::CoreTypeSection(section) => self.entries(section.count()),
            Payload::ComponentInstanceSection(section) => self.component_instances(section.clone()),
            Payload::ComponentAliasSection(section) => self.aliases(section.clone()),
            Payload::ComponentTypeSection(section) => self.entries(section.count()),
            Payload::ComponentCanonicalSection(section) => self.entries(section.count()),
            Payload::CustomSection(section) => {
                count(&mut self.custom, 1, MAX_CUSTOM_SECTIONS, "custom sections")?;
                name_size(section.name())
            }
            _ => Ok(()),
        }
    }

    fn entries(&mut self, more: u32) -> Result<(), Refusal> {
        count(&mut self.entries, more, MAX_ENTRIES, "types, globals, segments and the like")
    }

    fn memories(&mut self, section: wasmparser::MemorySectionReader<'_>) -> Result<(), Refusal> {
        for memory in section {
            let memory = memory.map_err(|error| invalid(&error))?;
            self.memories += 1;
            if self.memories > u64::from(MEMORIES) {
                return Err(Refusal::of(Code::LimitSize, "component", format!("has more than {MEMORIES} memory")));
            }
            let most = self.limits.memory_bytes as u64;
            let page = 1u64 << memory.page_size_log2.unwrap_or(16).min(16);
            if memory.initial.saturating_mul(page) > most {
                let reason = format!("begins with {} pages of memory, above {most} bytes", memory.initial);
                return Err(Refusal::of(Code::LimitSize, "component", reason));
            }
        }
        Ok(())
    }

    fn tables(&mut self, section: wasmparser::TableSectionReader<'_>) -> Result<(), Refusal> {
        count(&mut self.tables, section.count(), TABLES as usize, "tables")?;
        for table in section {
            let initial = table.map_err(|error| invalid(&error))?.ty.initial;
            if initial > self.limits.table_elements as u64 {
                let reason = format!("begins with a table of {initial} elements, above {}", self.limits.table_elements);
                return Err(Refusal::of(Code::LimitSize, "component", reason));
            }
        }
        Ok(())
    }

    fn instances(&mut self, section: wasmparser::InstanceSectionReader<'_>) -> Result<(), Refusal> {
        self.entries(section.count())?;
        for instance in section {
            if let Instance::Instantiate { module_index, .. } = instance.map_err(|error| invalid(&error))? {
                self.instantiate(Kind::Module, module_index)?;
            }
        }
        Ok(())
    }

    fn component_instances(&mut self, section: wasmparser::ComponentInstanceSectionReader<'_>) -> Result<(), Refusal> {
        self.entries(section.count())?;
        for instance in section {
            if let ComponentInstance::Instantiate { component_index, .. } = instance.map_err(|error| invalid(&error))? {
                self.instantiate(Kind::Component, component_index)?;
            }
        }
        Ok(())
    }

    fn instantiate(&mut self, kind: Kind, index: u32) -> Result<(), Refusal> {
        self.origins.instantiate(kind, index).map_err(|why| Refusal::of(Code::LimitSize, "component", why))
    }

    fn aliases(&mut self, section: wasmparser::ComponentAliasSectionReader<'_>) -> Result<(), Refusal> {
        self.entries(section.count())?;
        for alias in section {
            self.origins.alias(&alias.map_err(|error| invalid(&error))?);
        }
        Ok(())
    }

    fn imports(&mut self, section: wasmparser::ImportSectionReader<'_>) -> Result<(), Refusal> {
        count(&mut self.named, section.count(), MAX_NAMED, "imports and exports")?;
        for import in section.into_imports() {
            let import = import.map_err(|error| invalid(&error))?;
            name_size(import.module)?;
            name_size(import.name)?;
        }
        Ok(())
    }

    fn component_imports(&mut self, section: wasmparser::ComponentImportSectionReader<'_>) -> Result<(), Refusal> {
        count(&mut self.named, section.count(), MAX_NAMED, "imports and exports")?;
        for import in section {
            let import = import.map_err(|error| invalid(&error))?;
            name_size(import.name.name)?;
            self.origins.import(import.ty);
            if self.origins.is_outermost() {
                self.imports.push(import.name.name.to_owned());
            }
        }
        Ok(())
    }

    fn component_exports(&mut self, section: wasmparser::ComponentExportSectionReader<'_>) -> Result<(), Refusal> {
        count(&mut self.named, section.count(), MAX_NAMED, "imports and exports")?;
        for export in section {
            let export = export.map_err(|error| invalid(&error))?;
            name_size(export.name.name)?;
            self.origins.export(export.kind, export.index);
        }
        Ok(())
    }
}

fn count(sum: &mut usize, more: u32, most: usize, what: &str) -> Result<(), Refusal> {
    *sum = sum.saturating_add(more as usize);
    if *sum > most {
        return Err(Refusal::of(Code::LimitSize, "component", format!("has more than {most} {what}")));
    }
    Ok(())
}

fn name_size(name: &str) -> Result<(), Refusal> {
    if name.len() > MAX_NAME_BYTES {
        return Err(Refusal::of(
            Code::LimitSize,
            "component",
            format!("has a name of {} bytes, above {MAX_NAME_BYTES}", name.len()),
        ));
    }
    Ok(())
}

fn body_size(body: &wasmparser::FunctionBody<'_>) -> Result<(), Refusal> {
    let bytes = body.as_bytes().len();
    if bytes > MAX_BODY_BYTES {
        return Err(Refusal::of(
            Code::LimitSize,
            "component",
            format!("has a function of {bytes} bytes, above {MAX_BODY_BYTES}"),
        ));
    }
    let mut locals = 0u64;
    for group in body.get_locals_reader().map_err(|error| invalid(&error))? {
        locals = locals.saturating_add(u64::from(group.map_err(|error| invalid(&error))?.0));
    }
    if locals > MAX_LOCALS {
        return Err(Refusal::of(Code::LimitSize, "component", format!("has a function of {locals} locals, above {MAX_LOCALS}")));
    }
    Ok(())
}

fn nesting(body: &wasmparser::FunctionBody<'_>) -> Result<(), Refusal> {
    let mut open = Vec::new();
    let mut loops = 0usize;
    for operator in body.get_operators_reader().map_err(|error| invalid(&error))? {
        match operator.map_err(|error| invalid(&error))? {
            Operator::Block { .. } | Operator::If { .. } => open.push(false),
            Operator::Loop { .. } => {
                open.push(true);
                loops += 1;
            }
            Operator::End => loops -= usize::from(open.pop() == Some(true)),
            _ => {}
        }
        if loops > MAX_LOOP_DEPTH || open.len() > MAX_BLOCK_DEPTH {
            let reason = format!("has more than {MAX_LOOP_DEPTH} loops or {MAX_BLOCK_DEPTH} blocks inside each other");
            return Err(Refusal::of(Code::LimitSize, "component", reason));
        }
    }
    Ok(())
}
