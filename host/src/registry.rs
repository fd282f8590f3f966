//! The registry: components of rules by digest, kept for good under a name and version; compiled in a process of their own, loaded
//! once a process, each behind a gate. One that cannot be run, or must not be, takes nobody else with it.

mod keeper;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use andon_domain::ids::Instant;
use semver::Version;

use self::keeper::Keeper;
use crate::clock::Clock;
use crate::ledger::Cause;
use crate::options::Options;
use crate::rules::cache::Cache;
use crate::rules::compile::{CompileError, Compiler};
use crate::rules::machine::MachineCode;
use crate::rules::{Engine, Gate, Protection, Refusal, Rules, digest};
use crate::store::components::{ComponentRow, Hold, Kept, NewComponent, Withheld};
use crate::store::{Store, StoreError};

/// Whoever pushes what comes with the host, and quarantines by itself.
pub const HOST: &str = "andon";

/// Why rules could not be had.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The component was not admitted.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// No component of this name (and version), or digest.
    #[error("no rules named {0} are installed")]
    Unknown(String),
    /// Another component has this name and version.
    #[error("{0} is another component; a version never changes")]
    Taken(String),
    /// As many are kept as may be.
    #[error("no more versions are kept, of this name or in all")]
    Full,
    /// It is retired or quarantined.
    #[error("{what} is {how}: {why}")]
    Withheld {
        /// Name and version.
        what: String,
        /// Retired or quarantined.
        how: &'static str,
        /// The reason that was given.
        why: String,
    },
    /// It was admitted before, and cannot be run here now.
    #[error("{what} cannot be run: {why}")]
    Broken {
        /// Name and version.
        what: String,
        /// Why.
        why: String,
    },
    /// The compiler could not be run.
    #[error("the compiler could not be run: {0}")]
    Compiler(std::io::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A thread was lost.
    #[error("the work was interrupted")]
    Interrupted,
}

impl From<CompileError> for RegistryError {
    fn from(error: CompileError) -> Self {
        match error {
            CompileError::Refused(refusal) => Self::Refused(refusal),
            CompileError::Unavailable(error) => Self::Compiler(error),
        }
    }
}

/// What came of a push.
#[derive(Debug)]
pub struct Pushed {
    /// The component as it is registered.
    pub row: ComponentRow,
    /// Whether it was not registered before.
    pub new: bool,
}

/// All rules of this host.
pub struct Registry {
    engine: Arc<Engine>,
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    compiler: Compiler,
    cache: Option<Cache>,
    protection: Protection,
    keeper: Keeper,
    loaded: Mutex<HashMap<String, Arc<Rules>>>,
    pushing: tokio::sync::Mutex<()>,
}

impl Registry {
    /// Over a store and an engine. Fails where the cache cannot be used.
    pub fn new(engine: Arc<Engine>, store: Arc<Store>, clock: Arc<dyn Clock>, options: Options) -> std::io::Result<Self> {
        let Options { protection, compiler, cache, .. } = options;
        let most = compiler.limits().code_bytes;
        let cache = cache.map(|place| Cache::open(&place, &engine, &store.secret(), most)).transpose()?;
        let (keeper, loaded) = (Keeper::start(Arc::downgrade(&store), clock.clone()), Mutex::default());
        Ok(Self { engine, store, clock, compiler, cache, protection, keeper, loaded, pushing: tokio::sync::Mutex::default() })
    }

    /// Whether deadlines of rules are being watched; without that one plugin could hold everybody up.
    pub fn is_watched(&self) -> bool {
        self.engine.is_watched()
    }

    /// Admits a component that comes with the host, and gives its rules.
    pub async fn add(&self, component: Vec<u8>, now: Instant) -> Result<Arc<Rules>, RegistryError> {
        let pushed = self.push(component, HOST, now).await?;
        self.by_digest(&pushed.row.digest).await
    }

