//! The contract read from its WIT, so that guests written as text follow it by themselves: names and signatures of what is
//! exported, and values of any of its types laid out in memory as a compiler would, or as no compiler ever would.

use std::path::Path;
use std::sync::LazyLock;

use serde_json::Value;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::abi::{AbiVariant, WasmType};
use wit_parser::{Function, Int, InterfaceId, PackageId, Resolve, SizeAlign, Type, TypeDefKind, WorldId, WorldItem};

/// One version of the contract.
pub struct Contract {
    resolve: Resolve,
    sizes: SizeAlign,
    world: WorldId,
    judge: InterfaceId,
}

/// One of several forms a value may take: its name and what it carries.
pub type Case = (String, Option<Type>);

/// What a type is made of, aliases seen through.
pub enum Shape {
    /// A number, a truth value or a character, of so many bytes.
    Plain(usize),
    /// UTF-8.
    Text,
    /// Values of one type, one after the other.
    List(Type),
    /// Fields; those of a tuple go by their number.
    Fields(Vec<(String, Type)>),
    /// One of these; its number is of so many bytes.
    OneOf(usize, Vec<Case>),
}

impl Contract {
    /// The one in this repository.
    pub fn current() -> &'static Self {
        static CURRENT: LazyLock<Contract> = LazyLock::new(|| {
            let mut resolve = Resolve::default();
            let package = resolve.push_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../sdk/wit")).unwrap().0;
            Contract::new(resolve, package)
        });
        &CURRENT
    }

    /// The same with another text in place of each `from`, which must be there.
    pub fn altered(from: &str, to: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sdk/wit/rules.wit");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "the contract has no `{from}`");
        let mut resolve = Resolve::default();
        let package = resolve.push_str(&path, &text.replace(from, to)).unwrap();
        Self::new(resolve, package)
    }

    fn new(resolve: Resolve, package: PackageId) -> Self {
        let world = resolve.select_world(&[package], None).unwrap();
        let exported = |item: &WorldItem| if let WorldItem::Interface { id, .. } = item { Some(*id) } else { None };
        let judge =
            resolve.worlds[world].exports.values().filter_map(exported).find(|id| resolve.interfaces[*id].functions.len() > 1);
        let mut sizes = SizeAlign::default();
        sizes.fill(&resolve).unwrap();
        Self { sizes, world, judge: judge.unwrap(), resolve }
    }

    /// The functions a plugin exports.
    pub fn functions(&self) -> impl Iterator<Item = &Function> {
        self.resolve.interfaces[self.judge].functions.values()
    }

    /// What a core module calls a function of the contract.
    pub fn export(&self, function: &str) -> String {
        format!("{}#{function}", self.resolve.id_of(self.judge).unwrap())
    }

    /// Types of the core function's parameters, then of its results, as text has them.
    pub fn signature(&self, function: &Function) -> (Vec<&'static str>, Vec<&'static str>) {
        let signature = self.resolve.wasm_signature(AbiVariant::GuestExport, function);
        let text = |types: &[WasmType]| types.iter().copied().map(core).collect();
        (text(&signature.params), text(&signature.results))
    }

    /// What a function answers.
    pub fn answer(&self, function: &str) -> Type {
        self.resolve.interfaces[self.judge].functions[function].result.unwrap()
    }

    /// A component of a core module, unless that cannot be one.
    pub fn component(&self, mut module: Vec<u8>) -> anyhow::Result<Vec<u8>> {
        embed_component_metadata(&mut module, &self.resolve, self.world, StringEncoding::UTF8, false)?;
        ComponentEncoder::default().validate(true).module(&module)?.encode()
    }

    /// What a type is made of.
    pub fn shape(&self, ty: Type) -> Shape {
        let Type::Id(id) = ty else {
            return if ty == Type::String { Shape::Text } else { Shape::Plain(self.size(ty)) };
        };
        let one_of = |tag: Int, cases: Vec<Case>| Shape::OneOf(sizes_of_tag(tag), cases);
        match &self.resolve.types[id].kind {
            TypeDefKind::Type(ty) => self.shape(*ty),
            TypeDefKind::List(ty) => Shape::List(*ty),
            TypeDefKind::Record(r) => Shape::Fields(r.fields.iter().map(|f| (f.name.clone(), f.ty)).collect()),
            TypeDefKind::Tuple(t) => Shape::Fields(t.types.iter().enumerate().map(|(i, ty)| (i.to_string(), *ty)).collect()),
            TypeDefKind::Enum(e) => one_of(e.tag(), e.cases.iter().map(|c| (c.name.clone(), None)).collect()),
            TypeDefKind::Variant(v) => one_of(v.tag(), v.cases.iter().map(|c| (c.name.clone(), c.ty)).collect()),
            TypeDefKind::Option(ty) => one_of(Int::U8, vec![("none".into(), None), ("some".into(), Some(*ty))]),
            TypeDefKind::Result(r) => one_of(Int::U8, vec![("ok".into(), r.ok), ("err".into(), r.err)]),
            other => panic!("the contract has grown a {other:?}, which guests written as text cannot say yet"),
        }
    }

    /// Bytes of a value of a type, without what it points to.
    pub fn size(&self, ty: Type) -> usize {
        self.sizes.size(&ty).size_wasm32()
    }

    /// A value as it lies in memory from `base` on, and what it points to after it.
    ///
    /// Records are objects (a field that is not there is zero), tuples and lists arrays, variants `{case: payload}` or the case's
    /// name, options null or the value. What no compiler would make: `{"tag"}` in place of a case, `{"ptr", "len"}` in place of a
    /// list or text, an array in place of a text for its bytes, a number in place of a truth value, and `{"bits"}` of a float.
    pub fn image(&self, ty: Type, value: &Value, base: u32) -> Vec<u8> {
        let mut image = Image { contract: self, base, bytes: Vec::new() };
        let at = image.reserve(ty, 1);
        image.put(at, ty, value);
        image.bytes
    }

    /// Where in a variant its payload lies.
    pub fn payload(&self, tag: usize, cases: &[Case]) -> usize {
        let tag = [Int::U8, Int::U16, Int::U32].into_iter().find(|int| sizes_of_tag(*int) == tag).unwrap();
        self.sizes.payload_offset(tag, cases.iter().map(|(_, ty)| ty.as_ref())).size_wasm32()
    }
}

