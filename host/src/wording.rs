//! The host's own words for people, in the languages that every plugin's wording is complete in: English and Simplified Chinese.

use andon_domain::verdict::Action;

/// An amount in its currency's own units, without the currency: 1999 cents are `19.99`.
pub fn decimal(minor: i64, currency: &str) -> String {
    let (sign, minor, places) = (if minor < 0 { "-" } else { "" }, minor.unsigned_abs(), places(currency));
    let unit = 10u64.pow(places as u32);
    let rest = if places == 0 { String::new() } else { format!(".{:0places$}", minor % unit) };
    format!("{sign}{}{rest}", minor / unit)
}

/// Decimal places of a currency's minor units, as ISO 4217 has them.
fn places(currency: &str) -> usize {
    match currency {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VND" | "VUV" | "XAF" | "XOF"
        | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}

/// What an action does to whoever it is taken against; English where `locale` is another language.
pub fn action(locale: &str, action: Action) -> &'static str {
    let (english, chinese) = match action {
        Action::Notice => ("Notice", "通知"),
        Action::Warning => ("Warning", "警告"),
        Action::PullListing(_) => ("Take the listing off sale", "下架商品"),
        Action::RestoreListing(_) => ("Put the listing back on sale", "恢复商品销售"),
        Action::CapOrders(_) => ("Limit orders a day", "限制每日订单数"),
        Action::HoldPayouts => ("Hold payouts", "暂停付款"),
        Action::Suspend => ("Suspend the account", "暂停账户"),
        Action::Terminate => ("Close the account", "终止账户"),
        Action::Reinstate => ("Reinstate the account", "恢复账户"),
        Action::AwardBadge(_) => ("Award the badge", "授予标志"),
        Action::RevokeBadge(_) => ("Take back the badge", "收回标志"),
        Action::AskPlanOfAction => ("Ask for a plan of action", "要求提交整改计划"),
        Action::Restrict => ("Take what the merchant ships off sale", "下架卖家自配送商品"),
    };
    if locale.starts_with("zh") { chinese } else { english }
}
