//! Links the core modules that a JavaScript engine's component is made of into one module that imports nothing. What they took
//! from outside (a clock, randomness, an environment) becomes a trap. The sandbox holds guests to one module and one memory, and
//! stubs as components of their own, the tool's own way, would need several of each.

use std::collections::HashMap;

use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{
    CodeSection, ConstExpr, DataCountSection, DataSection, ElementSection, Encode, ExportKind, ExportSection, Function,
    FunctionSection, GlobalSection, MemorySection, Module, TableSection, TypeSection,
};
use wasmparser::{ExternalKind, Operator, Parser, Payload, TypeRef};

use super::wiring::{Source, Wiring};

/// Why modules cannot be linked.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// Not WebAssembly.
    #[error("it cannot be read: {0}")]
    Read(#[from] wasmparser::BinaryReaderError),
    /// An import leads nowhere.
    #[error("{0} is imported and is not there")]
    Missing(String),
    /// Something that engines are not made of so far.
    #[error("it has {0}")]
    Shape(&'static str),
}

type Linked<T> = Result<T, reencode::Error<LinkError>>;

/// The module that all modules of the component make together. It exports the component's functions, named as tools that
/// make components expect them.
pub(super) fn link(component: &[u8]) -> Result<Vec<u8>, LinkError> {
    let wiring = Wiring::read(component)?;
    let parts: Vec<Part<'_>> = wiring.modules().map(|(instance, bytes)| Part::read(instance, bytes)).collect::<Result<_, _>>()?;
    let mut linker = Linker::new(&wiring, parts)?;
    linker.run().map_err(|error| match error {
        reencode::Error::UserError(error) => error,
        reencode::Error::ParseError(error) => LinkError::Read(error),
        _ => LinkError::Shape("something that cannot be encoded"),
    })
}

/// Things that are numbered, in the order of [`slot`].
const KINDS: [ExternalKind; 4] = [ExternalKind::Func, ExternalKind::Table, ExternalKind::Memory, ExternalKind::Global];

fn slot(kind: ExternalKind) -> Result<usize, LinkError> {
    KINDS.iter().position(|known| *known == kind).ok_or(LinkError::Shape("exceptions"))
}

/// A module as it was, and the new numbers of what is in it.
struct Part<'a> {
    instance: usize,
    bytes: &'a [u8],
    imports: [Vec<(&'a str, &'a str, u32)>; 4],
    exports: HashMap<&'a str, (ExternalKind, u32)>,
    own: [u32; 4],
    types: u32,
    elements: u32,
    data: u32,
    numbers: [Vec<u32>; 4],
    first_type: u32,
    first_element: u32,
    first_data: u32,
}

impl<'a> Part<'a> {
    fn read(instance: usize, bytes: &'a [u8]) -> Result<Self, LinkError> {
        let mut part = Self {
            instance,
            bytes,
            imports: Default::default(),
            exports: HashMap::new(),
            own: [0; 4],
            types: 0,
            elements: 0,
            data: 0,
            numbers: Default::default(),
            first_type: 0,
            first_element: 0,
            first_data: 0,
        };
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::TypeSection(section) => part.types = section.count(),
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import?;
                        let (kind, ty) = match import.ty {
                            TypeRef::Func(ty) => (0, ty),
                            TypeRef::Table(_) => (1, 0),
                            TypeRef::Memory(_) => (2, 0),
                            TypeRef::Global(_) => (3, 0),
                            _ => return Err(LinkError::Shape("exceptions")),
                        };
                        part.imports[kind].push((import.module, import.name, ty));
                    }
                }
                Payload::FunctionSection(section) => part.own[0] = section.count(),
                Payload::TableSection(section) => part.own[1] = section.count(),
                Payload::MemorySection(section) => part.own[2] = section.count(),
                Payload::GlobalSection(section) => part.own[3] = section.count(),
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export?;
                        part.exports.insert(export.name, (export.kind, export.index));
                    }
                }
                Payload::StartSection { .. } => return Err(LinkError::Shape("a start function")),
                Payload::ElementSection(section) => part.elements = section.count(),
                Payload::DataSection(section) => part.data = section.count(),
                _ => {}
            }
        }
        Ok(part)
    }
}

