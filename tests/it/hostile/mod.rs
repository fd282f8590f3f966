//! Code from strangers. Each case has a guest of its own and its number in the name of a test; `catalogue` sees to it that none
//! is missing and that every code is met. The rule of the house for all: the process lives, others are answered meanwhile, there is
//! a fault with a stable code, facts are kept, nothing is enforced, the store is gone, and memory is where it was.
//!
//! Upload, where nothing runs:
//! - P1 no component at all · P2 another layer or version · P3 any byte changed, cut anywhere · P4 too many bytes · P5 compressed
//! - P6 slow to compile · P7 types that double · P8 a million of something, long names · P9 features that are off
//! - P10 imports · P11 another version of the contract · P12 exports missing or of other types · P13 more memory or table than allowed
//! - P14 machine code · P15 the same bytes twice at once · P16 names that deceive · P17 what stands beside the code
//!
//! Instantiation:
//! - P18 an endless start · P19 a start that takes all memory and traps · P20 a start that calls out · P21 ten thousand at once
//! - P22 a megabyte of data to copy
//!
//! Time:
//! - P23 endless loops · P24 loops of few and long instructions · P25 nearly all of the budget, always · P26 cheap, then dear
//! - P27 data that makes sound rules slow · P28 recursion, huge frames · P29 calls out in a loop
//!
//! Memory:
//! - P30 memory up to its limit and beyond · P31 tables · P32 every page touched · P33 an allocator that lies · P34 one that never ends
//!
//! Answers:
//! - P35 lists beyond memory · P36 too much of them · P37 text that is none, or deceives · P38 numbers that are none
//! - P39 cases that do not exist · P40 too few, too many, or of somebody else · P41 contradictory or not allowed · P42 text that others
//!   might run
//!
//! Over time:
//! - P43 failing always, at times, for somebody · P44 remembering · P45 answering differently · P46 telling the time · P47 floods of
//!   words · P48 being exchanged or killed meanwhile
//!
//! `repeats` does all of it a thousand times, with guests of its own in `every` and `refusals`; `house`, `turning` and `sending` do some
//! of it to a whole host.
//!
//! More of some: `compile` for the child process and the cache (P6, P14), `routes::plugins` for uploads over HTTP (P4, P5, P15),
//! `breaker` for rests, quarantine, shares of time and verdicts played again (P25, P26, P43, P45), `neighbours` for other
//! marketplaces on the same host (P23, P25), `interrupted` for kill -9 (P48).

mod alone;
mod catalogue;
mod contract;
mod cpu;
mod dear;
mod every;
mod house;
mod instantiation;
mod limits;
mod memory;
mod output;
mod over_time;
mod refusals;
mod remembering;
mod repeats;
mod sending;
mod turning;
mod upload;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use andon::rules::{Blame, Engine, Judge, Limits, PluginFault, Refusal, Rules, bench};
use andon_domain::mark::Classified;
use andon_domain::verdict::Verdict;
use andon_tests::guests::{TextGuest, hostile};
use andon_tests::questions::{NOW, fine, order};

/// So many units ordered, or sold by one merchant, are more than some of the hostile rules can judge.
const DEAR: u32 = 1_313;

/// One for all tests that need no limits of their own.
fn engine() -> &'static Arc<Engine> {
    static ENGINE: OnceLock<Arc<Engine>> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::new(Limits::default()).unwrap())
}

fn refusal(component: &[u8]) -> Refusal {
    match engine().admit(component) {
        Ok(_) => panic!("was admitted"),
        Err(refusal) => refusal,
    }
}

#[track_caller]
fn refused(component: &[u8], code: &str, reason: &str) {
    let refusal = refusal(component);
    assert_eq!(refusal.code(), code, "{refusal}");
    assert!(refusal.to_string().contains(reason), "{refusal}");
}

/// Refuses a component written as text.
#[track_caller]
fn text_refused(text: &str, code: &str, reason: &str) {
    refused(&wat::parse_str(text).unwrap(), code, reason);
}

fn with_module(module: &str) -> String {
    format!("(component (core module {module}))")
}

fn guest() -> TextGuest<'static> {
    TextGuest::default()
}

/// A guest, admitted.
#[track_caller]
fn admitted(guest: &TextGuest<'_>) -> Arc<Rules> {
    engine().admit(&guest.component()).unwrap_or_else(|refusal| panic!("{refusal}"))
}

/// A guest, admitted and configured.
#[track_caller]
fn judge(guest: &TextGuest<'_>) -> Judge {
    admitted(guest).configure(&[]).unwrap()
}

/// The rules that misbehave as `mode` says.
fn mode(mode: &str) -> Judge {
    static RULES: OnceLock<Arc<Rules>> = OnceLock::new();
    let rules = RULES.get_or_init(|| engine().admit(hostile()).unwrap());
    rules.configure(&[("mode".to_owned(), mode.to_owned())]).unwrap()
}

fn classify(judge: &Judge) -> Result<Vec<Classified>, PluginFault> {
    judge.classify(NOW, &[&order(1, 1)])
}

fn evaluate(judge: &Judge) -> Result<Vec<Verdict>, PluginFault> {
    judge.evaluate(&[fine(judge.manifest())])
}

/// What work comes to, and how long this thread had a processor for it: a busy machine takes no more of that than an idle one.
fn busy<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let clock = bench::busy();
    let done = work();
    (done, clock.elapsed())
}

/// Most time that a call over one item may take: its share, and the tick that it may overrun by.
fn budget(limits: &Limits) -> Duration {
    limits.wall + limits.wall_per_item + limits.tick
}

/// A fault of the guest's with this code, whose words hold `why`.
#[track_caller]
fn fault<T: std::fmt::Debug>(answer: Result<T, PluginFault>, code: &str, why: &str) {
    let fault = answer.unwrap_err();
    assert_eq!((fault.code(), fault.blame()), (code, Blame::Guest), "{fault}");
    assert!(fault.to_string().contains(why), "{fault}");
}
