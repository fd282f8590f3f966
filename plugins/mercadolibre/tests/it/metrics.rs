//! Every published limit from both sides, from facts to status. Read on 2026-06-30.

use andon_mercadolibre::MercadoLibre;
use andon_sdk::facts::{Actor, CancelReason, ClaimKind, ClaimState};
use andon_sdk::testing::{OrderBuilder, Shop, order};

const TODAY: &str = "2026-06-30 12:00";

/// `bad` of `all` sales of a day made bad in some way.
fn shop(day: &'static str, all: u64, bad: u64, make: fn(OrderBuilder) -> OrderBuilder) -> Shop<MercadoLibre> {
    Shop::new().facts(all, move |i| {
        let sale = order().id(i).buyer(i).placed(day);
        if i < bad { make(sale) } else { sale }
    })
}

fn claim(sale: OrderBuilder) -> OrderBuilder {
    sale.claim("2026-06-10", ClaimKind::NotReceived, ClaimState::Granted)
}

fn delay(sale: OrderBuilder) -> OrderBuilder {
    sale.ship_by("2026-06-03").shipped("2026-06-04")
}

fn cancel(sale: OrderBuilder) -> OrderBuilder {
    sale.cancelled("2026-06-03", Actor::Merchant, CancelReason::OutOfStock)
}

fn limit(metric: &str, make: fn(OrderBuilder) -> OrderBuilder, leaders: u64, green: u64) {
    for (window, all) in [("60", 1000), ("365", 1000)] {
        let metric = format!("{metric}-{window}");
        let reading = |all, bad| shop("2026-06-01", all, bad, make).on(TODAY).metric(&metric);
        assert_eq!(reading(all, leaders - 1), format!("{}/{all} good", leaders - 1));
        assert_eq!(reading(all, leaders), format!("{leaders}/{all} at-risk"));
        assert_eq!(reading(all, green - 1), format!("{}/{all} at-risk", green - 1));
        assert_eq!(reading(all, green), format!("{green}/{all} breached"));
        assert_eq!(reading(all + 1, green), format!("{green}/{} at-risk", all + 1));
    }
}

#[test]
fn claims_are_less_than_1_5_percent_and_leaders_1() {
    limit("claims-rate", claim, 10, 15);
}

#[test]
fn late_dispatch_is_less_than_10_percent_and_leaders_8() {
    limit("late-dispatch-rate", delay, 80, 100);
}

#[test]
fn cancellations_are_less_than_1_percent_and_leaders_half_of_it() {
    limit("cancellation-rate", cancel, 5, 10);
}

#[test]
fn sixty_days_want_40_sales_and_a_year_wants_10() {
    let reading = |all, metric| shop("2026-06-01", all, all, claim).on(TODAY).metric(metric);
    assert_eq!(reading(40, "claims-rate-60"), "40/40 breached");
    assert_eq!(reading(39, "claims-rate-60"), "39/39 insufficient");
    assert_eq!(reading(10, "claims-rate-365"), "10/10 breached");
    assert_eq!(reading(9, "claims-rate-365"), "9/9 insufficient");
}

#[test]
fn windows_end_today_and_are_60_and_365_days_long() {
    for (window, first, before) in [("60", "2026-05-02", "2026-05-01 23:59"), ("365", "2025-07-01", "2025-06-30 23:59")] {
        for (metric, counted, not_counted) in [
            ("sales", "40 good", "0 good"),
            ("claims-rate", "0/40 good", "0 insufficient"),
            ("late-dispatch-rate", "0/40 good", "0 insufficient"),
            ("cancellation-rate", "0/40 good", "0 insufficient"),
        ] {
            let metric = format!("{metric}-{window}");
            let reading = |day| shop(day, 40, 0, claim).on(TODAY).metric(&metric);
            assert_eq!([first, "2026-06-30", before].map(reading), [counted, counted, not_counted], "{metric}");
        }
    }
}
