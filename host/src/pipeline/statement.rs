//! The statement of reasons: what a decision rests on, put down when it is made (Regulation (EU) 2022/2065, article 17, and (EU)
//! 2019/1150, article 4): facts, rule and version, metric with counts and window, orders, how it was found, how to contest it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use andon_domain::calendar::{date_of, rfc3339};
use andon_domain::enforce::policy::{DAY, Policy};
use andon_domain::fact::Fact;
use andon_domain::ids::{Instant, Named};
use andon_domain::manifest::{CounterKind, Manifest, Metric};
use andon_domain::reading::Reading;
use andon_domain::verdict::{Reason, Snapshot};
use serde_json::{Map, Value as Json, json};

use crate::markets::{Generation, Market};
use crate::store::enforcements::{Cited, Cord};
use crate::store::session::{EvidenceQuery, For, Result, Session, Subject};

/// Orders and other facts named in a statement; how many there are in all is always said, and all of them are in the evidence.
const NAMED: usize = 50;

/// The marks behind a merchant's readings, by metric and listing: several decisions may rest on the same.
pub(super) type Known = HashMap<(Option<u16>, Option<u64>), Vec<(Cited, Json)>>;

/// What a decision that rules propose rests on.
pub(super) struct Grounds<'a> {
    pub(super) market: &'a Market,
    pub(super) generation: &'a Generation,
    pub(super) merchant: i64,
    pub(super) snapshot: &'a Snapshot,
    pub(super) reasons: &'a [Reason],
}

impl Grounds<'_> {
    fn manifest(&self) -> &Manifest {
        self.generation.manifest()
    }

    fn code<'m>(&'m self, reason: &Reason) -> &'m str {
        self.manifest().reasons.get(usize::from(reason.code)).map_or("", String::as_str)
    }

    /// The readings a reason is about: the merchant's, or one listing's.
    fn reading(&self, reason: &Reason) -> Option<&Reading> {
        let readings = match reason.listing {
            Some(listing) => &self.snapshot.listings.iter().find(|l| l.listing == listing)?.readings,
            None => &self.snapshot.readings,
        };
        readings.get(usize::from(reason.metric?))
    }

    /// The statement, and the marks it cites. What `known` has of the merchant's marks need not be looked up.
    pub(super) fn state(&self, session: &mut dyn Session, known: &mut Known, now: Instant) -> Result<(Json, Vec<Cited>)> {
        let (mut cited, mut facts, mut reasons) = (Vec::new(), Vec::new(), Vec::new());
        for reason in self.reasons {
            reasons.push(self.reason(reason));
            let marks = match known.entry((reason.metric, reason.listing)) {
                Entry::Occupied(marks) => marks.into_mut(),
                Entry::Vacant(place) => place.insert(self.facts(session, reason)?),
            };
            for (cite, fact) in marks.iter().filter(|(cite, _)| !cited.contains(cite)).cloned().collect::<Vec<_>>() {
                cited.push(cite);
                facts.push(fact);
            }
        }
        facts.truncate(NAMED);
        let codes: Vec<&str> = self.reasons.iter().map(|reason| self.code(reason)).collect();
        let manifest = self.manifest();
        let statement = json!({
            "rules": { "name": manifest.name, "version": manifest.version, "digest": self.generation.judge.digest() },
            "found": "automatically",
            "reasons": reasons,
            "facts": facts,
            "ground": self.market.policy.ground(codes).map(andon_domain::enforce::policy::Ground::word),
            "contest": contest(&self.market.policy, now),
        });
        Ok((statement, cited))
    }

    fn reason(&self, reason: &Reason) -> Json {
        let code = self.code(reason);
        let mut stated = json!({ "code": code, "text": worded(self.manifest(), code) });
        let metric = reason.metric.and_then(|m| self.generation.metrics.get(usize::from(m)));
        if let (Some(metric), Some(reading)) = (metric, self.reading(reason)) {
            stated["metric"] = json!({
                "code": metric.code,
                "title": worded(self.manifest(), &metric.code),
                "value": reading.value,
                "numerator": reading.numerator,
                "denominator": reading.denominator,
                "buyers": reading.buyers,
                "compare": metric.limit.map(|l| l.compare.word()),
                "target": metric.limit.map(|l| l.target),
                "status": reading.status.word(),
                "window": { "from": date_of(reading.from).to_string(), "to": date_of(reading.to).to_string() },
            });
        }
        stated
    }

    /// Marks behind a reason's metric, newest first, each with what is said of it.
    fn facts(&self, session: &mut dyn Session, reason: &Reason) -> Result<Vec<(Cited, Json)>> {
        let manifest = self.manifest();
        let metric = reason.metric.and_then(|m| self.generation.metrics.get(usize::from(m)));
        let kept = |c: &u16| manifest.counters.get(usize::from(*c)).is_some_and(|c| c.kind == CounterKind::Defect);
        let counter = metric.and_then(Metric::evidence_counter).filter(kept);
        let (Some(counter), Some(reading)) = (counter, self.reading(reason)) else { return Ok(Vec::new()) };
        let calendar = self.market.calendar;
        let rows = session.evidence_page(&EvidenceQuery {
            generation: self.generation.id,
            merchant: self.merchant,
            counter,
            from: calendar.start_of(reading.from),
            until: calendar.start_of(reading.to + 1),
            before: None,
            limit: NAMED,
        })?;
        let mut ids: Vec<i64> = rows.iter().map(|row| row.subject).collect();
        ids.sort_unstable();
        ids.dedup();
        let subjects = session.subjects_by_id(&ids, For::Reading)?;
        let mut facts = Vec::new();
        let whose = |listing: u64| reason.listing.is_none_or(|of| of == listing);
        for row in rows.iter().filter(|row| row.mark.excluded.is_none() && whose(row.listing)) {
            let Some(subject) = subjects.iter().find(|s| s.id == row.subject) else { continue };
            let cause = row.mark.cause.and_then(|i| manifest.causes.get(usize::from(i)));
            let mut fact = about(subject);
            fact.insert("at".into(), json!(rfc3339(row.mark.at)));
            fact.insert("counter".into(), json!(manifest.counters.get(usize::from(counter)).map(|c| &c.code)));
            fact.insert("cause".into(), cause.map_or(Json::Null, |code| json!({ "code": code, "text": worded(manifest, code) })));
            let cite = Cited { subject: row.subject, counter, ordinal: row.ordinal, at: row.mark.at };
            facts.push((cite, Json::Object(fact)));
        }
        Ok(facts)
    }
}

