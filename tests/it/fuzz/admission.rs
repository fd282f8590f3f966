//! Whatever is uploaded is refused with a code and a reason, or admitted and then answers or fails as anything admitted does.

use std::sync::Arc;

use andon::rules::{Engine, Limits, Rules};
use andon_tests::guests::{Contract, TextGuest, amazon, hostile};
use andon_tests::questions::{NOW, fine, orders};
use arbitrary::Result;
use wasm_smith::{Config, Module};

use super::inputs;
use super::values::{mutate, value};

fn engine() -> Arc<Engine> {
    // Enough to describe oneself; what loops is found out sooner.
    Engine::new(Limits { fuel: 2_000_000, ..Limits::default() }).unwrap()
}

/// Admits it or not; what is admitted is asked.
fn is_survived(engine: &Arc<Engine>, component: &[u8]) -> bool {
    match engine.admit(component) {
        Ok(rules) => {
            ask(&rules);
            true
        }
        Err(refusal) => {
            assert!(refusal.code().starts_with("E_") && (1..=100).contains(&refusal.problems().len()), "{refusal}");
            let told = refusal.to_string();
            assert!(told.len() < 2_000 && !told.chars().any(char::is_control), "{told:?}");
            false
        }
    }
}

fn ask(rules: &Arc<Rules>) {
    let Ok(judge) = rules.configure(&[]) else { return };
    let facts = orders(3);
    let facts: Vec<_> = facts.iter().collect();
    if let Ok(answers) = judge.classify(NOW, &facts) {
        assert_eq!(answers.len(), facts.len());
    }
    if let Ok(verdicts) = judge.evaluate(&[fine(rules.manifest())]) {
        assert_eq!(verdicts.len(), 1);
    }
}

fn of(engine: &Arc<Engine>, few: u64, base: &[u8]) {
    let mut admitted = 0;
    inputs(few, |u| {
        let mut component = base.to_vec();
        mutate(&mut component, 6, u)?;
        admitted += u32::from(is_survived(engine, &component));
        Ok(())
    });
    assert!(admitted > 0, "everything is refused, so nothing that was admitted is tried");
}

#[test]
fn bytes_of_a_small_component_changed() {
    of(&engine(), 600, &TextGuest::default().component());
}

#[test]
fn bytes_of_a_compiled_component_changed() {
    of(&engine(), 20, hostile());
}

#[test]
fn bytes_of_real_rules_changed() {
    of(&engine(), 8, amazon());
}

/// Any code at all behind the contract's exports.
#[test]
fn code_made_at_random() {
    let engine = engine();
    let shape = TextGuest::default().module();
    inputs(300, |u| {
        let config = Config {
            exports: Some(shape.clone()),
            max_imports: 0,
            max_memory32_bytes: 16 << 20,
            max_table_elements: 10_000,
            gc_enabled: u.ratio(1u8, 20)?,
            exceptions_enabled: u.ratio(1u8, 20)?,
            simd_enabled: u.ratio(1u8, 20)?,
            threads_enabled: u.ratio(1u8, 20)?,
            memory64_enabled: u.ratio(1u8, 20)?,
            tail_call_enabled: u.ratio(1u8, 20)?,
            relaxed_simd_enabled: false,
            wide_arithmetic_enabled: false,
            custom_page_sizes_enabled: false,
            ..Config::default()
        };
        let module = Module::new(config, u)?.to_bytes();
        // What the encoder will not have is no component.
        if let Ok(component) = Contract::current().component(module) {
            is_survived(&engine, &component);
        }
        Ok(())
    });
}

/// A sound declaration with something else in one place or several.
#[test]
fn declarations_changed() {
    let (engine, contract) = (engine(), Contract::current());
    let mut admitted = 0;
    inputs(600, |u| {
        let other = value(contract, contract.answer("describe"), u)?;
        let changes = (0..u.int_in_range(0..=3)?).map(|_| u.arbitrary()).collect::<Result<Vec<u16>>>()?;
        let guest = TextGuest::default().pages(8).declaring(|manifest| {
            for change in changes {
                let members = manifest.as_object().unwrap().keys().chain(other.as_object().unwrap().keys());
                let member = members.clone().nth(usize::from(change) % members.count()).unwrap().clone();
                manifest[member.as_str()] = other[member.as_str()].clone();
            }
        });
        admitted += u32::from(is_survived(&engine, &guest.component()));
        Ok(())
    });
    assert!(admitted > 0);
}
