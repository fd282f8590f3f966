//! Rules with their settings: what the pipeline asks. Each question is answered by an instance of its own, so that nothing a
//! plugin remembers can pass from one question to the next.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use andon_domain::admission::check_setting;
use andon_domain::fact::Fact;
use andon_domain::ids::Instant;
use andon_domain::manifest::Manifest;
use andon_domain::mark::Classified;
use andon_domain::verdict::{Snapshot, Verdict};

use super::admit::{Rules, digest};
use super::fault::{PluginFault, quote};
use super::gate::Gate;
use super::limits::Limits;
use super::meter::Meter;
use super::output;
use super::sandbox::{Sandbox, Used};
use super::wit::v1_0::{Configured, Instance};

/// Why settings were not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigureError {
    /// A value is not what the manifest or the plugin allows.
    #[error("setting {key} {why}")]
    Setting {
        /// Which.
        key: String,
        /// What is wrong with it.
        why: String,
    },
    /// The plugin failed over them.
    #[error(transparent)]
    Fault(#[from] PluginFault),
}

/// Admitted rules with settings they accepted.
#[derive(Clone)]
pub struct Judge {
    rules: Arc<Rules>,
    settings: Arc<[(String, String)]>,
    settings_digest: Arc<str>,
    classified: Arc<Meter>,
}

impl std::fmt::Debug for Judge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Judge").field("rules", &self.rules).field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Rules {
    /// Checks settings against the manifest, fills in defaults, and asks the plugin whether it takes them: even one that rests, as
    /// other settings may be its cure, but none that is quarantined.
    pub fn configure(self: &Arc<Self>, settings: &[(String, String)]) -> Result<Judge, ConfigureError> {
        self.gate().trusted()?;
        let judge = self.resume(settings)?;
        let mut sandbox = Sandbox::open(&self.engine, &self.limits)?;
        let instance = start(self, &mut sandbox)?;
        if let Configured::Refused(key, why) = instance.configure(&mut sandbox, &judge.settings)? {
            return Err(ConfigureError::Setting { key: quote(&key), why: quote(&why) });
        }
        Ok(judge)
    }

    /// A judge with settings that the plugin took before: it is not asked again, so this works for one that cannot be asked now.
    pub fn resume(self: &Arc<Self>, settings: &[(String, String)]) -> Result<Judge, ConfigureError> {
        let settings = complete(self.manifest(), settings)?;
        let settings_digest = settings_digest(&settings).into();
        Ok(Judge { rules: Arc::clone(self), settings: settings.into(), settings_digest, classified: Arc::default() })
    }
}

impl Judge {
    /// What the rules declared.
    pub fn manifest(&self) -> &Arc<Manifest> {
        self.rules.manifest()
    }

    /// Digest of the component.
    pub fn digest(&self) -> &str {
        self.rules.digest()
    }

    /// Digest of the settings in force, defaults included: the same for every way of writing the same settings.
    pub fn settings_digest(&self) -> &str {
        &self.settings_digest
    }

    /// What protects everybody else from these rules.
    pub fn gate(&self) -> &Gate {
        self.rules.gate()
    }

    /// What classifying took on the host's behalf, readers' questions left out.
    pub fn classified(&self) -> &Meter {
        &self.classified
    }

    /// How many facts, from the first, can be asked about without using more fuel than `within`, whatever the rules do.
    pub fn affordable(&self, facts: &[&Fact], within: u64) -> usize {
        let limits = self.limits();
        // The start of an instance has a budget, and so has each call.
        let mut cost = limits.budget(1).fuel;
        let mut count = 0;
        for (call, weight) in batches(facts, limits.batch, |fact| fact_weight(fact)) {
            cost = cost.saturating_add(limits.budget(weight).fuel);
            if cost > within {
                break;
            }
            count += call.len();
        }
        count
    }

    /// How many facts can be asked about so that one at fault is found by halving without using more fuel than `within`; one at least.
    pub fn searchable(&self, within: u64) -> usize {
        let limits = self.limits();
        let (mut count, mut cost) = (1, limits.budget(1).fuel);
        loop {
            cost = cost.saturating_add(limits.budget(count * 2).fuel);
            if cost > within || count * 2 > limits.batch {
                return count;
            }
            count *= 2;
        }
    }

    /// Most facts of one call.
    pub fn call(&self) -> usize {
        self.limits().batch
    }

    /// What facts mean, answer i for fact i. All or nothing: a fault in one batch loses the others' answers too.
    pub fn classify(&self, now: Instant, facts: &[&Fact]) -> Result<Vec<Classified>, PluginFault> {
        self.classify_measured(now, facts, &mut Used::default())
    }

    /// As `classify`, and adds what was used, by calls that failed as well.
    pub fn classify_measured(&self, now: Instant, facts: &[&Fact], used: &mut Used) -> Result<Vec<Classified>, PluginFault> {
        let mut answers = Vec::with_capacity(facts.len());
        for (run, _) in batches(facts, self.limits().instance_items, |fact| fact_weight(fact)) {
            self.with_instance(used, |sandbox, instance| {
                for (batch, weight) in batches(run, self.limits().batch, |fact| fact_weight(fact)) {
                    sandbox.allow(weight)?;
                    let answer = instance.classify(sandbox, &self.rules.words, now, batch)?;
                    output::check_classified(self.manifest(), now, answers.len(), batch.len(), &answer)?;
                    answers.extend(answer);
                }
                Ok(())
            })?;
        }
        Ok(answers)
    }

    /// What readings lead to, verdict i for snapshot i. All or nothing, as `classify`. Nothing is ever proposed on insufficient
    /// data: a proposal's reasons that rest on an insufficient metric are taken out, and the proposal with the last of them.
    pub fn evaluate(&self, snapshots: &[Snapshot]) -> Result<Vec<Verdict>, PluginFault> {
        self.evaluate_measured(snapshots, &mut Used::default())
    }

