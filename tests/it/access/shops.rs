//! Two marketplaces and three merchants whose every name, reference and amount can be told apart in an answer.

use andon::setup::RulesSetup;
use andon_tests::events::{DAY, NOW, event, rfc3339};
use andon_tests::{Backend, Door, MARKET, TestApp};
use axum::http::Method;
use serde_json::{Value, json};

use super::UNKNOWN_ID;

/// The other marketplace.
pub(super) const ELSEWHERE: &str = "quarzmarkt";

/// A merchant with everything that a path may name.
#[derive(Debug, Clone)]
pub(super) struct Shop {
    /// Code of its marketplace.
    pub(super) market: &'static str,
    /// Its reference, which is part of all other references too.
    pub(super) reference: &'static str,
    /// What each of its orders cost.
    pub(super) amount: i64,
    /// Its newest verdict.
    pub(super) verdict: String,
    /// The generation of rules that judges it.
    pub(super) generation: String,
    /// The newest entry of the ledger about it.
    pub(super) entry: String,
    /// An endpoint for messages of its marketplace.
    pub(super) webhook: String,
    /// A backtest in its marketplace.
    pub(super) backtest: String,
    /// A cap on orders that a person set.
    pub(super) enforcement: String,
    /// An appeal against it.
    pub(super) appeal: String,
    /// A file that the appeal names.
    pub(super) attachment: String,
}

/// The host with both marketplaces.
pub(super) struct Shops {
    /// The host.
    pub(super) test: TestApp,
    /// Its door.
    pub(super) door: Door,
    /// Whose token the merchant's tokens are.
    pub(super) own: Shop,
    /// Another of the same marketplace.
    pub(super) other: Shop,
    /// One of the other marketplace.
    pub(super) foreign: Shop,
}

impl Shop {
    /// The thing a parameter of a path names, such as `merchants/{ref}`, of this shop; `None` where it is nobody's.
    pub(super) fn thing(&self, parameter: &str) -> Option<String> {
        Some(match parameter {
            "marketplaces/{m}" => self.market.to_owned(),
            "merchants/{ref}" => self.reference.to_owned(),
            "orders/{ref}" => format!("order-{}", self.reference),
            "buyers/{ref}" => format!("buyer-{}", self.reference),
            "listings/{ref}" => format!("listing-{}", self.reference),
            "verdicts/{id}" => self.verdict.clone(),
            "generations/{id}" => self.generation.clone(),
            "backtests/{id}" => self.backtest.clone(),
            "ledger/{seq}" => self.entry.clone(),
            "webhooks/{id}" => self.webhook.clone(),
            "messages/{id}" | "deliveries/{message}" => UNKNOWN_ID.to_owned(),
            "enforcements/{id}" => self.enforcement.clone(),
            "appeals/{id}" => self.appeal.clone(),
            "attachments/{digest}" => self.attachment.clone(),
            _ => return None,
        })
    }

    /// What must never be shown to whoever may not know of this shop.
    pub(super) fn secrets(&self) -> [String; 3] {
        [self.reference.to_owned(), format!("Firma {}", self.reference), self.amount.to_string()]
    }
}