    /// Admits a component and keeps it; the same bytes twice are the same rules. One at a time.
    pub async fn push(&self, component: Vec<u8>, by: &str, now: Instant) -> Result<Pushed, RegistryError> {
        let _one_at_a_time = self.pushing.lock().await;
        let digest = digest(&component);
        if let Some(row) = self.store.component_row(&digest).await? {
            return Ok(Pushed { row, new: false });
        }
        let component: Arc<[u8]> = component.into();
        let code = self.compile(&component).await?;
        let rules = self.introduce((&digest, component.len()), &code, self.gate(&digest, 0, None)).await?;
        let manifest = rules.manifest();
        let (name, version, encoded) = (&manifest.name, &manifest.version, encode(&rules)?);
        let new = NewComponent { digest: &digest, name, version, bytes: &component, manifest: &encoded, by, at: now };
        let kept = self.store.keep_component(new).await?;
        match kept {
            Kept::Taken => return Err(RegistryError::Taken(format!("{name}@{version}"))),
            Kept::Full => return Err(RegistryError::Full),
            Kept::New | Kept::Known => {}
        }
        self.cache(&digest, &code);
        self.take(rules);
        let row = self.store.component_row(&digest).await?.ok_or(RegistryError::Unknown(digest))?;
        Ok(Pushed { row, new: kept == Kept::New })
    }

    /// Looks at a component as closely as at one that is pushed, and gives its rules without keeping it.
    pub async fn try_out(&self, component: Vec<u8>) -> Result<Arc<Rules>, RegistryError> {
        let (digest, size) = (digest(&component), component.len());
        let code = self.compile(&component.into()).await?;
        let gate = Gate::new(self.clock.clone(), self.protection, 0, None, Box::new(|_| {}));
        Ok(Arc::new(self.introduce((&digest, size), &code, gate).await?))
    }

    /// The rules of a digest, whatever is said of them. Where they cannot be run but are known, every question to them is a fault
    /// until [`Registry::mend`] succeeds.
    pub async fn by_digest(&self, digest: &str) -> Result<Arc<Rules>, RegistryError> {
        let loaded = self.loaded().get(digest).cloned();
        if let Some(rules) = loaded {
            return Ok(rules);
        }
        let row = self.store.component_row(digest).await?.ok_or_else(|| RegistryError::Unknown(digest.to_owned()))?;
        let rules = match self.load(&row).await {
            Ok(rules) => rules,
            Err(RegistryError::Store(error)) => return Err(error.into()),
            Err(error) => self.known(&row, error).await?,
        };
        Ok(self.take(rules))
    }

    /// The rules of a name, of the version that [`highest`] takes; `name@version` pins the version.
    pub async fn by_name(&self, name: &str) -> Result<Arc<Rules>, RegistryError> {
        let (plain, version) = name.split_once('@').map_or((name, None), |(n, v)| (n, Some(v)));
        let rows = self.store.components_named(plain).await?;
        let row = match version {
            Some(version) => rows.iter().find(|row| row.version == version),
            None => {
                let used = self.store.components_used(plain).await?;
                highest(&rows, &used).or(candidates(&rows, &used).next())
            }
        };
        let row = row.ok_or_else(|| RegistryError::Unknown(name.to_owned()))?;
        let what = format!("{}@{}", row.name, row.version);
        if let Some(Withheld { hold, reason, .. }) = &row.withheld {
            return Err(RegistryError::Withheld { what, how: hold.word(), why: reason.clone() });
        }
        let rules = self.by_digest(&row.digest).await?;
        if !rules.has_code() {
            let why = row.error.clone().unwrap_or_else(|| "its machine code could not be made".to_owned());
            return Err(RegistryError::Broken { what, why });
        }
        Ok(rules)
    }

    /// A registered component, as it stands now.
    pub async fn row(&self, name: &str, version: &str) -> Result<Option<ComponentRow>, StoreError> {
        self.settled().await;
        Ok(self.store.components_named(name).await?.into_iter().find(|row| row.version == version))
    }

    /// The gate of a component that was used since the host began.
    pub fn loaded_rules(&self, digest: &str) -> Option<Arc<Rules>> {
        self.loaded().get(digest).cloned()
    }

    /// Takes a component out of use, unless it is held so already; says whether it was not.
    pub async fn withhold(&self, digest: &str, withheld: &Withheld) -> Result<bool, StoreError> {
        self.settled().await;
        let done = self.store.withhold(digest, withheld).await?;
        if let (true, Hold::Quarantined, Some(rules)) = (done, withheld.hold, self.loaded_rules(digest)) {
            rules.gate().quarantine(&withheld.reason);
        }
        Ok(done)
    }

