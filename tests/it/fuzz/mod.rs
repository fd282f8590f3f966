//! Inputs that nobody thought of, made from numbered seeds: a few of them in every run, and for as long as `ANDON_FUZZ_SECONDS` says
//! for each target in a long one. A seed that fails is named, and `ANDON_FUZZ_SEED` asks for it alone. What is tried one by one, from
//! the first to the last, is tried whole in a long run and in steps in every other.

mod admission;
mod answers;
mod values;

use std::str::FromStr;
use std::time::{Duration, Instant};

use arbitrary::Unstructured;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Bytes that one input is made from.
const BYTES: usize = 64 << 10;

/// Where a long run begins: seeds below are those of every run.
const LONG: u64 = 1 << 32;

/// Makes inputs and tries them: `few` always the same ones, or as many new ones as time allows.
fn inputs(few: u64, mut one: impl FnMut(&mut Unstructured<'_>) -> arbitrary::Result<()>) {
    let mut run = |seed: u64| {
        let _named = Named(seed);
        let mut bytes = vec![0; BYTES];
        ChaCha8Rng::seed_from_u64(seed).fill_bytes(&mut bytes);
        // One that asks for more bytes than there are is no input.
        let _ = one(&mut Unstructured::new(&bytes));
    };
    if let Some(seed) = setting("ANDON_FUZZ_SEED") {
        return run(seed);
    }
    let Some(seconds) = setting("ANDON_FUZZ_SECONDS") else { return (0..few).for_each(run) };
    let first: u64 = setting("ANDON_FUZZ_FIRST").unwrap_or_else(|| LONG + u64::from(rand::random::<u32>()) * LONG);
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut next = first;
    while Instant::now() < end {
        run(next);
        next += 1;
    }
    println!("{} inputs from seed {first}", next - first);
}

/// Tries every one of a row: `few` of them, evenly spread, in every run, and all in a long one, however long that takes.
pub(crate) fn sweep(few: usize, all: usize, one: impl FnMut(usize)) {
    let long = setting::<u64>("ANDON_FUZZ_SECONDS").is_some();
    let step = if long { 1 } else { all.div_ceil(few).max(1) };
    (0..all).step_by(step).for_each(one);
}

fn setting<T: FromStr>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is `{text}`, no number")))
}

/// Tells the seed if what is done with it panics.
struct Named(u64);

impl Drop for Named {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("again with ANDON_FUZZ_SEED={}", self.0);
        }
    }
}
