//! Links the core modules that a JavaScript engine's component is made of into one module that imports nothing. What they took
//! from outside (a clock, randomness, an environment) becomes a trap. The sandbox holds guests to one module and one memory, and
//! stubs as components of their own, the tool's own way, would need several of each.

use std::collections::HashMap;

use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{
    CodeSection, ConstExpr, DataCountSection, DataSection, ElementSection, Encode, ExportKind, ExportSection, Function,
    FunctionSection, GlobalSection, MemorySection, Module, TableSection, TypeSection,
};
use wasmparser::{ExternalKind, Operator, Parser, Payload};

use super::part::{Found, Part, find, slot};
use super::wiring::Wiring;

/// Why modules cannot be linked.
#[derive(Debug, thiserror::Error)]
pub(super) enum LinkError {
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
            for (kind, own) in own.iter_mut().enumerate() {
                let mut numbers = Vec::new();
                for index in 0..parts[at].imports[kind].len() as u32 + parts[at].own[kind] {
                    numbers.push(match find(wiring, &parts, at, kind, index)? {
                        Found::Own { part, nth } => first[part][kind] + nth,
                        Found::Host if kind == 0 => {
                            let ty = parts[at].first_type + parts[at].imports[0][index as usize].2;
                            let known = traps.iter().position(|known| *known == ty);
                            *own + known.unwrap_or_else(|| {
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
        let part = self.parts.iter().find(|part| part.exports.keys().any(is_contract));
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
