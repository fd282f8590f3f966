//! Between the generated exports and an author's [`Rules`]: batches become single answers, typed errors become faults.

use crate::bindings::andon::rules::declare::Manifest;
use crate::bindings::exports::andon::rules::judge::{Classified, Fault, Snapshot, Verdict};
use crate::declaration::Declaration;
use crate::facts::{Instant, Subject};
use crate::rules::{Rules, Unreadable};
use crate::settings::{Given, SettingError};

/// Rules that have been configured, as an instance keeps them.
#[derive(Debug)]
pub struct Configured<R> {
    rules: R,
    metrics: usize,
}

/// The manifest.
pub fn describe<R: Rules>() -> Manifest {
    let mut declaration = Declaration::default();
    R::declare(&mut declaration);
    declaration.manifest(R::ABOUT)
}

/// Rules with the settings given.
pub fn configure<R: Rules>(settings: &[(String, String)]) -> Result<Configured<R>, Fault> {
    let mut declaration = Declaration::default();
    let codes = R::declare(&mut declaration);
    let given = Given::new(&declaration.settings, settings.iter().map(|(key, text)| (key.as_str(), text.as_str())))?;
    Ok(Configured { rules: R::configure(codes, &given)?, metrics: declaration.metric_count() })
}

/// One answer for each subject.
pub fn classify<R: Rules>(configured: Option<&Configured<R>>, now: Instant, subjects: &[Subject]) -> Result<Vec<Classified>, Fault> {
    let rules = &configured.ok_or_else(unconfigured)?.rules;
    subjects.iter().map(|subject| rules.classify(now, subject).map_err(Fault::from)).collect()
}

/// One verdict for each snapshot.
pub fn evaluate<R: Rules>(configured: Option<&Configured<R>>, snapshots: &[Snapshot]) -> Result<Vec<Verdict>, Fault> {
    let Configured { rules, metrics } = configured.ok_or_else(unconfigured)?;
    let complete = |s: &Snapshot| s.readings.len() == *metrics && s.listings.iter().all(|l| l.readings.len() == *metrics);
    if !snapshots.iter().all(complete) {
        return Err(Fault::Facts(format!("every snapshot must have {metrics} readings, one for each metric")));
    }
    snapshots.iter().map(|snapshot| rules.evaluate(snapshot).map_err(Fault::from)).collect()
}

fn unconfigured() -> Fault {
    Fault::Facts("these rules were asked before they were configured".to_owned())
}

impl From<SettingError> for Fault {
    fn from(error: SettingError) -> Self {
        Self::Setting((error.key, error.why))
    }
}

impl From<Unreadable> for Fault {
    fn from(error: Unreadable) -> Self {
        Self::Facts(error.0)
    }
}

/// Exports rules as the component's `judge` interface. Nothing is exported from a native build, so that rules of several
/// marketplaces can be linked into one test.
#[macro_export]
macro_rules! export {
    ($rules:ty) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            use $crate::__export::{Classified, Configured, Fault, Manifest, Snapshot, Verdict};

            ::std::thread_local! {
                static CONFIGURED: ::std::cell::OnceCell<Configured<$rules>> = const { ::std::cell::OnceCell::new() };
            }

            struct Component;

            impl $crate::__export::Guest for Component {
                fn describe() -> Manifest {
                    $crate::__export::describe::<$rules>()
                }

                fn configure(settings: ::std::vec::Vec<(::std::string::String, ::std::string::String)>) -> Result<(), Fault> {
                    let configured = $crate::__export::configure::<$rules>(&settings)?;
                    CONFIGURED.with(|cell| {
                        cell.set(configured).map_err(|_| Fault::Facts("these rules are configured already".into()))
                    })
                }

                fn classify(
                    now: $crate::facts::Instant,
                    subjects: ::std::vec::Vec<$crate::facts::Subject>,
                ) -> Result<::std::vec::Vec<Classified>, Fault> {
                    CONFIGURED.with(|cell| $crate::__export::classify(cell.get(), now, &subjects))
                }

                fn evaluate(snapshots: ::std::vec::Vec<Snapshot>) -> Result<::std::vec::Vec<Verdict>, Fault> {
                    CONFIGURED.with(|cell| $crate::__export::evaluate(cell.get(), &snapshots))
                }
            }

            $crate::__export::export_bindings!(Component with_types_in $crate::bindings);
        };
    };
}
