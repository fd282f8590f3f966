//! Reads how a component wires its core modules together: which is instantiated with what, and where each import leads.

use std::collections::HashMap;

use wasmparser::{CanonicalFunction, ComponentAlias, Encoding, ExternalKind, Instance, Parser, Payload};

use super::link::LinkError;

/// The core side of the component, among those nested in each other, that has the most modules.
#[derive(Default)]
pub(super) struct Wiring<'a> {
    modules: Vec<&'a [u8]>,
    instances: Vec<Wired<'a>>,
    functions: Vec<Source<'a>>,
    tables: Vec<Source<'a>>,
    memories: Vec<Source<'a>>,
    globals: Vec<Source<'a>>,
}

enum Wired<'a> {
    /// A module, with the instances that its imports are found in.
    Module { index: u32, arguments: HashMap<&'a str, u32> },
    /// Items of other instances under new names.
    Names(HashMap<&'a str, (ExternalKind, u32)>),
}

/// Where something comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source<'a> {
    /// An export of an instance of a module.
    Export(usize, &'a str),
    /// Outside, or the component model's own machinery.
    Host,
}

impl<'a> Wiring<'a> {
    pub(super) fn read(component: &'a [u8]) -> Result<Self, LinkError> {
        let mut open: Vec<Self> = Vec::new();
        let mut largest = Self::default();
        for payload in Parser::new(0).parse_all(component) {
            match payload? {
                // A module's sections are passed over: what is known of it is its bytes.
                Payload::Version { encoding, .. } => {
                    open.push(Self::default());
                    if encoding == Encoding::Module && open.len() == 1 {
                        return Err(LinkError::Shape("a core module"));
                    }
                }
                Payload::End(_) => {
                    largest = open.pop().into_iter().fold(largest, |a, b| if b.modules.len() > a.modules.len() { b } else { a });
                }
                payload => {
                    if let Some(wiring) = open.last_mut() {
                        wiring.add(component, payload)?;
                    }
                }
            }
        }
        Ok(largest)
    }

    fn add(&mut self, component: &'a [u8], payload: Payload<'a>) -> Result<(), LinkError> {
        match payload {
            Payload::ModuleSection { unchecked_range: range, .. } => {
                let bytes = component.get(range.start as usize..range.end as usize);
                self.modules.push(bytes.ok_or(LinkError::Shape("a module beyond its end"))?);
            }
            Payload::InstanceSection(section) => {
                for instance in section {
                    self.instances.push(wired(instance?));
                }
            }
            Payload::ComponentAliasSection(section) => {
                for alias in section {
                    if let ComponentAlias::CoreInstanceExport { kind, instance_index, name } = alias? {
                        let source = self.export(instance_index, name)?;
                        self.space(kind)?.push(source);
                    }
                }
            }
            Payload::ComponentCanonicalSection(section) => {
                for function in section {
                    if !matches!(function?, CanonicalFunction::Lift { .. }) {
                        self.functions.push(Source::Host);
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The modules that are instantiated, in that order, each with its instance's number.
    pub(super) fn modules(&self) -> impl Iterator<Item = (usize, &'a [u8])> {
        self.instances.iter().enumerate().filter_map(|(number, instance)| match instance {
            Wired::Module { index, .. } => Some((number, *self.modules.get(*index as usize)?)),
            Wired::Names(_) => None,
        })
    }

    /// Where an import of an instance leads.
    pub(super) fn import(&self, instance: usize, module: &str, name: &'a str) -> Result<Source<'a>, LinkError> {
        match self.instances.get(instance) {
            Some(Wired::Module { arguments, .. }) => {
                self.export(*arguments.get(module).ok_or_else(|| LinkError::Missing(module.to_owned()))?, name)
            }
            _ => Err(LinkError::Missing(module.to_owned())),
        }
    }

    fn export(&self, instance: u32, name: &'a str) -> Result<Source<'a>, LinkError> {
        let missing = || LinkError::Missing(name.to_owned());
        match self.instances.get(instance as usize).ok_or_else(missing)? {
            Wired::Module { .. } => Ok(Source::Export(instance as usize, name)),
            Wired::Names(names) => {
                let (kind, index) = names.get(name).ok_or_else(missing)?;
                let space = match kind {
                    ExternalKind::Func => &self.functions,
                    ExternalKind::Table => &self.tables,
                    ExternalKind::Memory => &self.memories,
                    ExternalKind::Global => &self.globals,
                    _ => return Err(missing()),
                };
                space.get(*index as usize).copied().ok_or_else(missing)
            }
        }
    }

    fn space(&mut self, kind: ExternalKind) -> Result<&mut Vec<Source<'a>>, LinkError> {
        match kind {
            ExternalKind::Func => Ok(&mut self.functions),
            ExternalKind::Table => Ok(&mut self.tables),
            ExternalKind::Memory => Ok(&mut self.memories),
            ExternalKind::Global => Ok(&mut self.globals),
            _ => Err(LinkError::Shape("exceptions")),
        }
    }
}

fn wired(instance: Instance<'_>) -> Wired<'_> {
    match instance {
        Instance::Instantiate { module_index, args } => Wired::Module {
            index: module_index,
            arguments: args.iter().map(|argument| (argument.name, argument.index)).collect(),
        },
        Instance::FromExports(exports) => {
            Wired::Names(exports.iter().map(|export| (export.name, (export.kind, export.index))).collect())
        }
    }
}
