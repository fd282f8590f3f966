//! The contract's types in TypeScript, as the JavaScript engine hands them over: a number for every number, `null` for what is
//! absent, a string for an enum's case, `{ tag, val }` for a variant's.

use std::fmt::Write;
use std::path::Path;

use wit_parser::{Docs, Function, Interface, Resolve, Type, TypeDef, TypeDefKind, TypeOwner};

const HEAD: &str = "// The contract in TypeScript, generated from the WIT by a test; not to be edited. Numbers are whole where the contract has them so.";

/// The text of `sdk/typescript/src/contract.ts` for the WIT in a directory.
pub fn contract(wit: &Path) -> String {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(wit).unwrap();
    let mut text = HEAD.to_owned() + "\n";
    for (name, id) in &resolve.packages[package].interfaces {
        let interface = &resolve.interfaces[*id];
        for (type_name, ty) in &interface.types {
            let ty = &resolve.types[*ty];
            // A `use` of another interface's type brings nothing new.
            if !matches!(ty.kind, TypeDefKind::Type(Type::Id(id)) if resolve.types[id].owner != ty.owner) {
                text += &definition(&resolve, type_name, ty);
            }
        }
        if !interface.functions.is_empty() {
            text += &functions(&resolve, name, interface);
        }
    }
    text
}

fn definition(resolve: &Resolve, name: &str, ty: &TypeDef) -> String {
    let head = |word: &str| format!("\n{}export {word} {}", docs(&ty.docs, ""), pascal(name));
    match &ty.kind {
        TypeDefKind::Record(record) => {
            let field =
                |f: &wit_parser::Field| format!("{}  {}: {};\n", docs(&f.docs, "  "), camel(&f.name), written(resolve, &f.ty));
            format!("{} {{\n{}}}\n", head("interface"), record.fields.iter().map(field).collect::<String>())
        }
        TypeDefKind::Enum(cases) => union(head("type"), cases.cases.iter().map(|c| (&c.docs, format!("\"{}\"", c.name)))),
        TypeDefKind::Variant(variant) => union(
            head("type"),
            variant.cases.iter().map(|case| {
                let val = case.ty.iter().map(|ty| format!("; val: {}", written(resolve, ty))).collect::<String>();
                (&case.docs, format!("{{ tag: \"{}\"{val} }}", case.name))
            }),
        ),
        TypeDefKind::Type(alias) => format!("{} = {};\n", head("type"), written(resolve, alias)),
        other => panic!("{name}: no form in TypeScript for {}", other.as_str()),
    }
}

fn union<'a>(head: String, cases: impl Iterator<Item = (&'a Docs, String)>) -> String {
    let lines = cases.map(|(about, case)| format!("\n{}  | {case}", docs(about, "  ")));
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
