//! Which components are let in when nobody means harm; those of strangers are in `hostile`.

use std::sync::{Arc, OnceLock};

use andon::rules::{Engine, Limits};
use andon_tests::guests::{hostile, hostile_with};

fn engine() -> &'static Arc<Engine> {
    static ENGINE: OnceLock<Arc<Engine>> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::new(Limits::default()).unwrap())
}

#[track_caller]
fn refused(component: &[u8], code: &str, reason: &str) {
    let refusal = engine().admit(component).map(|_| "admitted").unwrap_err();
    assert_eq!(refusal.code(), code, "{refusal}");
    assert!(refusal.to_string().contains(reason), "{refusal}");
}

#[test]
fn a_sound_component_is_admitted_and_described() {
    let rules = engine().admit(hostile()).unwrap();
    assert_eq!((rules.manifest().name.as_str(), rules.manifest().metrics.len()), ("hostile", 2));
    assert!(rules.digest().starts_with("sha256:") && rules.digest().len() == 71);
}

#[test]
fn describing_itself_has_a_budget() {
    refused(&hostile_with("describe:quietly", "describe:forever"), "E_FUEL", "describe");
    refused(&hostile_with("describe:quietly", "describe:falling"), "E_TRAP", "describe");
    refused(&hostile_with("describe:quietly", "describe:hungry!"), "E_MEMORY", "describe");
    refused(&hostile_with("describe:quietly", "describe:at-once"), "E_OUTPUT", "describe");
}

#[test]
fn a_manifest_that_makes_no_sense_is_refused_by_its_fields() {
    refused(&hostile_with("bungled-rate", "bungled_rate"), "E_MANIFEST", "metrics[0] must be lower-case");
    refused(&hostile_with("bungled", "ordered"), "E_MANIFEST", "counters[1] ordered stands in this list already");
    refused(&hostile_with("carriers-fault", "carriers-fa\u{202e}"), "E_MANIFEST", "exclusions[0]");
}
