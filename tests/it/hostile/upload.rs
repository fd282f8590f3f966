//! P1 to P4, P14, P17: what is uploaded is looked at before anything else is done with it.

use andon_tests::guests::hostile;

use super::{engine, guest, refusal, refused, text_refused};

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

#[test]
fn p3_cut_anywhere_it_is_refused() {
    let bytes = hostile();
    for length in (0..bytes.len()).step_by(211).chain(bytes.len() - 40..bytes.len()) {
        // Cut between two sections, what is left may be a component that exports nothing.
        let refusal = refusal(&bytes[..length]);
        assert!(["E_INVALID", "E_WIT"].contains(&refusal.code()), "{length}: {refusal}");
    }
}

#[test]
fn p3_a_byte_changed_anywhere_is_survived() {
    let component = guest().component();
    for place in (0..component.len()).step_by(5) {
        let mut changed = component.clone();
        changed[place] ^= [0x01, 0x80, 0xff][place % 3];
        // Some bytes are the plugin's own data, and change nothing that matters.
        if let Err(refusal) = engine().admit(&changed) {
            assert!(refusal.code().starts_with("E_") && !refusal.problems().is_empty());
        }
    }
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