impl Shops {
    /// Opens them, judged.
    pub(super) async fn open(backend: Backend) -> Self {
        let test = TestApp::new(backend).await;
        test.create_market(ELSEWHERE, RulesSetup { rules: Some("amazon".into()), ..RulesSetup::default() }).await;
        let door = Door::new(&test);
        let shop = |market, reference, amount| Shop {
            market,
            reference,
            amount,
            verdict: String::new(),
            generation: String::new(),
            entry: String::new(),
            webhook: String::new(),
            backtest: String::new(),
            enforcement: String::new(),
            appeal: String::new(),
            attachment: String::new(),
        };
        let mut shops = [
            shop(MARKET, "zqx-own", 111_222_333_441),
            shop(MARKET, "zqx-other", 555_666_777_881),
            shop(ELSEWHERE, "zqx-foreign", 999_888_777_661),
        ];
        for shop in &shops {
            test.accept_in(shop.market, &life(shop)).await;
            test.app.drain(shop.market).await.unwrap();
        }
        let operator = door.operator();
        for shop in &mut shops {
            let at = format!("/v1/marketplaces/{}", shop.market);
            let health = operator.get(&format!("{at}/merchants/{}/health", shop.reference)).await.ok();
            shop.verdict = text(&health["verdict"]);
            let watched = json!({"marketplace": shop.market, "settings": {"preview-days": 1}});
            if shop.reference != "zqx-other" {
                operator.post("/v1/plugins/amazon/versions/0.1.0/shadow", &watched).await.ok();
            }
            shop.generation = operator.get(&format!("{at}/generations")).await.ok()["items"][0]["id"].to_string();
            let cap = json!({
                "merchant": shop.reference, "action": "cap-orders", "orders_a_day": 7, "reason": "complaints", "note": "Buyers complain.",
            });
            let taken = operator.post(&format!("{at}/enforcements"), &cap).await.ok();
            shop.enforcement = text(&taken["id"]);
            let (files, file) = (format!("{at}/merchants/{}/attachments", shop.reference), format!("file of {}", shop.reference));
            let sent = operator.send(Method::POST, &files, &[("content-type", "text/plain")], file.into_bytes()).await;
            shop.attachment = text(&sent.ok()["digest"]);
            let said = format!("said of {}", shop.reference);
            let appeal =
                json!({"plan": {"cause": said, "correction": said, "prevention": said}, "attachments": [shop.attachment]});
            let filed = operator.post(&format!("{at}/enforcements/{}/appeals", shop.enforcement), &appeal).await.ok();
            shop.appeal = text(&filed["id"]);
            operator.patch(&at, &json!({"action_modes": {"pull-listing": "auto"}})).await.ok();
            let pulled = json!({
                "reason": "defective", "orders": [format!("order-{}", shop.reference)], "note": format!("said of {}", shop.reference),
            });
            operator.post(&format!("{at}/listings/listing-{}/cord", shop.reference), &pulled).await.ok();
            let entries = operator.get(&format!("{at}/ledger?merchant={}", shop.reference)).await.ok();
            shop.entry = entries["items"][0]["seq"].to_string();
            let hook = json!({"url": "https://93.184.215.14/hook", "description": format!("hook of {}", shop.market)});
            shop.webhook = operator.post(&format!("{at}/webhooks"), &hook).await.ok()["id"].to_string();
            let span = json!({"marketplace": shop.market, "from": "2024-05-01", "to": "2024-05-02"});
            shop.backtest = operator.post("/v1/plugins/amazon/versions/0.1.0/backtests", &span).await.ok()["id"].to_string();
        }
        let [own, other, foreign] = shops;
        Self { test, door, own, other, foreign }
    }

    /// The three.
    pub(super) fn all(&self) -> [&Shop; 3] {
        [&self.own, &self.other, &self.foreign]
    }
}

/// Orders with all that may happen to one, and the merchant's own name.
fn life(shop: &Shop) -> Vec<Value> {
    let Shop { market, reference, amount, .. } = shop;
    let registered = json!({"merchant": reference, "name": format!("Firma {reference}"), "joined_at": rfc3339(NOW - 90 * DAY)});
    let mut events =
        vec![event(&format!("{reference}-registered"), "merchant.registered", reference, NOW - 90 * DAY, registered)];
    for i in 0..25 {
        let order = if i == 0 { format!("order-{reference}") } else { format!("order-{reference}-{i}") };
        let at = NOW - 20 * DAY - i64::from(i) * 3_600_000;
        let of = |kind: &str, after: i64, data: Value| event(&format!("{order}-{kind}"), kind, &order, at + after, data);
        let tracked = json!({"tracking": format!("track-{reference}"), "carrier": "correios"});
        events.extend([
            of(
                "order.placed",
                0,
                json!({
                    "merchant": reference, "buyer": format!("buyer-{reference}"), "listing": format!("listing-{reference}"),
                    "units": 1, "amount": {"minor": amount, "currency": "BRL"}, "fulfilment": "merchant", "service": "standard",
                    "ship_by": rfc3339(at + 2 * DAY), "deliver_by": rfc3339(at + 10 * DAY),
                }),
            ),
            of("order.shipped", DAY, tracked.clone()),
            of("order.delivered", 2 * DAY, tracked),
            of("feedback.left", 3 * DAY, json!({"rating": 1, "comment": format!("said of {reference}")})),
            of("claim.opened", 4 * DAY, json!({"claim": format!("claim-{reference}-{i}"), "kind": "not-as-described"})),
        ]);
    }
    let contact = json!({"order": format!("order-{reference}"), "channel": "platform-message", "reason": format!("about {reference}"), "answer_owed": true});
    events.push(event(&format!("{reference}-contact"), "contact.opened", &format!("contact-{reference}"), NOW - DAY, contact));
    for event in &mut events {
        event["marketplace"] = json!(market);
    }
    events
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
