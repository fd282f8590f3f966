//! What Amazon's format wants to be there although the rules do not measure it: no counts, and the status that says that nothing is known.

use serde_json::{Value, json};

use super::amazon::ReportingDateRange;

/// Rates, the target that Amazon publishes for each, how it is held against that, and what the format has of counts.
const RATES: [(&str, f64, &str, &[&str]); 6] = [
    ("lateShipmentRate", 0.04, "LESS_THAN", &["orderCount", "lateShipmentCount"]),
    ("onTimeDeliveryRate", 0.97, "GREATER_THAN", &["shipmentCountWithValidTracking", "onTimeDeliveryCount"]),
    ("unitOnTimeDeliveryRate", 0.9, "GREATER_THAN", &["totalUnitCount", "unitOnTimeDeliveryCount"]),
    ("validTrackingRate", 0.95, "GREATER_THAN", &["shipmentCount", "validTrackingCount"]),
    ("preFulfillmentCancellationRate", 0.025, "LESS_THAN", &["orderCount", "cancellationCount"]),
    ("invoiceDefectRate", 0.05, "LESS_THAN", &["orderCount"]),
];

/// Counts of violations, of which there should be none.
const COUNTS: [&str; 10] = [
    "listingPolicyViolations",
    "productAuthenticityCustomerComplaints",
    "productConditionCustomerComplaints",
    "productSafetyCustomerComplaints",
    "receivedIntellectualPropertyComplaints",
    "restrictedProductPolicyViolations",
    "suspectedIntellectualPropertyViolations",
    "foodAndProductSafetyIssues",
    "otherPolicyViolations",
    "documentRequests",
];

/// Every member of the format that may be missing, as one of which nothing is known on the day of the report.
pub(super) fn unmeasured(day: &ReportingDateRange) -> Vec<(&'static str, Value)> {
    let none = || json!({ "count": 0, "status": "NONE" });
    let judged = |target: f64, condition: &str| json!({ "reportingDateRange": day, "status": "NONE", "targetValue": target, "targetCondition": condition });
    let rate = |(name, target, condition, counts): &(&'static str, f64, &str, &[&str])| {
        let mut member = judged(*target, condition);
        member["rate"] = json!(0.0);
        for count in *counts {
            member[*count] = json!(0);
        }
        if *name == "invoiceDefectRate" {
            for part in ["invoiceDefect", "missingInvoice", "lateInvoice"] {
                member[part] = none();
            }
        }
        (*name, member)
    };
    let count = |name: &'static str| {
        let mut member = judged(0.0, "EQUALS");
        member["defectsCount"] = json!(0);
        (name, member)
    };
    let side = |kind: &str| {
        let mut member = judged(0.01, "LESS_THAN");
        (member["orderCount"], member["rate"], member["fulfillmentType"]) = (json!(0), json!(0.0), json!(kind));
        for part in ["orderWithDefects", "claims", "chargebacks", "negativeFeedback"] {
            member[part] = none();
        }
        member
    };
    let rest = [
        ("orderDefectRate", json!({ "mfn": side("mfn"), "afn": side("afn") })),
        ("accountHealthRating", json!({ "ahrStatus": "NONE", "reportingDateRange": day })),
        ("warningStates", json!([])),
    ];
    RATES.iter().map(rate).chain(COUNTS.map(count)).chain(rest).collect()
}
