//! The contract's types in TypeScript, as the JavaScript engine hands them over: a number for every number, `null` for what is
//! absent, a string for an enum's case, `{ tag, val }` for a variant's.

mod words;

use std::cell::RefCell;
use std::fmt::Write;
use std::path::Path;

use wit_parser::{Docs, Function, Interface, Resolve, Type, TypeDef, TypeDefKind, TypeOwner};

const HEAD: &str = "// The contract in TypeScript, generated from the WIT by a test; not to be edited. Numbers are whole where the contract has them so.";

/// The text of `sdk/typescript/src/contract.ts` for the WIT in a directory.
pub fn contract(wit: &Path) -> String {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(wit).unwrap();
    let mut text = HEAD.to_owned() + "\n";
    let mut wordless = Vec::new();
    for (name, id) in &resolve.packages[package].interfaces {
        let (interface, said) = (&resolve.interfaces[*id], Said::default());
        for (type_name, ty) in &interface.types {
            let ty = &resolve.types[*ty];
            // A `use` of another interface's type brings nothing new.
            if !matches!(ty.kind, TypeDefKind::Type(Type::Id(id)) if resolve.types[id].owner != ty.owner) {
                text += &definition(&resolve, &said, type_name, ty);
            }
        }
        if !interface.functions.is_empty() {
            text += &functions(&resolve, name, interface);
        }
        let without = said.0.into_inner();
        // Authors declare in words of the SDK; of this interface it gives them three types.
        let missing: Vec<_> = without.iter().filter(|known| name != "declare" && words::words(known).is_none()).collect();
        assert!(missing.is_empty(), "nothing says what these are: {missing:?}");
        wordless.extend(without);
    }
    assert_eq!(words::idle(&wordless), Vec::<&str>::new(), "not in the contract, or said there already");
    text
}

/// Comments as the contract has them, or in words of our own; remembers for what the contract has none.
#[derive(Default)]
struct Said(RefCell<Vec<String>>);

impl Said {
    fn of(&self, about: &Docs, indent: &str, name: &str) -> String {
        if about.contents.is_some() {
            return docs(about, indent);
        }
        self.0.borrow_mut().push(name.to_owned());
        words::words(name).map(|words| format!("{indent}/** {words} */\n")).unwrap_or_default()
    }
}

fn definition(resolve: &Resolve, said: &Said, name: &str, ty: &TypeDef) -> String {
    let head = |word: &str| format!("\n{}export {word} {}", said.of(&ty.docs, "", name), pascal(name));
    let about = |docs: &Docs, member: &str| said.of(docs, "  ", &format!("{name}.{member}"));
    match &ty.kind {
        TypeDefKind::Record(record) => {
            let field = |f: &wit_parser::Field| {
                format!("{}  {}: {};\n", about(&f.docs, &f.name), camel(&f.name), written(resolve, &f.ty))
            };
            format!("{} {{\n{}}}\n", head("interface"), record.fields.iter().map(field).collect::<String>())
        }
        TypeDefKind::Enum(cases) => {
            union(head("type"), cases.cases.iter().map(|c| (about(&c.docs, &c.name), format!("\"{}\"", c.name))))
        }
        TypeDefKind::Variant(variant) => union(
            head("type"),
            variant.cases.iter().map(|case| {
                let val = case.ty.iter().map(|ty| format!("; val: {}", written(resolve, ty))).collect::<String>();
                (about(&case.docs, &case.name), format!("{{ tag: \"{}\"{val} }}", case.name))
            }),
        ),
        TypeDefKind::Type(alias) => format!("{} = {};\n", head("type"), written(resolve, alias)),
        other => panic!("{name}: no form in TypeScript for {}", other.as_str()),
    }
}

fn union(head: String, cases: impl Iterator<Item = (String, String)>) -> String {
    let lines = cases.map(|(about, case)| format!("\n{about}  | {case}"));
    format!("{head} ={};\n", lines.collect::<String>())
}

fn functions(resolve: &Resolve, name: &str, interface: &Interface) -> String {
    let function = |(name, f): (&String, &Function)| {
        let parameters = f.params.iter().map(|p| format!("{}: {}", camel(&p.name), written(resolve, &p.ty)));
        let result = f.result.as_ref().map_or("void".to_owned(), |ty| written(resolve, ty));
        format!("{}  {}({}): {result};\n", docs(&f.docs, "  "), camel(name), parameters.collect::<Vec<_>>().join(", "))
    };
    let about = "/** What a component exports; an error of the contract is thrown. */";
    format!(
        "\n{about}\nexport interface {} {{\n{}}}\n",
        pascal(name),
        interface.functions.iter().map(function).collect::<String>()
    )
}

fn written(resolve: &Resolve, ty: &Type) -> String {
    match ty {
        Type::Bool => "boolean".to_owned(),
        Type::String | Type::Char => "string".to_owned(),
        Type::U8 | Type::U16 | Type::U32 | Type::U64 | Type::S8 | Type::S16 | Type::S32 | Type::S64 | Type::F32 | Type::F64 => {
            "number".to_owned()
        }
        Type::ErrorContext => panic!("no form in TypeScript for an error context"),
        Type::Id(id) => {
            let ty = &resolve.types[*id];
            match (&ty.name, &ty.kind) {
                (Some(name), _) if ty.owner != TypeOwner::None => pascal(name),
                (_, TypeDefKind::List(item)) => match written(resolve, item) {
                    item if item.contains('|') => format!("({item})[]"),
                    item => format!("{item}[]"),
                },
                (_, TypeDefKind::Option(some)) => format!("{} | null", written(resolve, some)),
                (_, TypeDefKind::Tuple(tuple)) => {
                    format!("[{}]", tuple.types.iter().map(|ty| written(resolve, ty)).collect::<Vec<_>>().join(", "))
                }
                (_, TypeDefKind::Result(result)) => result.ok.as_ref().map_or("void".to_owned(), |ty| written(resolve, ty)),
                (_, other) => panic!("no form in TypeScript for {}", other.as_str()),
            }
        }
    }
}

fn docs(docs: &Docs, indent: &str) -> String {
    let Some(text) = docs.contents.as_deref().map(str::trim) else { return String::new() };
    let mut lines = text.lines().map(str::trim);
    if text.lines().count() == 1 {
        return format!("{indent}/** {text} */\n");
    }
    let mut written = format!("{indent}/**\n");
    lines.try_for_each(|line| writeln!(written, "{indent} * {line}")).unwrap();
    written + indent + " */\n"
}

fn pascal(name: &str) -> String {
    let part = |part: &str| part[..1].to_uppercase() + &part[1..];
    name.split('-').map(part).collect()
}

fn camel(name: &str) -> String {
    let pascal = pascal(name);
    pascal[..1].to_lowercase() + &pascal[1..]
}
