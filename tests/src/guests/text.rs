//! Guests written as text: a core module with the contract's exports, each of which behaves until a test gives it another body.
//! What is handed over lies in memory as constants, so that a guest can hand over anything at all.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Value, json};
use wit_parser::Type;

use super::contract::{Contract, Shape};

/// From here to where constants begin nothing is ever written: an empty answer to as many questions as a call may hold.
const NOTHING: u32 = 1 << 10;

/// Where constants begin.
pub const CONSTANTS: u32 = 16 << 10;

/// A guest to be. Bodies are instructions of the text format; parameters are `$p0` and so on, and that of a list's length `$len`.
#[derive(Clone)]
pub struct TextGuest<'a> {
    contract: &'a Contract,
    manifest: Value,
    answers: BTreeMap<&'static str, Value>,
    bodies: BTreeMap<&'static str, String>,
    afterwards: BTreeMap<&'static str, String>,
    realloc: String,
    more: String,
    pages: u32,
}

/// Takes the next bytes of memory, aligned to 8, and the first ones again when a call has ended.
const REALLOC: &str = "
    (local $at i32)
    (local.set $at (global.get $heap))
    (global.set $heap (i32.and (i32.add (i32.add (local.get $at) (local.get 3)) (i32.const 7)) (i32.const -8)))
    (local.get $at)";

impl Default for TextGuest<'static> {
    fn default() -> Self {
        Self::of(Contract::current())
    }
}

impl<'a> TextGuest<'a> {
    /// One that behaves: it declares a counter and a metric, takes any settings, has nothing to say of any fact, and finds
    /// everybody in its one standing.
    pub fn of(contract: &'a Contract) -> Self {
        Self {
            contract,
            manifest: manifest(),
            answers: BTreeMap::new(),
            bodies: BTreeMap::new(),
            afterwards: BTreeMap::new(),
            realloc: REALLOC.to_owned(),
            more: String::new(),
            pages: 4,
        }
    }

    /// Declares otherwise.
    #[must_use]
    pub fn declaring(mut self, change: impl FnOnce(&mut Value)) -> Self {
        change(&mut self.manifest);
        self
    }

    /// Answers a function with a constant; see [`Contract::image`] for how to say what.
    #[must_use]
    pub fn answering(mut self, function: &'static str, answer: Value) -> Self {
        self.answers.insert(function, answer);
        self
    }

    /// Does this before a function answers.
    #[must_use]
    pub fn doing(mut self, function: &'static str, code: &str) -> Self {
        self.bodies.insert(function, code.to_owned());
        self
    }

    /// Does this when a function's answer has been read.
    #[must_use]
    pub fn doing_after(mut self, function: &'static str, code: &str) -> Self {
        self.afterwards.insert(function, code.to_owned());
        self
    }

    /// Makes room for what it is asked in another way: parameters 0 to 3 are the old place and size, the alignment, the new size.
    #[must_use]
    pub fn allocating(mut self, code: &str) -> Self {
        code.clone_into(&mut self.realloc);
        self
    }

    /// Defines more: globals, tables, functions, a start function, data.
    #[must_use]
    pub fn with(mut self, definitions: &str) -> Self {
        self.more.push_str(definitions);
        self
    }

    /// Begins with so many pages of memory.
    #[must_use]
    pub fn pages(mut self, pages: u32) -> Self {
        self.pages = pages;
        self
    }

    /// The component.
    pub fn component(&self) -> Vec<u8> {
        self.contract.component(self.module()).unwrap()
    }

    /// The core module.
    pub fn module(&self) -> Vec<u8> {
        let mut text = String::new();
        let mut at = CONSTANTS;
        for function in self.contract.functions() {
            let (name, ty) = (function.name.as_str(), self.contract.answer(&function.name));
            let answer = self.answer(name);
            let image = self.contract.image(ty, &answer, at);
            let (parameters, results) = self.contract.signature(function);
            let names = (0..parameters.len()).map(|i| if i + 1 == parameters.len() { "len".into() } else { format!("p{i}") });
            let parameters: String = names.zip(&parameters).map(|(name, ty)| format!("(param ${name} {ty})")).collect();
            let body = self.bodies.get(name).map_or("", String::as_str);
            let count = self.answers.get(name).map_or_else(|| self.count(ty, at), |_| String::new());
            let (export, bytes) = (self.contract.export(name), escaped(&image));
            let result = results[0];
            assert_eq!(result, "i32", "{name} answers through memory");
            writeln!(text, r#"(data (i32.const {at}) "{bytes}")"#).unwrap();
            writeln!(text, r#"(func (export "{export}") {parameters} (result {result}) {body} {count} (i32.const {at}))"#)
                .unwrap();
            let after = self.afterwards.get(name).map_or("", String::as_str);
            writeln!(text, r#"(func (export "cabi_post_{export}") (param i32) (global.set $heap (global.get $floor)) {after})"#)
                .unwrap();
            at = (at + image.len() as u32).next_multiple_of(64);
        }
        let Self { realloc, more, pages, .. } = self;
        let heap = at;
        wat::parse_str(format!(
            r#"(module
            (memory (export "memory") {pages})
            (global $floor i32 (i32.const {heap})) (global $heap (mut i32) (i32.const {heap}))
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) {realloc})
            {text} {more})"#
        ))
        .unwrap()
    }

    fn answer(&self, function: &str) -> Value {
        match self.answers.get(function) {
            Some(answer) => answer.clone(),
            None if function == "describe" => self.manifest.clone(),
            None if function == "configure" => json!({"ok": null}),
            None if ["classify", "evaluate"].contains(&function) => json!({"ok": {"ptr": NOTHING, "len": 0}}),
            None => Value::Null,
        }
    }

    /// Code that makes a list of answers as long as the list of questions.
    fn count(&self, ty: Type, at: u32) -> String {
        let Shape::OneOf(tag, cases) = self.contract.shape(ty) else { return String::new() };
        match cases[0].1.map(|ty| self.contract.shape(ty)) {
            Some(Shape::List(_)) => {
                format!("(i32.store (i32.const {}) (local.get $len))", at as usize + self.contract.payload(tag, &cases) + 4)
            }
            _ => String::new(),
        }
    }
}

fn escaped(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "\\{byte:02x}").unwrap();
        text
    })
}

fn manifest() -> Value {
    let codes = ["ordered", "sold", "fine"];
    json!({
        "marketplace": "nowhere", "name": "text", "version": "0.1.0",
        "counters": [{"code": "ordered", "kind": "volume", "by-listing": false, "by-buyer": false}],
        "metrics": [{"code": "sold", "formula": {"sum": 0}, "window": {"rolling": {"days": 30, "lag-days": 0}}}],
        "standings": [{"code": "fine", "level": "good"}],
        "cadence": "continuous",
        "wording": codes.map(|code| json!(["en", code, format!("What {code} means")])),
    })
}
