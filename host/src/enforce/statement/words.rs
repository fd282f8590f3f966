//! What a statement of reasons is worded in: English and Simplified Chinese.

use andon_domain::enforce::measure::Kind;

/// The words of one language.
pub(super) struct Words {
    /// Its tag.
    pub(super) language: &'static str,
    pub(super) title: &'static str,
    pub(super) marketplace: &'static str,
    pub(super) merchant: &'static str,
    pub(super) number: &'static str,
    pub(super) decided_at: &'static str,
    pub(super) holds_from: &'static str,
    pub(super) holds_until: &'static str,
    pub(super) until_ended: &'static str,
    pub(super) ended_at: &'static str,
    pub(super) about: &'static str,
    pub(super) orders_a_day: &'static str,
    pub(super) ground: &'static str,
    pub(super) reasons: &'static str,
    pub(super) rules: &'static str,
    /// Heads of the table of metrics.
    pub(super) metrics: [&'static str; 6],
    pub(super) facts: &'static str,
    /// Heads of the table of facts.
    pub(super) fact: [&'static str; 4],
    pub(super) how_made: &'static str,
    pub(super) found: [&'static str; 2],
    pub(super) decided: [&'static str; 2],
    pub(super) contest: &'static str,
    pub(super) contest_until: &'static str,
    pub(super) contest_over: &'static str,
    decisions: [&'static str; 13],
    grounds: [(&'static str, &'static str); 2],
    compares: [(&'static str, &'static str); 4],
}

const ENGLISH: Words = Words {
    language: "en",
    title: "Statement of reasons",
    marketplace: "Marketplace",
    merchant: "Merchant",
    number: "Decision",
    decided_at: "Decided",
    holds_from: "Holds from",
    holds_until: "Holds until",
    until_ended: "it is ended",
    ended_at: "Ended",
    about: "About",
    orders_a_day: "Orders a day at most",
    ground: "Ground",
    reasons: "Reasons",
    rules: "Rules",
    metrics: ["Metric", "#Value", "#Counted", "#Of", "Required", "Days"],
    facts: "Facts relied on",
    fact: ["When", "What", "Listing", "Counts as"],
    how_made: "How it was decided",
    found: ["It was found automatically.", "It was found by a person."],
    decided: ["It was decided automatically, as the marketplace's policy allows.", "It was decided by a person."],
    contest: "How to contest it",
    contest_until: "Until",
    contest_over: "The time to appeal is over.",
    decisions: [
        "You are told about your account.",
        "Your account is warned.",
        "You are asked for a plan of action.",
        "Your account is restricted.",
        "Your account is suspended.",
        "Your account is terminated.",
        "Your orders are capped.",
        "Your payouts are held.",
        "A listing of yours is taken off sale.",
        "A listing of yours is put back on sale.",
        "Your account is reinstated.",
        "A badge is awarded to you.",
        "A badge is taken from you.",
    ],
    grounds: [("fraud", "Fraud"), ("law", "A duty under law")],
    compares: [("less", "less than"), ("at-most", "at most"), ("greater", "more than"), ("at-least", "at least")],
};

const CHINESE: Words = Words {
    language: "zh-CN",
    title: "决定理由说明",
    marketplace: "平台",
    merchant: "商家",
    number: "决定编号",
    decided_at: "决定时间",
    holds_from: "生效时间",
    holds_until: "有效期至",
    until_ended: "另行解除为止",
    ended_at: "终止时间",
    about: "涉及",
    orders_a_day: "每日订单上限",
    ground: "依据",
    reasons: "理由",
    rules: "规则",
    metrics: ["指标", "#数值", "#计入", "#总数", "要求", "统计日期"],
    facts: "所依据的事实",
    fact: ["时间", "对象", "商品", "计为"],
    how_made: "决定方式",
    found: ["问题由系统自动发现。", "问题由人员发现。"],
    decided: ["本决定依平台政策由系统自动作出。", "本决定由人员作出。"],
    contest: "如何申诉",
    contest_until: "截止时间",
    contest_over: "申诉期限已过。",
    decisions: [
        "向您发出账户通知。",
        "您的账户被警告。",
        "要求您提交整改计划。",
        "您的账户受到限制。",
        "您的账户被暂停。",
        "您的账户被终止。",
        "您的订单量受到限制。",
        "您的货款被暂缓支付。",
        "您的一件商品被下架。",
        "您的一件商品恢复销售。",
        "您的账户已恢复。",
        "授予您一枚徽章。",
        "您的一枚徽章被收回。",
    ],
    grounds: [("fraud", "欺诈"), ("law", "法律义务")],
    compares: [("less", "低于"), ("at-most", "不高于"), ("greater", "高于"), ("at-least", "不低于")],
};

impl Words {
    /// Those of a language tag; English where we have none.
    pub(super) fn of(language: &str) -> &'static Self {
        if language.to_ascii_lowercase().split('-').next() == Some("zh") { &CHINESE } else { &ENGLISH }
    }

    /// A decision in a sentence.
    pub(super) fn decision(&self, kind: Kind) -> &'static str {
        let place = Kind::ALL.iter().position(|(known, _)| *known == kind);
        place.and_then(|place| self.decisions.get(place)).copied().unwrap_or_default()
    }

    /// A ground in words.
    pub(super) fn ground(&self, word: &str) -> &'static str {
        worded(&self.grounds, word)
    }

    /// How a value must compare to its target, in words.
    pub(super) fn compare(&self, word: &str) -> &'static str {
        worded(&self.compares, word)
    }
}

fn worded(words: &[(&str, &'static str)], word: &str) -> &'static str {
    words.iter().find(|(known, _)| *known == word).map_or("", |(_, text)| text)
}