/// Writes all parts one after the other, each with its numbers changed to the whole's.
struct Linker<'a> {
    parts: Vec<Part<'a>>,
    /// The part being written.
    part: usize,
    /// What constant globals hold, by their new number. An initial value may not look at another global of its own module.
    constants: HashMap<u32, Vec<u8>>,
    /// The types of the functions that trap, which come after all others.
    traps: Vec<u32>,
}

impl<'a> Linker<'a> {
    fn new(wiring: &Wiring<'a>, mut parts: Vec<Part<'a>>) -> Result<Self, LinkError> {
        let mut own = [0; 4];
        let (mut types, mut elements, mut data) = (0, 0, 0);
        let mut first = Vec::new();
        for part in &mut parts {
            (part.first_type, part.first_element, part.first_data) = (types, elements, data);
            (types, elements, data) = (types + part.types, elements + part.elements, data + part.data);
            first.push(own);
            own = std::array::from_fn(|kind| own[kind] + part.own[kind]);
        }
        let mut traps = Vec::new();
        for at in 0..parts.len() {
            for kind in 0..KINDS.len() {
                let mut numbers = Vec::new();
                for index in 0..parts[at].imports[kind].len() as u32 + parts[at].own[kind] {
                    numbers.push(match find(wiring, &parts, at, kind, index)? {
                        Found::Own { part, nth } => first[part][kind] + nth,
                        Found::Host if kind == 0 => {
                            let ty = parts[at].first_type + parts[at].imports[0][index as usize].2;
                            let known = traps.iter().position(|known| *known == ty);
                            own[0]
                                + known.unwrap_or_else(|| {
                                    traps.push(ty);
                                    traps.len() - 1
                                }) as u32
                        }
                        Found::Host => return Err(LinkError::Shape("an import from outside that is no function")),
                    });
                }
                parts[at].numbers[kind] = numbers;
            }
        }
        Ok(Self { parts, part: 0, constants: HashMap::new(), traps })
    }

    fn run(&mut self) -> Linked<Vec<u8>> {
        let (mut types, mut functions, mut tables) = (TypeSection::new(), FunctionSection::new(), TableSection::new());
        let (mut memories, mut globals, mut elements) = (MemorySection::new(), GlobalSection::new(), ElementSection::new());
        let (mut code, mut data) = (CodeSection::new(), DataSection::new());
        for part in 0..self.parts.len() {
            self.part = part;
            for payload in Parser::new(0).parse_all(self.parts[part].bytes) {
                match payload? {
                    Payload::TypeSection(section) => self.parse_type_section(&mut types, section)?,
                    Payload::FunctionSection(section) => self.parse_function_section(&mut functions, section)?,
                    Payload::TableSection(section) => self.parse_table_section(&mut tables, section)?,
                    Payload::MemorySection(section) => self.parse_memory_section(&mut memories, section)?,
                    Payload::GlobalSection(section) => {
                        for global in section {
                            self.global(&mut globals, global?)?;
                        }
                    }
                    Payload::ElementSection(section) => self.parse_element_section(&mut elements, section)?,
                    Payload::CodeSectionEntry(body) => self.parse_function_body(&mut code, body)?,
                    Payload::DataSection(section) => self.parse_data_section(&mut data, section)?,
                    _ => {}
                }
            }
        }
        for ty in &self.traps {
            functions.function(*ty);
            let mut trap = Function::new([]);
            trap.instructions().unreachable().end();
            code.function(&trap);
        }
        let mut module = Module::new();
        module.section(&types).section(&functions).section(&tables).section(&memories).section(&globals);
        module.section(&self.exports()?).section(&elements).section(&DataCountSection { count: data.len() });
        module.section(&code).section(&data);
        Ok(module.finish())
    }

    fn global(&mut self, globals: &mut GlobalSection, global: wasmparser::Global<'_>) -> Linked<()> {
        let mut value = Vec::new();
        self.constant(&global.init_expr, &mut value)?;
        if !global.ty.mutable {
            self.constants.insert(globals.len(), value.clone());
        }
        globals.global(self.global_type(global.ty)?, &ConstExpr::raw(value));
        Ok(())
    }

