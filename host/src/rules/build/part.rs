//! A module as it was before linking: what it imports and exports, and how much of each kind is its own.

use std::collections::HashMap;

use wasmparser::{ExternalKind, Parser, Payload, TypeRef};

use super::link::LinkError;
use super::wiring::{Source, Wiring};

/// Things that are numbered, in the order of [`slot`].
pub(super) const KINDS: [ExternalKind; 4] = [ExternalKind::Func, ExternalKind::Table, ExternalKind::Memory, ExternalKind::Global];

pub(super) fn slot(kind: ExternalKind) -> Result<usize, LinkError> {
    KINDS.iter().position(|known| *known == kind).ok_or(LinkError::Shape("exceptions"))
}

/// A module as it was, and the new numbers of what is in it.
pub(super) struct Part<'a> {
    pub(super) instance: usize,
    pub(super) bytes: &'a [u8],
    pub(super) imports: [Vec<(&'a str, &'a str, u32)>; 4],
    pub(super) exports: HashMap<&'a str, (ExternalKind, u32)>,
    pub(super) own: [u32; 4],
    pub(super) types: u32,
    pub(super) elements: u32,
    pub(super) data: u32,
    pub(super) numbers: [Vec<u32>; 4],
    pub(super) first_type: u32,
    pub(super) first_element: u32,
    pub(super) first_data: u32,
}

impl<'a> Part<'a> {
    pub(super) fn read(instance: usize, bytes: &'a [u8]) -> Result<Self, LinkError> {
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

/// Where something is made.
pub(super) enum Found {
    /// The n-th of a part's own.
    Own {
        part: usize,
        nth: u32,
    },
    Host,
}

/// Follows imports to where something is made.
pub(super) fn find(wiring: &Wiring<'_>, parts: &[Part<'_>], part: usize, kind: usize, index: u32) -> Result<Found, LinkError> {
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
