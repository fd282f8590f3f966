//! Which code an index stands for: modules and components are passed on by aliases, exports and imports, so that one may go by many
//! indices. Code that is instantiated twice brings its memory and tables twice, which would be found out only when it is run.

use std::collections::HashSet;

use wasmparser::{ComponentAlias, ComponentExternalKind, ComponentOuterAliasKind, ComponentTypeRef};

/// What can be instantiated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Module,
    Component,
}

/// A definition, by its number in the order of the bytes; `None` for what was handed in and may be any.
type Origin = Option<usize>;

/// The indices that one component has given out; modules and components are numbered each for themselves.
#[derive(Default)]
struct Scope {
    modules: Vec<Origin>,
    components: Vec<Origin>,
}

impl Scope {
    fn of(&self, kind: Kind) -> &[Origin] {
        match kind {
            Kind::Module => &self.modules,
            Kind::Component => &self.components,
        }
    }
}

/// Everything seen so far.
#[derive(Default)]
pub(super) struct Origins {
    /// The components (and at the end perhaps a module) that are open, the outermost first.
    scopes: Vec<Scope>,
    defined: usize,
    instantiated: HashSet<usize>,
}

impl Origins {
    /// A module or component begins.
    pub(super) fn open(&mut self) {
        self.scopes.push(Scope::default());
    }

    /// The innermost ends.
    pub(super) fn close(&mut self) {
        self.scopes.pop();
    }

    /// Whether only the outermost is open.
    pub(super) fn is_outermost(&self) -> bool {
        self.scopes.len() == 1
    }

    /// Code is written down here.
    pub(super) fn define(&mut self, kind: Kind) {
        self.defined += 1;
        self.give(kind, Some(self.defined));
    }

    /// Something is handed in by whoever instantiates the component.
    pub(super) fn import(&mut self, ty: ComponentTypeRef) {
        match ty {
            ComponentTypeRef::Module(_) => self.give(Kind::Module, None),
            ComponentTypeRef::Component(_) => self.give(Kind::Component, None),
            _ => {}
        }
    }

    /// Something is handed out, which gives it another index.
    pub(super) fn export(&mut self, kind: ComponentExternalKind, index: u32) {
        if let Some(kind) = kind_of(kind) {
            self.pass_on(0, kind, index);
        }
    }

    /// Something is given another index.
    pub(super) fn alias(&mut self, alias: &ComponentAlias<'_>) {
        match *alias {
            ComponentAlias::InstanceExport { kind, .. } => {
                if let Some(kind) = kind_of(kind) {
                    self.give(kind, None);
                }
            }
            ComponentAlias::Outer { kind, count, index } => match kind {
                ComponentOuterAliasKind::CoreModule => self.pass_on(count as usize, Kind::Module, index),
                ComponentOuterAliasKind::Component => self.pass_on(count as usize, Kind::Component, index),
                ComponentOuterAliasKind::CoreType | ComponentOuterAliasKind::Type => {}
            },
            ComponentAlias::CoreInstanceExport { .. } => {}
        }
    }

    /// Whether this may be instantiated: it was written down here, and was not instantiated before. An index that leads nowhere is
    /// for the validator to refuse.
    pub(super) fn instantiate(&mut self, kind: Kind, index: u32) -> Result<(), &'static str> {
        match self.find(0, kind, index) {
            None => Ok(()),
            Some(None) => Err("instantiates code that is handed in, not its own"),
            Some(Some(origin)) if self.instantiated.insert(origin) => Ok(()),
            Some(Some(_)) => Err("instantiates the same code twice"),
        }
    }

    /// What an index stands for in the component so many further out than the innermost.
    fn find(&self, further_out: usize, kind: Kind, index: u32) -> Option<Origin> {
        let place = self.scopes.len().checked_sub(further_out.checked_add(1)?)?;
        self.scopes.get(place)?.of(kind).get(index as usize).copied()
    }

    fn pass_on(&mut self, further_out: usize, kind: Kind, index: u32) {
        let origin = self.find(further_out, kind, index).flatten();
        self.give(kind, origin);
    }

    fn give(&mut self, kind: Kind, origin: Origin) {
        match (self.scopes.last_mut(), kind) {
            (Some(scope), Kind::Module) => scope.modules.push(origin),
            (Some(scope), Kind::Component) => scope.components.push(origin),
            (None, _) => {}
        }
    }
}

fn kind_of(kind: ComponentExternalKind) -> Option<Kind> {
    match kind {
        ComponentExternalKind::Module => Some(Kind::Module),
        ComponentExternalKind::Component => Some(Kind::Component),
        _ => None,
    }
}
