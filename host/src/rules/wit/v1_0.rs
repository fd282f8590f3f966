//! Version 1.0 of the contract: the four calls, and the domain's types as its types, both ways.

mod answers;
mod facts;
mod layout;
#[cfg(test)]
mod layout_tests;
mod manifest;
mod questions;

use andon_domain::fact::Fact;
use andon_domain::ids::Instant;
use andon_domain::manifest::Manifest;
use andon_domain::mark::Classified;
use andon_domain::verdict::{Snapshot, Verdict};
use wasmtime::component::{self, ComponentExportIndex, InstancePre};

use self::answers::{Finding, Meaning};
use self::bindings::exports::andon::rules::judge;
use self::questions::{Asked, Shown};
use crate::rules::fault::PluginFault;
use crate::rules::sandbox::{Guest, Sandbox};

pub(in crate::rules) use self::facts::Words;

mod bindings {
    wasmtime::component::bindgen!({ path: "../sdk/wit/released/1.0.0.wit", world: "rules" });
}

/// The name under which a plugin exports this version.
pub(in crate::rules) const EXPORT: &str = "andon:rules/judge@1.0.0";

/// A component that has the exports of this version.
pub(in crate::rules) struct Contract {
    pre: bindings::RulesPre<Guest>,
    classify: ComponentExportIndex,
    evaluate: ComponentExportIndex,
}

/// What came of asking a plugin to take its settings.
pub(in crate::rules) enum Configured {
    Accepted,
    /// It refused one: (key, why).
    Refused(String, String),
}

impl Contract {
    /// Fails where an export is missing.
    pub(in crate::rules) fn of(pre: InstancePre<Guest>) -> wasmtime::Result<Self> {
        let pre = bindings::RulesPre::new(pre)?;
        let component = pre.instance_pre().component();
        let judge = component.get_export_index(None, EXPORT);
        let export = |name: &str| {
            let index = judge.and_then(|judge| component.get_export_index(Some(&judge), name));
            index.ok_or_else(|| wasmtime::Error::msg(format!("no export {EXPORT}#{name}")))
        };
        let (classify, evaluate) = (export("classify")?, export("evaluate")?);
        Ok(Self { pre, classify, evaluate })
    }

    /// An instance whose exports have the right types. The outer error is the guest's fault while it starts, the inner one a
    /// type that differs from the contract's.
    pub(in crate::rules) fn instance(&self, sandbox: &mut Sandbox<'_>) -> Result<wasmtime::Result<Instance>, PluginFault> {
        let instance = sandbox.start(|store| self.pre.instance_pre().instantiate(store))?;
        let (classify, evaluate) = (self.classify, self.evaluate);
        sandbox
            .run(|store| Ok(bindings::Rules::new(store, &instance).map(|rules| Instance { rules, instance, classify, evaluate })))
    }
}

/// A live plugin.
pub(in crate::rules) struct Instance {
    rules: bindings::Rules,
    instance: component::Instance,
    classify: ComponentExportIndex,
    evaluate: ComponentExportIndex,
}

/// Answers to a list of questions.
type Told<T> = (Result<Vec<T>, judge::Fault>,);

impl Instance {
    pub(in crate::rules) fn describe(&self, sandbox: &mut Sandbox<'_>) -> Result<Manifest, PluginFault> {
        sandbox.run(|store| self.judge().call_describe(store)).map(manifest::read)
    }

    pub(in crate::rules) fn configure(
        &self,
        sandbox: &mut Sandbox<'_>,
        settings: &[(String, String)],
    ) -> Result<Configured, PluginFault> {
        match sandbox.run(|store| self.judge().call_configure(store, settings))? {
            Ok(()) => Ok(Configured::Accepted),
            Err(judge::Fault::Setting((key, why))) => Ok(Configured::Refused(key, why)),
            Err(judge::Fault::Facts(why)) => Err(PluginFault::declared(&why)),
        }
    }

    pub(in crate::rules) fn classify(
        &self,
        sandbox: &mut Sandbox<'_>,
        words: &Words,
        now: Instant,
        facts: &[&Fact],
    ) -> Result<Vec<Classified>, PluginFault> {
        let shown: Vec<_> = facts.iter().map(|fact| Shown { fact, words }).collect();
        let (answer,) = sandbox.run(|store| {
            let classify = self.instance.get_typed_func::<(i64, &[Shown<'_>]), Told<Meaning>>(&mut *store, self.classify)?;
            classify.call(store, (now, &shown))
        })?;
        Ok(answer.map_err(|fault| declared(&fault))?.into_iter().map(|answer| answer.0).collect())
    }

    pub(in crate::rules) fn evaluate(
        &self,
        sandbox: &mut Sandbox<'_>,
        snapshots: &[Snapshot],
    ) -> Result<Vec<Verdict>, PluginFault> {
        let asked: Vec<_> = snapshots.iter().map(Asked).collect();
        let (answer,) = sandbox.run(|store| {
            let evaluate = self.instance.get_typed_func::<(&[Asked<'_>],), Told<Finding>>(&mut *store, self.evaluate)?;
            evaluate.call(store, (&asked,))
        })?;
        let answer = answer.map_err(|fault| declared(&fault))?;
        // One too many has no snapshot; it is kept, to be counted.
        Ok(answer.into_iter().enumerate().map(|(i, verdict)| answers::verdict(verdict, snapshots.get(i))).collect())
    }

    fn judge(&self) -> &judge::Guest {
        self.rules.andon_rules_judge()
    }
}

/// A key as rules see it: 53 bits, as many as a double holds whole, which is the only number that some languages have.
const fn narrow(key: u64) -> u64 {
    key & ((1 << 53) - 1)
}

fn declared(fault: &judge::Fault) -> PluginFault {
    match fault {
        judge::Fault::Facts(why) => PluginFault::declared(why),
        judge::Fault::Setting((key, why)) => PluginFault::declared(&format!("setting {key}: {why}")),
    }
}

/// Turns an enum into the one of the same words; the compiler finds a word that only one of them has.
macro_rules! same_words {
    ($value:expr, $from:path => $to:path: $($word:ident)+) => {{
        use $from as From;
        use $to as To;
        match $value { $(From::$word => To::$word),+ }
    }};
}
use same_words;