/// What complaints or an agent pulled a cord for, said in English and in Chinese; an agent says it in their own words.
pub(crate) fn of_a_cord(policy: &Policy, cord: &Cord, (automatically, said): (bool, [&str; 2]), now: Instant) -> Json {
    let order = |reference: &String| json!({ "order": reference });
    let contact = |reference: &String| json!({ "contact": reference });
    let facts: Vec<Json> = cord.orders.iter().map(order).chain(cord.contacts.iter().map(contact)).take(NAMED).collect();
    json!({
        "rules": null,
        "found": if automatically { "automatically" } else { "by a person" },
        "reasons": [{ "code": cord.reason, "text": { "en": said[0], "zh-CN": said[1] } }],
        "facts": facts,
        "ground": policy.ground([cord.reason.as_str()]).map(andon_domain::enforce::policy::Ground::word),
        "contest": contest(policy, now),
    })
}

/// What a person decided without any rule.
pub(crate) fn by_a_person(policy: &Policy, reason: &str, note: &str, now: Instant) -> Json {
    json!({
        "rules": null,
        "found": "by a person",
        "reasons": [{ "code": reason, "text": { "en": note, "zh-CN": note } }],
        "facts": [],
        "ground": policy.ground([reason]).map(andon_domain::enforce::policy::Ground::word),
        "contest": contest(policy, now),
    })
}

/// Until when and how a decision can be appealed.
fn contest(policy: &Policy, now: Instant) -> Json {
    json!({ "until": rfc3339(now + Instant::from(policy.appeals.file_days) * DAY), "how": { "en": HOW[0], "zh-CN": HOW[1] } })
}

const HOW: [&str; 2] = [
    "You may appeal this decision free of charge until the date given. Somebody who took no part in it will answer. An appeal says what \
     caused it, what you have corrected, and how you prevent it from happening again, with documents where you have them.",
    "您可以在所示日期之前免费对本决定提出申诉。申诉将由未参与该决定的人员答复。申诉应说明问题的原因、您已采取的纠正措施以及今后如何预防，并可附上相关文件。",
];

fn worded(manifest: &Manifest, code: &str) -> Json {
    json!({ "en": manifest.text("en", code), "zh-CN": manifest.text("zh-CN", code) })
}

/// Which order, contact, violation or listing a subject is.
fn about(subject: &Subject) -> Map<String, Json> {
    let mut said = Map::new();
    let fact = subject.history.fact(&Named { key: subject.key, name: subject.reference.as_str().into() }, Instant::MAX);
    match fact {
        Some(Fact::Order(order)) => {
            said.insert("order".into(), json!(order.id.name));
            said.insert("listing".into(), json!(order.listing.name));
        }
        Some(Fact::Violation(violation)) => {
            said.insert("violation".into(), json!(subject.reference));
            said.insert("listing".into(), json!(violation.listing.map(|l| l.name)));
        }
        _ => {
            said.insert("contact".into(), json!(subject.reference));
            said.insert("order".into(), json!(subject.history.contact_opened().and_then(|o| o.order.clone())));
        }
    }
    said
}

/// A listing's reference by its key: looked up in a fact that counts against it.
pub(super) fn listing(session: &mut dyn Session, generation: i64, merchant: i64, key: u64) -> Result<Option<String>> {
    let sql = "select subject from evidence where generation = ?1 and merchant = ?2 and listing = ?3 limit 1";
    let found = session.ask(sql, &[generation.into(), merchant.into(), (key as i64).into()])?;
    let Some(subject) = found.first().and_then(|row| row.int(0)) else { return Ok(None) };
    let named = session.subjects_by_id(&[subject], For::Reading)?;
    Ok(named.first().and_then(|s| about(s).get("listing")?.as_str().map(str::to_owned)))
}
