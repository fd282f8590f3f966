//! Components to test against, built from this repository when a test first wants them.

pub mod contract;
pub mod text;

use std::path::Path;
use std::sync::OnceLock;

use andon::rules::build::{build, typescript};

pub use contract::Contract;
pub use text::TextGuest;

/// The component of a package of this workspace; cargo compiles it once and knows when to again.
pub fn component(package: &str) -> Vec<u8> {
    build(root(), package, &|_| {}).unwrap_or_else(|error| panic!("{error}"))
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Zappos's rules, which are in TypeScript.
pub fn zappos() -> &'static [u8] {
    static COMPONENT: OnceLock<Vec<u8>> = OnceLock::new();
    COMPONENT.get_or_init(|| in_typescript("plugins/zappos"))
}

/// Rules in TypeScript that misbehave as their setting `mode` says.
pub fn troubled() -> &'static [u8] {
    static COMPONENT: OnceLock<Vec<u8>> = OnceLock::new();
    COMPONENT.get_or_init(|| in_typescript("tests/fixtures/typescript"))
}

fn in_typescript(project: &str) -> Vec<u8> {
    typescript(&root().join(project), &|_| {}).unwrap_or_else(|error| panic!("{error}"))
}

/// Rules that misbehave as their setting `mode` says.
pub fn hostile() -> &'static [u8] {
    static COMPONENT: OnceLock<Vec<u8>> = OnceLock::new();
    COMPONENT.get_or_init(|| component("andon-hostile"))
}

/// Amazon's rules.
pub fn amazon() -> &'static [u8] {
    static COMPONENT: OnceLock<Vec<u8>> = OnceLock::new();
    COMPONENT.get_or_init(|| component("andon-amazon"))
}

/// eBay's rules, which bind once a month.
pub fn ebay() -> &'static [u8] {
    static COMPONENT: OnceLock<Vec<u8>> = OnceLock::new();
    COMPONENT.get_or_init(|| component("andon-ebay"))
}

/// Taobao's rules, which have quotas.
pub fn taobao() -> &'static [u8] {
    static COMPONENT: OnceLock<Vec<u8>> = OnceLock::new();
    COMPONENT.get_or_init(|| component("andon-taobao"))
}

/// Mirakl's rules, which ask when a person last lifted a suspension.
pub fn mirakl() -> &'static [u8] {
    static COMPONENT: OnceLock<Vec<u8>> = OnceLock::new();
    COMPONENT.get_or_init(|| component("andon-mirakl"))
}

/// The rules of [`hostile`] with some of their bytes overwritten by as many others, everywhere they stand.
pub fn hostile_with(from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = hostile().to_vec();
    let places: Vec<_> = (0..bytes.len() - from.len()).filter(|i| bytes[*i..].starts_with(from.as_bytes())).collect();
    assert!(!places.is_empty(), "{from} is not in the component");
    for place in places {
        bytes[place..place + to.len()].copy_from_slice(to.as_bytes());
    }
    bytes
}

/// The same rules as [`hostile`] in more than a megabyte, so that they get what plugins get that bring an engine along.
pub fn hostile_padded() -> Vec<u8> {
    // A custom section; its size, 1 MiB and the name's two bytes, in seven bits at a time.
    let padding = [&[0, 0x82, 0x80, 0x40, 1, b'x'][..], &vec![0; 1 << 20]].concat();
    [hostile(), &padding].concat()
}

/// The same rules as [`hostile`] in other bytes: one custom section more.
pub fn hostile_again() -> Vec<u8> {
    [hostile(), &[0, 2, 1, b'x']].concat()
}
