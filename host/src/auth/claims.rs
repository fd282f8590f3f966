//! What a token says, read strictly, and the permissions that follow from it.

use std::collections::BTreeSet;

use andon_domain::ids::{Instant, check_code, check_reference};
use serde::{Deserialize, Serialize};

macro_rules! scopes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $word:literal,)+) => {
        /// A permission that a token may bear. [`Scope::Admin`] holds all others.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Scope { $($(#[doc = $doc])+ $variant,)+ }

        impl Scope {
            /// Every scope with its word in a token.
            pub const ALL: &'static [(Self, &'static str)] = &[$((Self::$variant, $word),)+];

            /// Its word in a token.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }
    };
}

scopes! {
    /// Run the marketplaces: everything.
    Admin = "admin",
    /// Send events, orders and feedback.
    EventsWrite = "events:write",
    /// See merchants, orders, health and verdicts.
    HealthRead = "health:read",
    /// Register and rename merchants.
    MerchantsWrite = "merchants:write",
    /// Push rules and follow what becomes of them.
    PluginsWrite = "plugins:write",
    /// Review enforcements, feedback and appeals.
    EnforcementsReview = "enforcements:review",
    /// Appeal against enforcements, and attach files.
    AppealsWrite = "appeals:write",
    /// Pull a listing's cord.
    CordPull = "cord:pull",
    /// Release a listing's cord.
    CordRelease = "cord:release",
}

impl Scope {
    /// The scope a word names.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, w)| *w == word).map(|(scope, _)| *scope)
    }
}

/// The one merchant that a token is bound to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MerchantClaim {
    /// The marketplace's code.
    pub marketplace: String,
    /// The merchant's reference there.
    #[serde(rename = "ref")]
    pub reference: String,
}

/// Which marketplaces a token reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Reach {
    All,
    Some(BTreeSet<String>),
}

/// Whoever sent a valid token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The token's subject.
    pub subject: String,
    scopes: BTreeSet<Scope>,
    reach: Reach,
    merchant: Option<MerchantClaim>,
}

impl Caller {
    /// Whoever these claims make.
    #[cfg(test)]
    pub(crate) fn of_claims(json: &str) -> Option<Self> {
        serde_json::from_str::<Claims>(json).ok()?.caller()
    }

    /// Whether the token bears `scope`, or `admin`.
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope) || self.scopes.contains(&Scope::Admin)
    }

    /// Whether the token reaches the marketplace at all. If not, the marketplace must look as if it did not exist.
    pub fn reaches(&self, marketplace: &str) -> bool {
        let reached = match &self.reach {
            Reach::All => true,
            Reach::Some(codes) => codes.contains(marketplace),
        };
        reached && self.merchant.as_ref().is_none_or(|m| m.marketplace == marketplace)
    }

    /// Whether the token reaches this merchant. If not, the merchant must look as if it did not exist.
    pub fn reaches_merchant(&self, marketplace: &str, reference: &str) -> bool {
        self.reaches(marketplace) && self.merchant.as_ref().is_none_or(|m| m.reference == reference)
    }

    /// The merchant the token is bound to; `None` for operators and services.
    pub fn merchant(&self) -> Option<&MerchantClaim> {
        self.merchant.as_ref()
    }

    /// Whether the token reaches every marketplace, those not yet created included.
    pub fn reaches_all(&self) -> bool {
        self.reach == Reach::All && self.merchant.is_none()
    }
}

/// `aud` as RFC 7519 allows it.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    pub(super) fn contains(&self, wanted: &str) -> bool {
        match self {
            Self::One(one) => one == wanted,
            Self::Many(many) => many.iter().any(|one| one == wanted),
        }
    }

    fn into_set(self) -> BTreeSet<String> {
        match self {
            Self::One(one) => BTreeSet::from([one]),
            Self::Many(many) => many.into_iter().collect(),
        }
    }
}

