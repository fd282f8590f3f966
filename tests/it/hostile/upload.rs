//! P1 to P4, P14, P17: what is uploaded is looked at before anything else is done with it.

use std::time::Duration;

use andon_tests::guests::hostile;

use super::{busy, engine, guest, refusal, refused, text_refused};
use crate::fuzz::sweep;

#[test]
fn p1_what_is_no_component() {
    let png = b"\x89PNG\r\n\x1a\n----";
    for bytes in [&b""[..], b"a", b"(component)", b"<!doctype html>", b"\x1f\x8b\x08\0\0\0\0\0", b"\x7fELF\x02\x01\x01\0", png] {
        refused(bytes, "E_INVALID", "is ");
    }
}

#[test]
fn p2_another_layer_or_version() {
    refused(b"\0asm\x01\0\0\0", "E_INVALID", "is a core module");
    refused(&guest().module(), "E_INVALID", "is a core module");
    refused(b"\0asm\x0e\0\x01\0", "E_INVALID", "unknown layer");
    refused(b"\0asm\x0d\0\x01\0\xff\xff", "E_INVALID", "component");
}

/// What is taken or refused within a second of a processor, whatever it is.
#[track_caller]
fn is_survived(component: &[u8], what: &str) {
    let (admitted, took) = busy(|| engine().admit(component));
    if let Err(refusal) = admitted {
        assert!(refusal.code().starts_with("E_") && !refusal.problems().is_empty(), "{what}: {refusal}");
    }
    assert!(took < Duration::from_secs(1), "{what} took {took:?}");
}

/// Whatever a component may hold, once: each kind of section, in a few hundred bytes.
fn tiny() -> Vec<u8> {
    let module = r#"(core module $m
        (type $t (func (param i32) (result i32)))
        (memory (export "memory") 1) (table 2 funcref) (global $g (mut i32) (i32.const 7))
        (func $f (type $t) (if (result i32) (local.get 0) (then (i32.load (global.get $g))) (else (memory.size))))
        (func $s (global.set $g (i32.const 8)))
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
        (func (export "g") (param i32 i32) (result i32) (call_indirect (type $t) (local.get 0) (i32.const 1)))
        (start $s) (elem (i32.const 0) $f $f) (data (i32.const 16) "some") (data $d "more"))"#;
    let lifted = r#"(core instance $i (instantiate $m))
        (type $r (record (field "a" u8) (field "b" (option string))))
        (func $f (param "text" string) (result u32)
            (canon lift (core func $i "g") (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
        (export "f" (func $f))"#;
    wat::parse_str(format!("(component {module} {lifted})")).unwrap()
}

#[test]
fn p3_cut_anywhere_it_is_refused() {
    let cut = |bytes: &[u8], length: usize| {
        match engine().admit(&bytes[..length]) {
            // A section of names and the like, for which nobody asks, is all that is missing.
            Ok(_) => assert_eq!(bytes[length], 0, "{length}"),
            // Cut between two other sections, what is left may be a component that exports nothing.
            Err(refusal) => assert!(["E_INVALID", "E_WIT"].contains(&refusal.code()), "{length}: {refusal}"),
        }
    };
    for bytes in [tiny(), guest().component()] {
        (0..bytes.len()).for_each(|length| cut(&bytes, length));
    }
    let bytes = hostile();
    sweep(700, bytes.len() - 40, |length| cut(bytes, length));
    (bytes.len() - 40..bytes.len()).for_each(|length| cut(bytes, length));
}

/// A bit of each byte in every run, and all of them in a long one.
#[test]
fn p3_each_byte_of_a_tiny_component_changed_is_survived() {
    let bytes = tiny();
    let bits = bytes.len() * 8;
    sweep(bits.div_ceil(7), bits, |bit| {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        is_survived(&changed, &format!("bit {bit}"));
    });
}

/// The same of a whole guest, of which some bytes are the plugin's own data, and change nothing that matters.
#[test]
fn p3_a_byte_changed_anywhere_is_survived() {
    const WAYS: [u8; 3] = [0x01, 0x80, 0xff];
    let bytes = guest().component();
    sweep(1_500, bytes.len() * WAYS.len(), |change| {
        let (place, way) = (change / WAYS.len(), WAYS[change % WAYS.len()]);
        let mut changed = bytes.clone();
        changed[place] ^= way;
        is_survived(&changed, &format!("byte {place} by {way:#x}"));
    });
}

#[test]
fn p4_too_many_bytes() {
    refused(&vec![0; (4 << 20) + 1], "E_LIMIT_SIZE", "4194305 bytes");
    refused(&vec![0; 100 << 20], "E_LIMIT_SIZE", "104857600 bytes");
}

#[test]
fn p14_machine_code_is_not_taken() {
    let machine_code = wasmtime::Engine::default().precompile_component(&guest().component()).unwrap();
    assert!(machine_code.starts_with(b"\x7fELF"));
    refused(&machine_code, "E_INVALID", "is not WebAssembly");
}

#[test]
fn p17_what_stands_beside_the_code_is_inert() {
    let mut component = guest().component();
    for (name, words) in
        [("producers", "\u{1b}[31m<script>alert(1)</script>"), ("\u{1b}[31m", "<script>"), ("component-name", "\u{202e}")]
    {
        component.extend([0, name.len() as u8 + words.len() as u8 + 1, name.len() as u8]);
        component.extend(name.bytes().chain(words.bytes()));
    }
    let rules = engine().admit(&component).unwrap();
    let shown = format!("{rules:?} {:?}", rules.manifest());
    assert!(!shown.contains("script") && !shown.contains('\u{1b}'));

    let missing =
        r#"(component (core module $m (import "\1b[31m\0d\0a<script>" "\e2\80\ae" (func))) (core instance (instantiate $m)))"#;
    text_refused(missing, "E_INVALID", "component");
    let told = refusal(&wat::parse_str(missing).unwrap()).to_string();
    assert!(!told.chars().any(|c| c.is_control() || c == '\u{202e}'), "{told:?}");
}
