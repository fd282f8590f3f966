//! Compiling what strangers wrote, in a process that may be killed for it, and machine code on disk that anyone may have touched.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use andon::options::Options;
use andon::registry::RegistryError;
use andon::rules::compile::{CompileError, CompileLimits, Compiler};
use andon::rules::{Engine, Limits};
use andon::setup::RulesSetup;
use andon_tests::events::{DAY, NOW, good_orders, placed};
use andon_tests::guests::{hostile, hostile_again, hostile_with};
use andon_tests::{Backend, Door, MARKET, TestApp, on_both};
use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_andon-in-tests");

fn child(limits: CompileLimits) -> Compiler {
    Compiler::child(BINARY.into(), limits)
}

/// What becomes of a component under limits.
async fn refusal(component: &[u8], compiler: Compiler) -> String {
    let limits = Limits { component_bytes: 64 << 20, ..Limits::default() };
    let engine = Engine::new(limits).unwrap();
    engine.inspect(component).unwrap();
    match compiler.compile(&engine, component).await.unwrap_err() {
        CompileError::Refused(refusal) => refusal.to_string(),
        CompileError::Unavailable(error) => panic!("{error}"),
    }
}

/// A component of 40 functions of 30,000 sums each, which takes seconds to compile. As text it would take longer to read.
fn large() -> Vec<u8> {
    // local.get 0, local.get 1, i64.add, local.get 1, local.get 0, i64.rotl, i64.mul, local.set 0
    let step = [0x20, 0, 0x20, 1, 0x7c, 0x20, 1, 0x20, 0, 0x89, 0x7e, 0x21, 0];
    let body = [&[0][..], &step.repeat(30_000), &[0x0b]].concat();
    let code = [&[40][..], &[&size(body.len())[..], &body].concat().repeat(40)].concat();
    let types = section(1, &[1, 0x60, 2, 0x7e, 0x7e, 0]);
    let functions = section(3, &[&[40][..], &[0; 40]].concat());
    let module = [b"\0asm\x01\0\0\0", &types[..], &functions, &section(10, &code)].concat();
    // The module, and an instance of it.
    [b"\0asm\x0d\0\x01\0", &section(1, &module)[..], &section(2, &[1, 0, 0, 0])].concat()
}

fn section(id: u8, content: &[u8]) -> Vec<u8> {
    [&[id][..], &size(content.len()), content].concat()
}

/// A number as wasm writes it, seven bits a byte.
fn size(mut n: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while n > 0x7f {
        bytes.push(n as u8 | 0x80);
        n >>= 7;
    }
    bytes.push(n as u8);
    bytes
}

