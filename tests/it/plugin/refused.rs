//! What `check` says of components that a host would not take, and what every command says to who calls it wrongly.

use super::{bench, plugin};

#[test]
fn all_that_a_host_would_refuse_is_said_with_field_and_reason() {
    let place = bench(&[]);
    let sound = plugin(place.path(), &["check", "rules.wasm", "--json"]);
    let about = sound.json();
    assert_eq!((&about["accepted"], &about["name"]), (&true.into(), &"amazon".into()));
    assert_eq!(about["bytes"].as_u64().unwrap(), andon_tests::guests::amazon().len() as u64);
    assert!(plugin(place.path(), &["check", "rules.wasm"]).ok().ends_with("A host would take it.\n"));

    std::fs::write(place.path().join("rules.wasm"), b"\0asm\x01\0\0\0").unwrap();
    let ran = plugin(place.path(), &["check", "rules.wasm"]);
    assert_eq!(
        ran.failed(),
        "error: a host would refuse it (E_INVALID):\n  component is a core module; it must be made a component first"
    );
    let problems = plugin(place.path(), &["check", "rules.wasm", "--json"]).json();
    assert_eq!(
        (&problems["accepted"], &problems["code"], &problems["problems"][0]["field"]),
        (&false.into(), &"E_INVALID".into(), &"component".into())
    );
}

#[test]
fn a_build_server_is_answered_where_nothing_could_be_done_too() {
    let place = bench(&[]);
    std::fs::write(place.path().join("rules.wasm"), b"\0asm\x01\0\0\0").unwrap();
    for command in ["check", "test", "bench"] {
        let ran = plugin(place.path(), &[command, "rules.wasm", "--json"]);
        let (said, answer) = (ran.failed(), ran.json());
        assert!(said.starts_with("error: a host would refuse it (E_INVALID)"), "{command}: {said}");
        assert_eq!((&answer["accepted"], &answer["code"]), (&false.into(), &"E_INVALID".into()), "{command}");
        assert_eq!(answer["problems"][0]["field"], "component", "{command}");
        let gone = plugin(place.path(), &[command, "gone.wasm", "--json"]).json();
        assert_eq!((&gone["accepted"], &gone["code"]), (&false.into(), &serde_json::Value::Null), "{command}");
        assert!(gone["error"].as_str().unwrap().starts_with("gone.wasm is neither a directory nor a component"), "{gone}");
    }
    let push = plugin(place.path(), &["push", "rules.wasm", "--json"]).json();
    assert_eq!(push["error"], "a token is needed: give --token or set ANDON_TOKEN");
}

#[test]
fn what_is_missing_is_named_with_what_to_do_about_it() {
    let place = tempfile::tempdir().unwrap();
    let said = |arguments: &[&str]| plugin(place.path(), arguments).failed().to_owned();
    assert!(said(&["build"]).contains("holds neither Cargo.toml nor package.json; `andon plugin new NAME` starts a project"));
    assert!(said(&["check", "gone.wasm"]).contains("gone.wasm is neither a directory nor a component"));
    assert!(said(&["new", "My Rules"]).contains(r#"the name "My Rules" must be lower-case letters"#));
    std::fs::create_dir(place.path().join("taken")).unwrap();
    std::fs::write(place.path().join("taken/file"), "").unwrap();
    assert!(said(&["new", "taken"]).contains("taken is there already; choose another with --dir"));
    for name in ["andon-sdk", "std", "proc-macro"] {
        assert!(said(&["new", name]).contains("is that of a crate which rules are built with; choose another"), "{name}");
    }
    std::fs::create_dir(place.path().join("around")).unwrap();
    std::fs::write(place.path().join("around/Cargo.toml"), "[workspace]\nmembers = [\"plugins/*\"]\n").unwrap();
    let within = said(&["new", "rules", "--dir", "around/plugins/rules"]);
    assert!(within.contains("would become a member of the workspace of ") && !place.path().join("around/plugins").exists());
    let package = |text: &str| {
        std::fs::write(place.path().join("package.json"), text).unwrap();
        said(&["build"])
    };
    assert!(package("{}").contains("package.json has no name"));
    assert!(package(r#"{"name": "../up"}"#).contains("package.json must be lower-case letters"));
    assert!(package(r#"{"name": "a"}"#).contains("package.json names no `main`, the source that exports the rules"));
    assert!(package(r#"{"name": "a", "main": "a.ts"}"#).contains("has no `dependencies` with @andon/rules, the SDK"));
    std::fs::write(place.path().join("Cargo.toml"), "[workspace]\n").unwrap();
    assert!(said(&["build"]).contains("has no package.name"));
    let wasm = bench(&[]);
    let push = plugin(wasm.path(), &["push", "rules.wasm"]);
    assert_eq!(push.failed(), "error: a token is needed: give --token or set ANDON_TOKEN");
}

/// A component of one function, small enough to be looked at, of which the compiler must keep thousands of values apart over
/// thousands of branches: more than a host gives it memory for.
fn greedy() -> Vec<u8> {
    const LOCALS: usize = 4_000;
    let set = |i: usize| format!("(local.set {} (i64.add (local.get 0) (i64.const {})))", i + 2, i % 60);
    let branch = |i: usize| {
        let local = 2 + i * 7_919 % LOCALS;
        format!("(if (i32.wrap_i64 (local.get 1)) (then (local.set {local} (i64.add (local.get {local}) (local.get 0)))))")
    };
    let get = |i: usize| format!("(local.set 0 (i64.xor (local.get {}) (local.get 0)))", i + 2);
    let code: String = (0..LOCALS).map(set).chain((0..20_000).map(branch)).chain((0..LOCALS).map(get)).collect();
    let locals = "i64 ".repeat(LOCALS);
    wat::parse_str(format!("(component (core module (func (param i64 i64) (local {locals}) {code})))")).unwrap()
}

#[test]
fn what_a_host_would_not_compile_is_refused_as_a_host_does() {
    let place = bench(&[]);
    std::fs::write(place.path().join("rules.wasm"), greedy()).unwrap();
    let ran = plugin(place.path(), &["check", "rules.wasm"]);
    let refused = "error: a host would refuse it (E_COMPILE):\n  component ended the compiler (signal ";
    assert!(ran.failed().starts_with(refused) && ran.err.contains("may use 536870912 bytes of memory"), "{}", ran.err);
}
