//! The rules under `plugins` as they are served: each crate's component is admitted, answers through the sandbox what the same code
//! answers natively, and is far from the limit on instructions.

use std::path::Path;

use andon::rules::{Engine, Limits, Used};
use andon_domain::fact::Fact;
use andon_domain::manifest::Manifest;
use andon_domain::verdict::Snapshot;
use andon_tests::native::{self, Native};
use andon_tests::questions::NOW;
use andon_tests::{guests, made_up};
use arbitrary::Unstructured;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// More than one batch of each.
const FACTS: usize = 1_000;
const MERCHANTS: usize = 600;

/// What an item may use of its share of instructions: rules are to have room to grow, and hosts to lower the limit.
const SHARE: u64 = 4;

#[test]
fn every_crate_of_rules_answers_in_the_sandbox_as_it_does_natively() {
    let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("plugins");
    let crates = plugins.read_dir().unwrap().map(Result::unwrap).filter(|entry| entry.path().join("Cargo.toml").is_file());
    let mut names: Vec<_> = crates.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, native::ALL.iter().map(|rules| rules.name).collect::<Vec<_>>(), "each is asked natively, too");
    let limits = Limits::default();
    let engine = Engine::new(limits.clone()).unwrap();
    for native in native::ALL {
        // One after the other: cargo links each as a cdylib alone, which it does for one package at a time.
        let component = guests::component(&format!("andon-{}", native.name));
        let rules = engine.admit(&component).unwrap_or_else(|refusal| panic!("{} is refused: {refusal}", native.name));
        assert_eq!(rules.manifest().name, native.name);
        let judge = rules.configure(&[]).unwrap();
        let (facts, merchants) = questions(rules.manifest());
        let (mut classifying, mut evaluating) = (Used::default(), Used::default());
        let facts: Vec<&Fact> = facts.iter().collect();
        let classified = judge.classify_measured(NOW, &facts, &mut classifying);
        alike(&native, &facts, &classified.unwrap(), &native.classify(rules.manifest(), NOW, &facts));
        let verdicts = judge.evaluate_measured(&merchants, &mut evaluating);
        alike(&native, &merchants, &verdicts.unwrap(), &native.evaluate(&merchants));
        // A listing shown is as much work to a host as a merchant.
        let shown = merchants.iter().map(|merchant| 1 + merchant.listings.len()).sum();
        for (what, used, items) in [("a fact", classifying, FACTS), ("a merchant", evaluating, shown)] {
            let fuel = used.fuel / items as u64;
            assert!(fuel < limits.fuel_per_item / SHARE, "{} uses {fuel} instructions for {what}", native.name);
        }
    }
}

/// The same for everybody who declares the same.
fn questions(manifest: &Manifest) -> (Vec<Fact>, Vec<Snapshot>) {
    let mut bytes = vec![0; 4 << 20];
    ChaCha8Rng::seed_from_u64(7).fill_bytes(&mut bytes);
    let mut u = Unstructured::new(&bytes);
    let facts = (0..FACTS).map(|_| made_up::fact(manifest, &mut u).unwrap()).collect();
    let merchants = (0..MERCHANTS).map(|_| made_up::snapshot(manifest, &mut u).unwrap()).collect();
    assert!(!u.is_empty(), "there are bytes enough");
    (facts, merchants)
}

fn alike<Q: std::fmt::Debug, A: PartialEq + std::fmt::Debug>(rules: &Native, asked: &[Q], sandbox: &[A], native: &[A]) {
    assert_eq!([sandbox.len(), native.len()], [asked.len(); 2]);
    for ((asked, sandbox), native) in asked.iter().zip(sandbox).zip(native) {
        assert_eq!(sandbox, native, "{} over {asked:#?}", rules.name);
    }
}