/// The claims as they stand in a token. A claim given twice, or of another type, does not parse.
#[derive(Debug, Deserialize)]
pub(super) struct Claims {
    pub(super) iss: String,
    pub(super) aud: OneOrMany,
    pub(super) sub: String,
    pub(super) exp: i64,
    pub(super) nbf: Option<i64>,
    pub(super) iat: Option<i64>,
    #[serde(default)]
    scope: String,
    marketplaces: Option<OneOrMany>,
    merchant: Option<MerchantClaim>,
}

/// Seconds after which no token may expire, whatever it claims: 2100-01-01.
pub(super) const LAST_SECOND: Instant = 4_102_444_800;
const MAX_SUBJECT: usize = 200;

impl Claims {
    /// Who the claims make the caller; `None` where a name in them cannot be one. Words that are no scope of ours are passed over.
    pub(super) fn caller(self) -> Option<Caller> {
        if self.sub.is_empty() || self.sub.len() > MAX_SUBJECT || self.sub.chars().any(char::is_control) {
            return None;
        }
        let reach = match self.marketplaces.map(OneOrMany::into_set) {
            Some(codes) if codes.contains("*") => Reach::All,
            Some(codes) => Reach::Some(codes),
            None => Reach::Some(self.merchant.iter().map(|m| m.marketplace.clone()).collect()),
        };
        if self.merchant.as_ref().is_some_and(|m| check_code(&m.marketplace).is_err() || check_reference(&m.reference).is_err()) {
            return None;
        }
        let scopes = self.scope.split(' ').filter_map(Scope::of_word).collect();
        Some(Caller { subject: self.sub, scopes, reach, merchant: self.merchant })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(claims: &str) -> Option<Caller> {
        let text = format!(r#"{{"iss":"i","aud":"a","sub":"s","exp":1,{claims}}}"#);
        serde_json::from_str::<Claims>(&text).ok()?.caller()
    }

    #[test]
    fn scopes_are_exact_words_and_admin_holds_all() {
        let c = caller(r#""scope":"health:read nonsense EVENTS:WRITE","marketplaces":["m"]"#).unwrap();
        assert!(c.may(Scope::HealthRead) && !c.may(Scope::EventsWrite) && !c.may(Scope::Admin));
        assert!(caller(r#""scope":"admin","marketplaces":"*""#).unwrap().may(Scope::CordRelease));
    }

    #[test]
    fn reach_is_what_is_named_and_no_more() {
        let some = caller(r#""marketplaces":["a","b"]"#).unwrap();
        assert!(some.reaches("a") && !some.reaches("c") && !some.reaches("A") && !some.reaches_all());
        let all = caller(r#""marketplaces":["*"]"#).unwrap();
        assert!(all.reaches("anything") && all.reaches_merchant("x", "y") && all.reaches_all());
        assert!(!caller(r#""scope":"admin""#).unwrap().reaches("a"));
    }

    #[test]
    fn a_merchants_token_reaches_that_merchant_only() {
        for claims in
            [r#""merchant":{"marketplace":"a","ref":"1"}"#, r#""merchant":{"marketplace":"a","ref":"1"},"marketplaces":"*""#]
        {
            let own = caller(claims).unwrap();
            assert!(own.reaches_merchant("a", "1") && !own.reaches_merchant("a", "2") && !own.reaches_merchant("b", "1"));
            assert!(!own.reaches_all());
        }
        assert!(!caller(r#""merchant":{"marketplace":"a","ref":"1"},"marketplaces":["b"]"#).unwrap().reaches_merchant("a", "1"));
    }

    #[test]
    fn claims_given_twice_or_of_another_type_do_not_parse() {
        for claims in [
            r#""sub":"t""#,
            r#""scope":"a","scope":"admin""#,
            r#""merchant":{"marketplace":"a","ref":"1"},"merchant":{"marketplace":"b","ref":"1"}"#,
            r#""merchant":{"marketplace":"a","ref":"1","ref":"2"}"#,
            r#""marketplaces":["a"],"marketplaces":["*"]"#,
            r#""merchant":"a/1""#,
            r#""scope":["admin"]"#,
        ] {
            assert_eq!(caller(claims), None, "{claims}");
        }
    }
}
