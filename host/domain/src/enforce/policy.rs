//! How far an operator trusts the machine: the mode of each action, and the rules that hold whatever rules of a marketplace propose.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::alarm::Guard;
use super::measure::Kind;
use crate::fact::words;
use crate::ids::Instant;

words!(/** How far an action may go by itself, weakest first. */ Mode {
    Off = "off", Observe = "observe", Review = "review", Auto = "auto",
});

words!(/** Why a merchant may be terminated without notice (Regulation (EU) 2019/1150, article 4(4)). */ Ground { Fraud = "fraud", Law = "law" });

/// The mode of each action; what is not named is observed, and moves nothing.
pub type Modes = BTreeMap<Kind, Mode>;

/// Milliseconds in a day.
pub const DAY: Instant = 86_400_000;

/// Milliseconds in an hour.
pub const HOUR: Instant = 3_600_000;

/// What an operator sets for one marketplace. Days are 0 to 366 and counts at most a million.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Days between a warning (or else the announcement) and what weighs on the account.
    pub grace_days: u16,
    /// Days of notice before a termination: 30 at least by Regulation (EU) 2019/1150, article 4(2).
    pub termination_notice_days: u16,
    /// Codes of reasons that end an account without notice, each with its ground.
    pub without_notice: BTreeMap<String, GroundWord>,
    /// Days after a measure ended before the same may happen by itself again.
    pub cooldown_days: u16,
    /// Days after joining in which nothing that weighs happens by itself.
    pub new_merchant_days: u16,
    /// Days after a reinstatement in which nothing that weighs happens by itself.
    pub immunity_days: u16,
    /// Times a day that an action may happen by itself; [`Policy::daily_cap`] where it is not named.
    pub daily_caps: BTreeMap<KindWord, u32>,
    /// The same for all others.
    pub daily_cap: u32,
    /// When a flood of one action makes a person look at each.
    pub alarm: Guard,
    /// Actions that two people must agree on.
    pub two_people: BTreeSet<KindWord>,
    /// Hours in which a person should have decided.
    pub review_hours: u16,
    /// The cord.
    pub cord: Cord,
    /// Appeals.
    pub appeals: Appeals,
}

/// When a listing's cord is pulled, and for how long.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cord {
    /// Reasons for which a cord may be pulled: those that a seller controls.
    pub reasons: BTreeSet<String>,
    /// Distinct buyers with the same reason that pull it by themselves, 2 to 1000.
    pub buyers: u16,
    /// Days in which they must have said so, 1 to 366.
    pub days: u16,
    /// Hours after which a pull that nobody reviewed goes to whoever is responsible.
    pub escalate_hours: u16,
    /// Hours after which it ends by itself if still nobody did.
    pub expire_hours: u16,
    /// Pulls of one agent in a day above which a second person must agree.
    pub agent_daily: u16,
    /// Agents, by the subject of their tokens, who have something to win or lose here: a second person always agrees to their pulls.
    pub conflicted: BTreeSet<String>,
    /// Complaints this close together, in minutes, are taken for a burst, over which a second person must agree.
    pub burst_minutes: u16,
    /// Days without a single pull after which that is an alarm by itself.
    pub silent_days: u16,
}

/// By when appeals are filed and answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Appeals {
    /// Days after a decision in which it may be appealed: six months at least by Regulation (EU) 2022/2065, article 20(1).
    pub file_days: u16,
    /// Days in which the marketplace answers.
    pub answer_days: u16,
    /// Days in which the merchant says more where that is asked for.
    pub more_days: u16,
}

macro_rules! word {
    ($(#[$doc:meta])* $name:ident of $inner:ty) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "&'static str")]
        pub struct $name(pub $inner);
        impl TryFrom<String> for $name {
            type Error = String;
            fn try_from(word: String) -> Result<Self, String> {
                let all: Vec<_> = <$inner>::ALL.iter().map(|(_, w)| *w).collect();
                <$inner>::of_word(&word).map(Self).ok_or_else(|| format!("`{word}` is not one of {}", all.join(", ")))
            }
        }
        impl From<$name> for &'static str {
            fn from(word: $name) -> Self {
                word.0.word()
            }
        }
    };
}

word!(/** An action by its word. */ KindWord of Kind);
word!(/** A ground by its word. */ GroundWord of Ground);

impl Default for Policy {
    fn default() -> Self {
        Self {
            grace_days: 7,
            termination_notice_days: 30,
            without_notice: BTreeMap::new(),
            cooldown_days: 14,
            new_merchant_days: 30,
            immunity_days: 30,
            daily_caps: BTreeMap::new(),
            daily_cap: 100,
            alarm: Guard::default(),
            two_people: BTreeSet::from([KindWord(Kind::Terminate)]),
            review_hours: 72,
            cord: Cord::default(),
            appeals: Appeals::default(),
        }
    }
}

impl Default for Cord {
    fn default() -> Self {
        let reasons =
            ["damaged", "defective", "not-as-described", "wrong-item", "counterfeit", "unsafe", "missing-parts", "expired"];
        Self {
            reasons: reasons.map(str::to_owned).into(),
            buyers: 2,
            days: 30,
            escalate_hours: 24,
            expire_hours: 72,
            agent_daily: 10,
            conflicted: BTreeSet::new(),
            burst_minutes: 30,
            silent_days: 30,
        }
    }
}