fn sizes_of_tag(tag: Int) -> usize {
    match tag {
        Int::U8 => 1,
        Int::U16 => 2,
        Int::U32 => 4,
        Int::U64 => 8,
    }
}

fn core(ty: WasmType) -> &'static str {
    match ty {
        WasmType::I32 | WasmType::Pointer | WasmType::Length => "i32",
        WasmType::I64 | WasmType::PointerOrI64 => "i64",
        WasmType::F32 => "f32",
        WasmType::F64 => "f64",
    }
}

struct Image<'a> {
    contract: &'a Contract,
    base: u32,
    bytes: Vec<u8>,
}

impl Image<'_> {
    fn reserve(&mut self, ty: Type, count: usize) -> usize {
        let at = self.bytes.len().next_multiple_of(8);
        self.bytes.resize(at + self.contract.size(ty) * count, 0);
        at
    }

    fn put(&mut self, at: usize, ty: Type, value: &Value) {
        match (self.contract.shape(ty), value) {
            (_, Value::Null) => {}
            (Shape::Plain(size), value) => self.write(at, size, number(ty, value)),
            (Shape::Text | Shape::List(_), Value::Object(raw)) => {
                self.point(at, raw["ptr"].as_u64().unwrap(), raw["len"].as_u64().unwrap());
            }
            (Shape::Text, value) => {
                let raw = |byte: &Value| byte.as_u64().unwrap() as u8;
                let text = value
                    .as_str()
                    .map_or_else(|| value.as_array().unwrap().iter().map(raw).collect(), |text| text.as_bytes().to_vec());
                self.point(at, u64::from(self.base) + self.bytes.len() as u64, text.len() as u64);
                self.bytes.extend(text);
            }
            (Shape::List(item), value) => {
                let items = value.as_array().unwrap();
                let first = self.reserve(item, items.len());
                self.point(at, u64::from(self.base) + first as u64, items.len() as u64);
                for (i, value) in items.iter().enumerate() {
                    self.put(first + i * self.contract.size(item), item, value);
                }
            }
            (Shape::Fields(fields), value) => {
                let types: Vec<Type> = fields.iter().map(|(_, ty)| *ty).collect();
                for (i, (offset, ty)) in self.contract.sizes.field_offsets(&types).into_iter().enumerate() {
                    let field = if value.is_array() { &value[i] } else { &value[fields[i].0.as_str()] };
                    self.put(at + offset.size_wasm32(), *ty, field);
                }
            }
            (Shape::OneOf(size, cases), value) => self.one_of(at, size, &cases, value),
        }
    }

    fn one_of(&mut self, at: usize, size: usize, cases: &[Case], value: &Value) {
        if let Some(tag) = value.get("tag").and_then(Value::as_u64) {
            return self.write(at, size, tag);
        }
        let (case, payload) = match value {
            value if cases[0].0 == "none" => ("some", value),
            Value::String(case) => (case.as_str(), &Value::Null),
            value => value.as_object().unwrap().iter().next().map(|(case, payload)| (case.as_str(), payload)).unwrap(),
        };
        let index = cases.iter().position(|(name, _)| name == case).unwrap_or_else(|| panic!("no case {case}"));
        self.write(at, size, index as u64);
        if let Some(ty) = cases[index].1 {
            self.put(at + self.contract.payload(size, cases), ty, payload);
        }
    }

    fn point(&mut self, at: usize, ptr: u64, len: u64) {
        self.write(at, 4, ptr);
        self.write(at + 4, 4, len);
    }

    fn write(&mut self, at: usize, size: usize, number: u64) {
        self.bytes[at..at + size].copy_from_slice(&number.to_le_bytes()[..size]);
    }
}

fn number(ty: Type, value: &Value) -> u64 {
    let float = matches!(ty, Type::F64);
    match value {
        Value::Bool(flag) => u64::from(*flag),
        Value::Object(raw) => raw["bits"].as_u64().unwrap(),
        value if float => value.as_f64().unwrap().to_bits(),
        value => value.as_u64().unwrap_or_else(|| value.as_i64().unwrap() as u64),
    }
}