/// A program in place of the compiler. Another process writes it: one that this process had open for writing could not be run while
/// a child that another test starts has it open too.
fn program(home: &TempDir, script: &str) -> PathBuf {
    let path = home.path().join("compiler");
    let write = r#"printf '#!/bin/sh\n%s\n' "$1" > "$0" && chmod 700 "$0""#;
    assert!(Command::new("sh").args(["-c", write]).arg(&path).arg(script).status().unwrap().success());
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_too_much_is_refused_and_only_the_child_ends() {
    let seconds = Duration::from_secs;
    let large = large();
    let brief = CompileLimits { processor: seconds(1), wall: seconds(600), ..CompileLimits::default() };
    assert_eq!(refusal(&large, child(brief)).await, "E_COMPILE: component took more than 1 s of processor time to compile");
    let narrow = CompileLimits { memory_bytes: 64 << 20, processor: seconds(600), ..brief };
    let told = refusal(&large, child(narrow)).await;
    assert!(told.contains("ended the compiler (signal") && told.contains("may use 67108864 bytes of memory"), "{told}");
    let small = CompileLimits { code_bytes: 1_000, ..CompileLimits::default() };
    assert_eq!(refusal(hostile(), child(small)).await, "E_COMPILE: component makes more than 1000 bytes of machine code");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_never_ends_is_killed() {
    let home = tempfile::tempdir().unwrap();
    let pipe = home.path().join("alive");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    // Holds the pipe open for as long as it lives.
    let script = format!("exec 9>'{}'; exec sleep infinity", pipe.display());
    let limits = CompileLimits { wall: Duration::from_secs(1), ..CompileLimits::default() };
    let compiler = Compiler::child(program(&home, &script), limits);
    let ended = tokio::task::spawn_blocking(move || fs::read(pipe).unwrap());
    assert_eq!(refusal(hostile(), compiler).await, "E_COMPILE: component was not compiled within 1 s");
    assert!(ended.await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn how_the_child_ends_says_who_is_to_blame() {
    let (home, limits) = (tempfile::tempdir().unwrap(), CompileLimits::default());
    let ends = |script: &str| Compiler::child(program(&home, script), limits);
    assert_eq!(refusal(hostile(), ends("echo is bad >&2; exit 65")).await, "E_COMPILE: component is bad");
    assert_eq!(refusal(hostile(), ends("exit 101")).await, "E_COMPILE: component made the compiler panic");
    assert!(refusal(hostile(), ends("kill -SEGV $$")).await.contains("ended the compiler (signal 11)"));
    let engine = Engine::new(Limits::default()).unwrap();
    for script in ["echo no such command >&2; exit 2", "exit 1"] {
        assert!(matches!(ends(script).compile(&engine, hostile()).await, Err(CompileError::Unavailable(_))), "{script}");
    }
    let nobody = Compiler::child(home.path().join("nobody"), limits);
    assert!(matches!(nobody.compile(&engine, hostile()).await, Err(CompileError::Unavailable(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_child_refuses_what_the_compiler_refuses() {
    let engine = Engine::new(Limits::default()).unwrap();
    let mut cut = hostile().to_vec();
    cut.truncate(cut.len() / 2);
    let error = child(CompileLimits::default()).compile(&engine, &cut).await.unwrap_err();
    assert!(matches!(&error, CompileError::Refused(refusal) if refusal.code() == "E_COMPILE"), "{error}");
}

/// A host that keeps machine code in a place of its own, and compiles in a child.
fn keeping(place: &Path) -> Options {
    Options { cache: Some(place.to_owned()), compiler: child(CompileLimits::default()), ..Options::default() }
}

/// The same without a compiler: whatever runs was kept.
fn without_compiler(place: &Path) -> Options {
    let compiler = Compiler::child("/nowhere/andon".into(), CompileLimits::default());
    Options { compiler, ..keeping(place) }
}

/// Where machine code lies.
fn files(place: &Path) -> Vec<PathBuf> {
    let engines = fs::read_dir(place).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = engines.flat_map(|engine| fs::read_dir(engine).unwrap()).map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// A marketplace judged by sound rules whose machine code is kept in `place`.
async fn judged(backend: Backend, place: &Path) -> TestApp {
    let test = TestApp::with(backend, keeping(place)).await;
    test.install(hostile()).await;
    test.create_market(MARKET, RulesSetup { rules: Some("hostile".into()), ..RulesSetup::default() }).await;
    test.accept(&good_orders("m", 3, NOW - 20 * DAY)).await;
    test.drain().await;
    test
}

/// Whether the rules can be asked.
fn runs(test: &TestApp) -> bool {
    test.app.registry.loaded_rules(test.market().generation.as_ref().unwrap().judge.digest()).unwrap().has_code()
}

async fn again(test: TestApp, options: Options) -> TestApp {
    let mut aside = test.set_aside().await;
    aside.options = options;
    aside.taken_up().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_needs_no_compiler_when_machine_code_is_kept() {
    let place = tempfile::tempdir().unwrap();
    let test = judged(Backend::Sqlite, place.path()).await;
    assert_eq!(files(place.path()).len(), 1);
    assert_eq!(fs::metadata(&files(place.path())[0]).unwrap().permissions().mode() & 0o077, 0);
    let test = again(test, without_compiler(place.path())).await;
    assert!(runs(&test));
    test.accept(&[placed("o", "n", NOW - DAY)]).await;
    test.drain().await;
    assert_eq!(test.faults().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn machine_code_that_is_not_ours_is_never_loaded() {
    let place = tempfile::tempdir().unwrap();
    let mut test = judged(Backend::Sqlite, place.path()).await;
    let file = files(place.path()).remove(0);
    let whole = fs::read(&file).unwrap();
    let flipped = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        bytes
    };
    let foreign = tempfile::tempdir().unwrap();
    let other = TestApp::with(Backend::Sqlite, keeping(foreign.path())).await;
    other.install(&hostile_with("version:0.1.0", "version:0.2.0")).await;
    let of_another_component = fs::read(&files(foreign.path())[0]).unwrap();
    let tampered = [
        ("a byte of its MAC changed", flipped(0)),
        ("a byte of its code changed", flipped(whole.len() / 2)),
        ("its last byte changed", flipped(whole.len() - 1)),
        ("cut in half", whole[..whole.len() / 2].to_vec()),
        ("shorter than a MAC", whole[..9].to_vec()),
        ("empty", Vec::new()),
        ("longer", [&whole[..], b"x"].concat()),
        ("without its MAC", whole[32..].to_vec()),
        ("of another component", of_another_component),
    ];
    for (what, bytes) in tampered {
        fs::write(&file, bytes).unwrap();
        test = again(test, without_compiler(place.path())).await;
        assert!(!runs(&test), "{what}");
        test = again(test, keeping(place.path())).await;
        assert!(runs(&test), "{what}");
        assert_eq!(fs::read(&file).unwrap(), whole, "{what}: made anew, and the same");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn machine_code_of_another_database_or_engine_is_nothing() {
    let place = tempfile::tempdir().unwrap();
    let test = judged(Backend::Sqlite, place.path()).await;
    let engine = Engine::new(Limits::default()).unwrap();
    let digest = test.market().generation.as_ref().unwrap().judge.digest().to_owned();
    let cache = |secret: &[u8]| andon::rules::cache::Cache::open(place.path(), &engine, secret, 64 << 20).unwrap();
    assert!(cache(&test.app.store.secret()).load(&digest).is_some());
    assert!(cache(&[7; 16]).load(&digest).is_none());
    let mut small = andon::rules::cache::Cache::open(place.path(), &engine, &test.app.store.secret(), 100).unwrap();
    assert!(small.load(&digest).is_none(), "larger than any code may be");
    small = cache(&test.app.store.secret());
    let elsewhere = place.path().join("0".repeat(32));
    fs::rename(files(place.path())[0].parent().unwrap(), &elsewhere).unwrap();
    assert!(small.load(&digest).is_none());
    drop(cache(&test.app.store.secret()));
    assert!(!elsewhere.exists(), "what an engine that is gone has left is removed");
}

on_both! {
    async fn rules_that_cannot_be_run_hold_up_nobody_and_are_mended(backend) {
        let place = tempfile::tempdir().unwrap();
        let test = judged(backend, place.path()).await;
        fs::remove_dir_all(place.path()).unwrap();
        let test = again(test, without_compiler(place.path())).await;
        let operator = Door::new(&test).operator();
        let version = "/v1/plugins/hostile/versions/0.1.0";
        let broken = operator.get(version).await.ok();
        assert_eq!(broken["state"], "broken");
        assert!(broken["error"].as_str().unwrap().starts_with("the compiler could not be run: "), "{broken}");
        let listed = operator.get("/v1/plugins").await.ok();
        assert_eq!((&listed["items"][0]["state"], &listed["items"][0]["error"]), (&broken["state"], &broken["error"]));
        assert_eq!(operator.patch("/v1/marketplaces/olist", &serde_json::json!({"rules": "hostile@0.1.0"})).await.short(), "409 conflict");
        let idle = operator.get("/v1/marketplaces/olist/merchants/m/health").await.ok();
        assert_eq!((&idle["stale"], idle["verdict"].is_string()), (&true.into(), true), "before they were asked anything");
        test.accept(&[placed("o", "m", NOW - DAY)]).await;
        test.drain().await;
        assert!(!test.faults().await.is_empty() && test.faults().await.iter().all(|code| code == "E_UNAVAILABLE"));
        let health = operator.get("/v1/marketplaces/olist/merchants/m/health").await.ok();
        assert_eq!((&health["stale"], health["verdict"].is_string()), (&true.into(), true));
        drop(operator);

        test.app.registry.mend().await.unwrap();
        assert!(!runs(&test), "there is still no compiler");
        let test = again(test, keeping(place.path())).await;
        test.clock.advance(5 * 60 * 1000);
        test.drain().await;
        let operator = Door::new(&test).operator();
        let mended = operator.get(version).await.ok();
        assert_eq!((&mended["state"], &mended["error"]), (&"active".into(), &serde_json::Value::Null));
        assert_eq!(operator.get("/v1/marketplaces/olist/merchants/m/health").await.ok()["stale"], false);
    }

    async fn what_was_broken_and_runs_from_the_cache_is_not_listed_as_broken(backend) {
        let place = tempfile::tempdir().unwrap();
        let test = judged(backend, place.path()).await;
        let state = async |test: &TestApp| {
            let version = Door::new(test).operator().get("/v1/plugins/hostile/versions/0.1.0").await.ok();
            (version["state"].clone(), version["error"].is_string())
        };
        let narrow = Limits { memory_bytes: 64 << 10, ..Limits::default() };
        let test = again(test, Options { limits: narrow, ..keeping(place.path()) }).await;
        assert!(!runs(&test));
        assert_eq!(state(&test).await, ("broken".into(), true));
        let test = again(test, without_compiler(place.path())).await;
        assert!(runs(&test), "its machine code was kept");
        assert_eq!(state(&test).await, ("active".into(), false));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_for_a_moment_is_mended_while_it_is_in_use() {
    let (place, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let test = judged(Backend::Sqlite, place.path()).await;
    fs::remove_dir_all(place.path()).unwrap();
    let absent = home.path().join("compiler");
    let compiler = Compiler::child(absent.clone(), CompileLimits::default());
    let test = again(test, Options { compiler, ..keeping(place.path()) }).await;
    assert!(!runs(&test));
    std::os::unix::fs::symlink(BINARY, &absent).unwrap();
    test.app.registry.mend().await.unwrap();
    assert!(runs(&test));
    assert_eq!(files(place.path()).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_component_from_many_at_once_is_one() {
    let place = tempfile::tempdir().unwrap();
    let test = Arc::new(TestApp::with(Backend::Sqlite, keeping(place.path())).await);
    let pushes = (0..6).map(|i| {
        let test = test.clone();
        tokio::spawn(async move { test.app.registry.push(hostile().to_vec(), &format!("author-{i}"), NOW).await.unwrap().new })
    });
    let mut new = 0;
    for push in pushes.collect::<Vec<_>>() {
        new += u32::from(push.await.unwrap());
    }
    assert_eq!(new, 1);
    let other = test.app.registry.push(hostile_again(), "author", NOW).await;
    assert!(matches!(other, Err(RegistryError::Taken(what)) if what == "hostile@0.1.0"));
}