    fn constant(&mut self, value: &wasmparser::ConstExpr<'_>, bytes: &mut Vec<u8>) -> Linked<()> {
        let mut operators = value.get_operators_reader();
        while !operators.is_end_then_eof() {
            match operators.read()? {
                Operator::GlobalGet { global_index } => {
                    let global = self.global_index(global_index)?;
                    let known = self.constants.get(&global).ok_or(LinkError::Shape("an initial value that is not constant"));
                    bytes.extend(known.map_err(reencode::Error::UserError)?);
                }
                operator => self.instruction(operator)?.encode(bytes),
            }
        }
        Ok(())
    }

    /// The functions of the contract, which one module has, and what the host needs to hand it values.
    fn exports(&self) -> Linked<ExportSection> {
        let is_contract = |name: &&str| name.contains('#');
        let part = self.parts.iter().find(|part| part.exports.keys().any(|name| is_contract(name)));
        let part = part.ok_or(reencode::Error::UserError(LinkError::Shape("no exported function")))?;
        let mut names: Vec<_> =
            part.exports.keys().copied().filter(|name| is_contract(name) || *name == "cabi_realloc").collect();
        names.sort_unstable();
        let mut exports = ExportSection::new();
        for name in names {
            exports.export(name, ExportKind::Func, part.numbers[0][part.exports[name].1 as usize]);
        }
        exports.export("memory", ExportKind::Memory, 0);
        Ok(exports)
    }

    fn number(&self, kind: ExternalKind, index: u32) -> Linked<u32> {
        let slot = slot(kind).map_err(reencode::Error::UserError)?;
        let number = self.parts[self.part].numbers[slot].get(index as usize).copied();
        number.ok_or(reencode::Error::UserError(LinkError::Shape("a number out of range")))
    }
}

enum Found {
    /// The n-th of a part's own.
    Own {
        part: usize,
        nth: u32,
    },
    Host,
}

/// Follows imports to where something is made.
fn find(wiring: &Wiring<'_>, parts: &[Part<'_>], part: usize, kind: usize, index: u32) -> Result<Found, LinkError> {
    let imports = &parts[part].imports[kind];
    let Some((module, name, _)) = imports.get(index as usize) else {
        return Ok(Found::Own { part, nth: index - imports.len() as u32 });
    };
    let Source::Export(instance, name) = wiring.import(parts[part].instance, module, name)? else { return Ok(Found::Host) };
    let missing = || LinkError::Missing(name.to_owned());
    let next = parts.iter().position(|part| part.instance == instance).ok_or_else(missing)?;
    match parts[next].exports.get(name) {
        Some((found, index)) if slot(*found)? == kind => find(wiring, parts, next, kind, *index),
        _ => Err(missing()),
    }
}

impl Reencode for Linker<'_> {
    type Error = LinkError;

    fn function_index(&mut self, index: u32) -> Linked<u32> {
        self.number(ExternalKind::Func, index)
    }

    fn table_index(&mut self, index: u32) -> Linked<u32> {
        self.number(ExternalKind::Table, index)
    }

    fn memory_index(&mut self, index: u32) -> Linked<u32> {
        self.number(ExternalKind::Memory, index)
    }

    fn global_index(&mut self, index: u32) -> Linked<u32> {
        self.number(ExternalKind::Global, index)
    }

    fn type_index(&mut self, index: u32) -> Linked<u32> {
        Ok(self.parts[self.part].first_type + index)
    }

    fn element_index(&mut self, index: u32) -> Linked<u32> {
        Ok(self.parts[self.part].first_element + index)
    }

    fn data_index(&mut self, index: u32) -> Linked<u32> {
        Ok(self.parts[self.part].first_data + index)
    }

    fn const_expr(&mut self, value: wasmparser::ConstExpr<'_>) -> Linked<ConstExpr> {
        let mut bytes = Vec::new();
        self.constant(&value, &mut bytes)?;
        Ok(ConstExpr::raw(bytes))
    }
}