    /// As `evaluate`, and adds what was used, by calls that failed as well.
    pub fn evaluate_measured(&self, snapshots: &[Snapshot], used: &mut Used) -> Result<Vec<Verdict>, PluginFault> {
        let mut verdicts = Vec::with_capacity(snapshots.len());
        for (run, _) in batches(snapshots, self.limits().instance_items, snapshot_weight) {
            self.with_instance(used, |sandbox, instance| {
                for (batch, weight) in batches(run, self.limits().batch, snapshot_weight) {
                    sandbox.allow(weight)?;
                    let mut answer = instance.evaluate(sandbox, batch)?;
                    output::check_verdicts(self.manifest(), verdicts.len(), batch, &answer)?;
                    for (verdict, snapshot) in answer.iter_mut().zip(batch) {
                        output::strip_insufficient(verdict, snapshot);
                    }
                    verdicts.extend(answer);
                }
                Ok(())
            })?;
        }
        Ok(verdicts)
    }

    fn limits(&self) -> &Limits {
        &self.rules.limits
    }

    /// Asks an instance of its own that has taken the settings, and adds what it used.
    fn with_instance(
        &self,
        used: &mut Used,
        ask: impl FnOnce(&mut Sandbox<'_>, &Instance) -> Result<(), PluginFault>,
    ) -> Result<(), PluginFault> {
        let mut sandbox = Sandbox::open(&self.rules.engine, self.limits())?;
        let answered = self.configured(&mut sandbox).and_then(|instance| ask(&mut sandbox, &instance));
        used.add(sandbox.used());
        answered
    }

    fn configured(&self, sandbox: &mut Sandbox<'_>) -> Result<Instance, PluginFault> {
        let instance = start(&self.rules, sandbox)?;
        match instance.configure(sandbox, &self.settings)? {
            Configured::Accepted => Ok(instance),
            Configured::Refused(key, why) => Err(PluginFault::output(
                "configure",
                format!("refused setting {}, which it took before: {}", quote(&key), quote(&why)),
            )),
        }
    }
}

fn start(rules: &Rules, sandbox: &mut Sandbox<'_>) -> Result<Instance, PluginFault> {
    rules.contract()?.instance(sandbox)?.map_err(|error| PluginFault::Unavailable(format!("{error:#}")))
}

/// Every declared setting in the manifest's order, given or default, in canonical form.
fn complete(manifest: &Manifest, given: &[(String, String)]) -> Result<Vec<(String, String)>, ConfigureError> {
    let refuse = |key: &str, why: &str| ConfigureError::Setting { key: quote(key), why: why.to_owned() };
    let mut values = HashMap::new();
    for (key, value) in given {
        if !manifest.settings.iter().any(|setting| setting.key == *key) {
            return Err(refuse(key, "is not declared by these rules"));
        }
        if values.insert(key.as_str(), value.as_str()).is_some() {
            return Err(refuse(key, "is given twice"));
        }
    }
    let complete = manifest.settings.iter().map(|setting| {
        let value = values.get(setting.key.as_str()).copied().unwrap_or(&setting.default);
        let value = check_setting(setting, value).map_err(|why| refuse(&setting.key, &why))?;
        Ok((setting.key.clone(), value))
    });
    complete.collect()
}

fn settings_digest(settings: &[(String, String)]) -> String {
    let sorted: BTreeMap<_, _> = settings.iter().map(|(key, value)| (key, value)).collect();
    let mut bytes = Vec::new();
    for part in sorted.into_iter().flat_map(|(key, value)| [key, value]) {
        bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    digest(&bytes)
}

/// How much work a fact is: one, and one more for every four things that hang on an order.
fn fact_weight(fact: &Fact) -> usize {
    match fact {
        Fact::Order(order) => 1 + (order.claims.len() + order.returns.len() + order.incidents.len() + order.contacts.len()) / 4,
        Fact::Contact(_) | Fact::Violation(_) => 1,
    }
}

/// How much work a merchant is: one, and one more for each listing shown.
fn snapshot_weight(snapshot: &Snapshot) -> usize {
    1 + snapshot.listings.len()
}

/// Splits items into runs of at most `most` weight, each with its weight; an item heavier than that has a run of its own.
fn batches<T>(items: &[T], most: usize, weight: impl Fn(&T) -> usize) -> Vec<(&[T], usize)> {
    let mut batches = Vec::new();
    let (mut from, mut sum) = (0, 0);
    for (i, item) in items.iter().enumerate() {
        let more = weight(item);
        if i > from && sum + more > most {
            batches.push((&items[from..i], sum));
            (from, sum) = (i, 0);
        }
        sum += more;
    }
    if from < items.len() {
        batches.push((&items[from..], sum));
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_hold_everything_once_and_in_order() {
        let weigh = |w: &usize| *w;
        assert_eq!(batches(&[], 3, weigh), []);
        assert_eq!(batches(&[1, 1, 1, 1], 3, weigh), [(&[1, 1, 1][..], 3), (&[1][..], 1)]);
        assert_eq!(batches(&[9, 1, 2, 9], 3, weigh), [(&[9][..], 9), (&[1, 2][..], 3), (&[9][..], 9)]);
    }

    #[test]
    fn settings_digests_do_not_run_together() {
        let pair = |k: &str, v: &str| (k.to_owned(), v.to_owned());
        assert_ne!(settings_digest(&[pair("a", "bc")]), settings_digest(&[pair("ab", "c")]));
        assert_eq!(settings_digest(&[pair("a", "1"), pair("b", "2")]), settings_digest(&[pair("b", "2"), pair("a", "1")]));
    }
}
