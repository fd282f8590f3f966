//! Names and where they lead: looked up once for a connection, every address looked at, and what was allowed once not trusted
//! later.

use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use andon::options::Options;
use andon::outbound::{Outward, Reach, Resolver};
use andon::setup::RulesSetup;
use andon_tests::receiver::{Manner, Receiver};
use andon_tests::{Backend, Door, MARKET, TestApp, options};
use futures::future::BoxFuture;
use serde_json::{Value, json};

use super::{SECRET, WEBHOOKS, message};

/// Answers with whatever addresses it holds, and counts.
#[derive(Debug, Default)]
struct Names {
    addresses: Mutex<Vec<IpAddr>>,
    asked: AtomicUsize,
}

impl Names {
    fn lead_to(&self, addresses: &[&str]) {
        *self.addresses.lock().unwrap() = addresses.iter().map(|text| text.parse().unwrap()).collect();
    }
}

impl Resolver for Names {
    fn resolve(&self, host: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let addresses = self.addresses.lock().unwrap().clone();
        let found = if host == "hooks.test" { Ok(addresses) } else { Err(io::Error::other("no such name")) };
        Box::pin(async move { found })
    }
}

async fn host(reach: Reach) -> (TestApp, Arc<Names>) {
    let names = Arc::new(Names::default());
    let outward = Outward { reach, resolver: names.clone(), ..Outward::default() };
    let test = TestApp::with(Backend::Sqlite, Options { outward, ..options() }).await;
    test.create_market(MARKET, RulesSetup::default()).await;
    (test, names)
}

async fn sent(test: &TestApp, endpoint: &str) -> Value {
    test.app.put_messages(&test.market(), vec![message("a.b", "s")]).await.unwrap();
    assert_eq!(test.app.deliverer().unwrap().due().await.unwrap(), 1);
    Door::new(test).operator().get(&format!("{endpoint}/deliveries")).await.ok()["items"][0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_leads_inside_is_no_endpoint() {
    let (test, names) = host(Reach::Public).await;
    let operator = Door::new(&test).operator();
    for addresses in [
        &["127.0.0.1"][..],
        &["169.254.169.254"],
        &["::1"],
        &["::ffff:10.0.0.1"],
        &["64:ff9b::a00:1"],
        &["93.184.216.34", "10.0.0.1"],
        &["2606:4700::1111", "fd00::1"],
        &[],
    ] {
        names.lead_to(addresses);
        let made = operator.post(WEBHOOKS, &json!({"url": "https://hooks.test/"})).await;
        assert_eq!(made.short(), "422 invalid url", "{addresses:?}");
    }
    assert_eq!(operator.post(WEBHOOKS, &json!({"url": "https://metadata.google.internal/"})).await.short(), "422 invalid url");
    names.lead_to(&["93.184.216.34", "2606:4700::1111"]);
    assert_eq!(operator.post(WEBHOOKS, &json!({"url": "https://hooks.test/"})).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_led_outside_once_is_looked_up_anew_and_nothing_is_sent_inside() {
    let (test, names) = host(Reach::Public).await;
    let receiver = Receiver::start(Manner::Status(200)).await;
    names.lead_to(&["93.184.216.34"]);
    let operator = Door::new(&test).operator();
    let made = operator.post(WEBHOOKS, &json!({"url": "https://hooks.test:8443/", "secret": SECRET})).await;
    let endpoint = made.header("location").to_owned();
    names.lead_to(&["127.0.0.1"]);
    let asked = names.asked.load(Ordering::SeqCst);
    let delivery = sent(&test, &endpoint).await;
    assert_eq!(delivery["error"], "its name leads to an address that is not the internet's");
    assert_eq!((names.asked.load(Ordering::SeqCst) - asked, receiver.received().len()), (1, 0));
    names.lead_to(&[]);
    test.clock.advance(7_000);
    assert_eq!(test.app.deliverer().unwrap().due().await.unwrap(), 1);
    let log = operator.get(&format!("{endpoint}/deliveries")).await.ok();
    assert_eq!(log["items"][0]["error"], "its name cannot be looked up");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_connection_goes_to_the_address_that_was_looked_at_and_bears_the_name() {
    let (test, names) = host(Reach::Private).await;
    let receiver = Receiver::start(Manner::Status(200)).await;
    names.lead_to(&["127.0.0.1"]);
    let operator = Door::new(&test).operator();
    let url = receiver.url("hooks.test");
    let made = operator.post(WEBHOOKS, &json!({"url": url, "secret": SECRET})).await;
    let delivery = sent(&test, made.header("location")).await;
    assert_eq!((&delivery["state"], names.asked.load(Ordering::SeqCst)), (&json!("delivered"), 2));
    let host = receiver.received()[0].headers["host"].to_str().unwrap().to_owned();
    assert!(url.contains(&host) && host.starts_with("hooks.test:"), "{host}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_set_up_for_a_trial_is_not_sent_to_once_the_trial_is_over() {
    let (test, names) = host(Reach::Private).await;
    let receiver = Receiver::start(Manner::Status(200)).await;
    names.lead_to(&["127.0.0.1"]);
    let made = Door::new(&test).operator().post(WEBHOOKS, &json!({"url": receiver.url("127.0.0.1"), "secret": SECRET})).await;
    let endpoint = made.header("location").to_owned();
    let mut aside = test.set_aside().await;
    aside.options.outward.reach = Reach::Public;
    let test = aside.taken_up().await;
    assert_eq!(sent(&test, &endpoint).await["error"], "its URL is not allowed");
    assert!(receiver.received().is_empty());
}
