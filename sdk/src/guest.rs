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
    let mut declaration = Declaration::worded();
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
pub fn classify<R: Rules>(
    configured: Option<&Configured<R>>,
    now: Instant,
    subjects: &[Subject],
) -> Result<Vec<Classified>, Fault> {
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
                    CONFIGURED
                        .with(|cell| cell.set(configured).map_err(|_| Fault::Facts("these rules are configured already".into())))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{About, Cadence, Level, Merchant, Setting, Standing, words};

    struct Plain {
        good: Standing,
        hours: i64,
    }

    impl Rules for Plain {
        type Codes = (Standing, Setting<i64>);
        const ABOUT: About = About { marketplace: "plain", name: "plain", version: "0.1.0", cadence: Cadence::Continuous };

        fn declare(d: &mut Declaration) -> Self::Codes {
            let good = d.standing("good", Level::Good, words("Good", "良好"));
            d.badge("good", words("Good", "良好"));
            (good, d.integer("hours", 24, 1..=48, words("Hours", "小时")))
        }

        fn configure((good, hours): Self::Codes, given: &Given) -> Result<Self, SettingError> {
            let given = given.get(hours);
            if given == 13 { Err(hours.refuse("is unlucky")) } else { Ok(Self { good, hours: given }) }
        }

        fn classify(&self, now: Instant, _: &Subject) -> Result<Classified, Unreadable> {
            let mut answer = Classified::with_room(0);
            answer.revisit(now + self.hours);
            answer.revisit(now + 2 * self.hours);
            answer.revisit(Instant::MAX);
            Ok(answer)
        }

        fn evaluate(&self, _: &Snapshot) -> Result<Verdict, Unreadable> {
            Ok(Verdict::new(self.good, 1000))
        }
    }

    fn set(value: &str) -> Result<Configured<Plain>, Fault> {
        configure(&[("hours".to_owned(), value.to_owned())])
    }

    fn refused(value: &str) -> String {
        match set(value) {
            Err(Fault::Setting((key, why))) => format!("{key} {why}"),
            other => format!("{:?}", other.map(|c| c.rules.hours)),
        }
    }

    #[test]
    fn settings_are_checked_by_kind_range_and_rules() {
        assert_eq!(configure::<Plain>(&[]).map(|c| c.rules.hours), Ok(24));
        assert_eq!(set("48").map(|c| c.rules.hours), Ok(48));
        assert_eq!(refused("49"), "hours must be a whole number from 1 to 48, not \"49\"");
        assert_eq!(refused(""), "hours must be a whole number from 1 to 48, not \"\"");
        assert_eq!(refused("13"), "hours is unlucky");
    }

    #[test]
    fn nothing_is_answered_before_configuration_or_to_incomplete_snapshots() {
        assert!(matches!(classify::<Plain>(None, 0, &[]), Err(Fault::Facts(_))));
        let merchant = Merchant { joined: 0, standing: None, standing_since: 0, badges: Vec::new(), reinstated: None };
        let snapshot = Snapshot { now: 0, merchant, readings: Vec::new(), listings: Vec::new() };
        let configured = set("24").ok();
        assert_eq!(evaluate(configured.as_ref(), &[snapshot.clone(), snapshot.clone()]).map(|v| v.len()), Ok(2));
        let more_metrics = configured.map(|c| Configured { metrics: 1, ..c });
        assert!(matches!(evaluate(more_metrics.as_ref(), &[snapshot]), Err(Fault::Facts(_))));
    }

    #[test]
    fn the_first_of_several_revisits_holds() {
        let configured = set("24").ok();
        let contact = crate::facts::Contact {
            id: 1,
            opened: 0,
            channel: crate::facts::Channel::App,
            reason: None,
            answer_owed: true,
            first_answer: None,
            resolved: None,
            reopened: 0,
            satisfaction: None,
        };
        let answers = classify(configured.as_ref(), 100, &[Subject::Contact(contact)]);
        assert_eq!(answers.map(|a| a.iter().map(|c| c.revisit).collect::<Vec<_>>()), Ok(vec![Some(124)]));
    }

    #[test]
    fn a_code_in_two_lists_is_worded_once_in_each_language() {
        let wording = describe::<Plain>().wording;
        assert_eq!(wording.iter().filter(|(_, code, _)| code == "good").count(), 2);
        assert_eq!(wording.len(), 4);
    }
}
