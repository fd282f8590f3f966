// What the rules declare: counters of contacts, four shares read off them, and two standings, one of which asks for coaching.

import { atLeast, days, type Declaration, mean, ratio, words } from "@andon/rules";

import { declareSettings } from "./settings.ts";

export type Codes = ReturnType<typeof declare>;

/** The happiest a buyer can say they are. */
export const BEST = 100;

/** A share says something from this many contacts on, and misses its target by at least this many. */
const FLOORS = { minDenominator: 20, minNumerator: 2 };

export function declare(d: Declaration) {
  const counters = declareCounters(d);
  declareReasons(d);
  return {
    counters,
    metrics: declareMetrics(d, counters),
    causes: declareCauses(d),
    standings: {
      wow: d.standing("wow", words("Delivers WOW", "令人惊喜"), "excellent"),
      good: d.standing("good", words("Good", "良好"), "good"),
      coaching: d.standing("coaching", words("Coaching", "辅导中"), "at-risk"),
    },
    prize: {
      badge: d.badge("prize-wheel", words("A spin of the prize wheel", "幸运转盘")),
      earned: d.reason("all-kept", words("Every measure meets its target", "各项指标均达标")),
      lost: d.reason("not-all-kept", words("Not every measure meets its target", "并非各项指标均达标")),
    },
    settings: declareSettings(d),
  };
}

type Counters = ReturnType<typeof declareCounters>;

function declareCounters(d: Declaration) {
  return {
    settled: d.volume("contacts-settled", words("Contacts settled", "已处理的联系")),
    settledAtOnce: d.volume("contacts-settled-at-once", words("Contacts settled the first time", "首次即解决的联系")),
    cameBack: d.defect("contacts-came-back", words("Contacts that came back", "再次联系的问题")),
    rated: d.volume("contacts-rated", words("Contacts the buyer rated", "买家评价的联系")),
    happiness: d.volume("happiness-points", words("Points of happiness", "满意积分")),
    unhappy: d.defect("contacts-unhappy", words("Contacts rated low", "评价低的联系")),
    due: d.volume("follow-ups-due", words("Follow-ups due", "应跟进的联系")),
    followedUp: d.volume("follow-ups-made", words("Follow-ups made", "已跟进的联系")),
    forgotten: d.defect("follow-ups-missed", words("Follow-ups missed", "未跟进的联系")),
    owed: d.volume("answers-owed", words("Answers owed", "应回复的联系")),
    kept: d.volume("answers-kept", words("Answers given in time", "按时回复的联系")),
    broken: d.defect("answers-broken", words("Answers given late or not at all", "逾期或未回复的联系")),
  };
}

function declareMetrics(d: Declaration, c: Counters) {
  const window = days(30);
  return {
    resolution: d.judged("first-contact-resolution", words("First-contact resolution", "首次解决率"), {
      formula: ratio(c.settledAtOnce, c.settled),
      window,
      limit: atLeast(0.7, 0.75),
      evidence: c.cameBack,
      ...FLOORS,
    }),
    happiness: d.judged("happiness", words("Happiness of buyers", "买家满意度"), {
      formula: mean(c.happiness, c.rated, BEST),
      window,
      limit: atLeast(50, 60),
      evidence: c.unhappy,
      minDenominator: 10,
      minNumerator: 2,
    }),
    followUp: d.judged("follow-up-rate", words("Follow-up rate", "跟进率"), {
      formula: ratio(c.followedUp, c.due),
      window,
      limit: atLeast(0.9, 0.95),
      evidence: c.forgotten,
      ...FLOORS,
    }),
    answers: d.judged("answers-kept-rate", words("Owed answers kept", "按时回复率"), {
      formula: ratio(c.kept, c.owed),
      window,
      limit: atLeast(0.9, 0.95),
      evidence: c.broken,
      ...FLOORS,
    }),
  };
}

function declareCauses(d: Declaration) {
  return {
    reopened: d.cause("reopened", words("Opened again", "被重新打开")),
    sameMatter: d.cause("same-matter", words("The buyer wrote again about the same", "买家就同一问题再次联系")),
    ratedLow: d.cause("rated-low", words("Rated 3 or less of 5", "评分为 3 或更低（满分 5）")),
    leftOpen: d.cause("left-open", words("Left open", "未处理完毕")),
    settledLate: d.cause("settled-late", words("Settled too late", "处理过迟")),
    answeredLate: d.cause("answered-late", words("Answered too late", "回复过迟")),
    notAnswered: d.cause("not-answered", words("Not answered", "未回复")),
  };
}

/** What contacts are about, so that two about the same can be told. Any other reason is never taken for the same. */
function declareReasons(d: Declaration): void {
  d.contactReason("order-status", words("Where the order is", "订单状态"));
  d.contactReason("delivery", words("Delivery", "配送"));
  d.contactReason("return-or-exchange", words("Return or exchange", "退换货"));
  d.contactReason("size-and-fit", words("Size and fit", "尺码与合身"));
  d.contactReason("product-question", words("A question about a product", "商品咨询"));
  d.contactReason("payment", words("Payment", "付款"));
  d.contactReason("account", words("Account", "账户"));
}