impl Default for Appeals {
    fn default() -> Self {
        Self { file_days: 184, answer_days: 14, more_days: 14 }
    }
}

/// A setting that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} `{value}` {why}")]
pub struct Refused {
    /// Which, dotted.
    pub field: &'static str,
    /// What it was given as.
    pub value: String,
    /// What is wrong with it.
    pub why: &'static str,
}

impl Policy {
    /// How often an action may happen by itself in a day.
    pub fn cap(&self, kind: Kind) -> u32 {
        self.daily_caps.get(&KindWord(kind)).copied().unwrap_or(self.daily_cap)
    }

    /// Whether an action needs two people.
    pub fn needs_two(&self, kind: Kind) -> bool {
        self.two_people.contains(&KindWord(kind))
    }

    /// The ground on which one of these reasons ends an account without notice.
    pub fn ground<'a>(&self, reasons: impl IntoIterator<Item = &'a str>) -> Option<Ground> {
        reasons.into_iter().find_map(|code| self.without_notice.get(code)).map(|word| word.0)
    }

    /// Whether every value is one that can be meant.
    pub fn check(&self) -> Result<(), Refused> {
        let days = [
            ("grace_days", self.grace_days, 0),
            ("termination_notice_days", self.termination_notice_days, 30),
            ("cooldown_days", self.cooldown_days, 0),
            ("new_merchant_days", self.new_merchant_days, 0),
            ("immunity_days", self.immunity_days, 0),
            ("cord.days", self.cord.days, 1),
            ("cord.silent_days", self.cord.silent_days, 1),
            ("appeals.file_days", self.appeals.file_days, 181),
            ("appeals.answer_days", self.appeals.answer_days, 1),
            ("appeals.more_days", self.appeals.more_days, 1),
        ];
        for (field, value, least) in days {
            within(field, value.into(), i64::from(least), 366, "is not a number of days that may be set here")?;
        }
        let hours = [
            ("review_hours", self.review_hours),
            ("cord.escalate_hours", self.cord.escalate_hours),
            ("cord.expire_hours", self.cord.expire_hours),
        ];
        for (field, value) in hours {
            within(field, value.into(), 1, 24 * 366, "must be 1 hour to a year")?;
        }
        within(
            "cord.expire_hours",
            self.cord.expire_hours.into(),
            self.cord.escalate_hours.into(),
            i64::MAX,
            "must not be before escalate_hours",
        )?;
        within("cord.buyers", self.cord.buyers.into(), 2, 1_000, "must be 2 to 1000")?;
        within("cord.agent_daily", self.cord.agent_daily.into(), 1, 1_000, "must be 1 to 1000")?;
        within("cord.burst_minutes", self.cord.burst_minutes.into(), 0, 1_440, "must be 0 to 1440")?;
        within("cord.reasons", self.cord.reasons.len() as i64, 1, 100, "must be 1 to 100 reasons")?;
        within("cord.conflicted", self.cord.conflicted.len() as i64, 0, 1_000, "must be at most 1000 agents")?;
        within("without_notice", self.without_notice.len() as i64, 0, 100, "must be at most 100 reasons")?;
        for cap in self.daily_caps.values().chain([&self.daily_cap]) {
            within("daily_caps", (*cap).into(), 0, 1_000_000, "must be at most a million")?;
        }
        within("alarm.days", self.alarm.days.into(), 1, 366, "must be 1 to 366")?;
        if !(0.9..=0.999_999).contains(&self.alarm.confidence) {
            return Err(refused("alarm.confidence", self.alarm.confidence, "must be 0.9 to 0.999999"));
        }
        if !(0.0..=100.0).contains(&self.alarm.effect) {
            return Err(refused("alarm.effect", self.alarm.effect, "must be 0 to 100"));
        }
        Ok(())
    }
}

fn within(field: &'static str, value: i64, least: i64, most: i64, why: &'static str) -> Result<(), Refused> {
    if (least..=most).contains(&value) { Ok(()) } else { Err(refused(field, value, why)) }
}

fn refused(field: &'static str, value: impl ToString, why: &'static str) -> Refused {
    Refused { field, value: value.to_string(), why }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_set_is_as_the_law_has_it_and_passes() {
        let policy = Policy::default();
        assert_eq!(policy.check(), Ok(()));
        assert_eq!((policy.termination_notice_days, policy.appeals.file_days >= 181), (30, true));
    }

    #[test]
    fn less_than_the_law_asks_for_is_refused() {
        let short = Policy { termination_notice_days: 29, ..Policy::default() };
        assert_eq!(short.check().unwrap_err().field, "termination_notice_days");
        let appeals = Appeals { file_days: 90, ..Appeals::default() };
        assert_eq!(Policy { appeals, ..Policy::default() }.check().unwrap_err().field, "appeals.file_days");
    }

    #[test]
    fn a_cord_must_not_expire_before_anybody_was_told() {
        let cord = Cord { escalate_hours: 48, expire_hours: 24, ..Cord::default() };
        assert_eq!(Policy { cord, ..Policy::default() }.check().unwrap_err().field, "cord.expire_hours");
    }
}