    /// Puts a component back in use; says whether it was withheld.
    pub async fn release(&self, digest: &str, cause: Cause) -> Result<bool, StoreError> {
        self.settled().await;
        let done = self.store.release(digest, &cause.actor, &cause.reason, self.clock.now()).await?;
        if let (true, Some(rules)) = (done, self.loaded_rules(digest)) {
            rules.gate().release();
        }
        Ok(done)
    }

    /// Tries again to make the machine code of rules that are in use without it.
    pub async fn mend(&self) -> Result<(), RegistryError> {
        let broken: Vec<_> = self.loaded().values().filter(|rules| !rules.has_code()).cloned().collect();
        for rules in broken {
            let made = self.made(rules.digest()).await;
            match made.and_then(|code| Ok(rules.take_code(&code)?)) {
                Ok(()) => self.store.set_error(rules.digest(), None).await?,
                Err(error) => tracing::warn!(rules = rules.digest(), "still cannot be run: {error}"),
            }
        }
        Ok(())
    }

    /// Returns when everything that gates told of so far is in the database.
    pub async fn settled(&self) {
        self.keeper.settled().await;
    }

    async fn load(&self, row: &ComponentRow) -> Result<Rules, RegistryError> {
        let rules = match self.cached(row).await {
            Some(rules) => rules,
            None => self.anew(row).await?,
        };
        // Wherever the code came from: it can be run again.
        if row.error.is_some() {
            self.store.set_error(&row.digest, None).await?;
        }
        Ok(rules)
    }

    async fn cached(&self, row: &ComponentRow) -> Option<Rules> {
        let code = self.cache.as_ref()?.load(&row.digest)?;
        let gate = self.gate(&row.digest, row.rests, row.withheld.as_ref());
        self.introduce((&row.digest, row.size as usize), &code, gate).await.ok()
    }

    async fn anew(&self, row: &ComponentRow) -> Result<Rules, RegistryError> {
        let code = self.made(&row.digest).await?;
        let gate = self.gate(&row.digest, row.rests, row.withheld.as_ref());
        let rules = self.introduce((&row.digest, row.size as usize), &code, gate).await?;
        if self.store.component_manifest(&row.digest).await?.is_none() {
            self.store.set_manifest(&row.digest, &encode(&rules)?).await?;
        }
        Ok(rules)
    }

    /// Rules that cannot be run, from what they declared when they could.
    async fn known(&self, row: &ComponentRow, error: RegistryError) -> Result<Rules, RegistryError> {
        let kept = self.store.component_manifest(&row.digest).await?;
        let Some(manifest) = kept.and_then(|bytes| postcard::from_bytes(&bytes).ok()) else { return Err(error) };
        tracing::error!(rules = row.digest, "{}@{} cannot be run: {error}", row.name, row.version);
        self.store.set_error(&row.digest, Some(&error.to_string())).await?;
        let gate = self.gate(&row.digest, row.rests, row.withheld.as_ref());
        Ok(Rules::without_code(&self.engine, &row.digest, row.size as usize, manifest, gate))
    }

    /// Freshly made machine code of a kept component.
    async fn made(&self, digest: &str) -> Result<MachineCode, RegistryError> {
        let component = self.store.component(digest).await?.ok_or_else(|| RegistryError::Unknown(digest.to_owned()))?;
        let code = self.compile(&component.into()).await?;
        self.cache(digest, &code);
        Ok(code)
    }

    async fn compile(&self, component: &Arc<[u8]>) -> Result<MachineCode, RegistryError> {
        let (engine, looked_at) = (self.engine.clone(), component.clone());
        tokio::task::spawn_blocking(move || engine.inspect(&looked_at)).await.map_err(|_| RegistryError::Interrupted)??;
        Ok(self.compiler.compile(&self.engine, component).await?)
    }

    async fn introduce(&self, (digest, bytes): (&str, usize), code: &MachineCode, gate: Gate) -> Result<Rules, RegistryError> {
        let (engine, digest, code) = (self.engine.clone(), digest.to_owned(), code.clone());
        let introduced = tokio::task::spawn_blocking(move || engine.introduce(&digest, bytes, &code, gate)).await;
        Ok(introduced.map_err(|_| RegistryError::Interrupted)??)
    }

    fn gate(&self, digest: &str, rests: u32, withheld: Option<&Withheld>) -> Gate {
        let quarantined = withheld.filter(|w| w.hold == Hold::Quarantined).map(|w| w.reason.clone());
        Gate::new(self.clock.clone(), self.protection, rests, quarantined, self.keeper.tell(digest))
    }

    fn cache(&self, digest: &str, code: &MachineCode) {
        if let Some(Err(error)) = self.cache.as_ref().map(|cache| cache.keep(digest, code)) {
            tracing::warn!("machine code cannot be kept, and is made anew at the next start: {error}");
        }
    }

    /// Whoever loaded the same rules first has the ones that count.
    fn take(&self, rules: Rules) -> Arc<Rules> {
        self.loaded().entry(rules.digest().to_owned()).or_insert_with(|| Arc::new(rules)).clone()
    }

    fn loaded(&self) -> MutexGuard<'_, HashMap<String, Arc<Rules>>> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The version that a name without one stands for, of those that may be used: the highest release, else the highest. Where an
/// operator has begun a generation of any version of the name (`used`, by digest), only such versions count, so that what an author
/// pushes is never put in force by its name alone; where none was ever used, every draft does.
pub fn highest<'a>(rows: &'a [ComponentRow], used: &BTreeSet<String>) -> Option<&'a ComponentRow> {
    let usable = candidates(rows, used).filter(|row| row.withheld.is_none() && row.error.is_none());
    let parsed = usable.filter_map(|row| Some((Version::parse(&row.version).ok()?, row)));
    parsed.max_by(|(a, _), (b, _)| (a.pre.is_empty(), a).cmp(&(b.pre.is_empty(), b))).map(|(_, row)| row)
}

/// The versions that a name alone may stand for, sound or not.
fn candidates<'a>(rows: &'a [ComponentRow], used: &BTreeSet<String>) -> impl Iterator<Item = &'a ComponentRow> {
    let any_used = rows.iter().any(|row| used.contains(&row.digest));
    rows.iter().filter(move |row| !any_used || used.contains(&row.digest))
}

fn encode(rules: &Rules) -> Result<Vec<u8>, StoreError> {
    postcard::to_stdvec(rules.manifest().as_ref()).map_err(|e| StoreError::Driver(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(version: &str) -> ComponentRow {
        let (text, pushed_by) = (str::to_owned, String::new());
        let (digest, name, version) = (text(version), text("rules"), text(version));
        ComponentRow { digest, name, version, size: 1, pushed_by, pushed_at: 0, withheld: None, error: None, rests: 0 }
    }

    #[test]
    fn a_name_alone_is_its_highest_sound_release() {
        let mut rows: Vec<_> = ["1.9.0", "1.10.0", "2.0.0-rc.1", "1.10.1"].map(row).into();
        let name = |rows: &[ComponentRow]| highest(rows, &BTreeSet::new()).map(|row| row.version.clone());
        assert_eq!(name(&rows).as_deref(), Some("1.10.1"));
        rows[3].error = Some("E_COMPILE".into());
        assert_eq!(name(&rows).as_deref(), Some("1.10.0"));
        for old in &mut rows[..2] {
            old.withheld = Some(Withheld { hold: Hold::Retired, reason: "old".into(), by: "somebody".into(), at: 0 });
        }
        assert_eq!(name(&rows).as_deref(), Some("2.0.0-rc.1"));
        assert_eq!(highest(&[], &BTreeSet::new()), None);
    }

    #[test]
    fn a_draft_is_passed_over_where_an_operator_has_used_another() {
        let mut rows: Vec<_> = ["1.0.0", "1.1.0", "9.0.0"].map(row).into();
        let name = |rows: &[ComponentRow], used: &[&str]| {
            let used = used.iter().map(|digest| (*digest).to_owned()).collect();
            highest(rows, &used).map(|row| row.version.clone())
        };
        assert_eq!(name(&rows, &["another name's"]).as_deref(), Some("9.0.0"));
        assert_eq!(name(&rows, &["1.0.0"]).as_deref(), Some("1.0.0"));
        assert_eq!(name(&rows, &["1.0.0", "1.1.0"]).as_deref(), Some("1.1.0"));
        rows[1].error = Some("E_COMPILE".into());
        assert_eq!(name(&rows, &["1.0.0", "1.1.0"]).as_deref(), Some("1.0.0"));
        // Rather nothing than what nobody has looked at.
        assert_eq!(name(&rows, &["1.1.0"]), None);
    }
}
