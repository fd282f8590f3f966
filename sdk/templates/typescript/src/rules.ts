// Rules of {{name}}: orders that arrive late are defects, and a merchant with a tenth of them late is at risk.

import {
  continuous,
  days,
  type Declaration,
  HOUR,
  type Instant,
  lessThan,
  Marks,
  ratio,
  rules,
  type Snapshot,
  type Subject,
  Verdict,
  words,
} from "@andon/rules";

import { name, version } from "../package.json";

/** The rules, under the name by which a host finds them. */
export const judge = rules({ marketplace: name, name, version, cadence: continuous }, (declaration) => {
  const codes = declare(declaration);
  return (given) => {
    const grace = given.get(codes.graceHours) * HOUR;
    return {
      classify: (_now, subject) => classify(codes, grace, subject),
      evaluate: (snapshot) => evaluate(codes, snapshot),
    };
  };
});

/** Handles to all that is declared. */
type Codes = ReturnType<typeof declare>;

/** What is counted, read, concluded and set, each with its wording in English and Simplified Chinese. */
function declare(d: Declaration) {
  const orders = d.volume("orders", words("Orders delivered", "已送达订单"));
  const ordersLate = d.defect("orders-late", words("Orders delivered late", "迟到订单"));
  return {
    orders,
    ordersLate,
    deliveredLate: d.cause("delivered-late", words("Delivered after the promised moment", "晚于承诺时间送达")),
    lateRate: d.judged("late-rate", words("Late rate", "迟到率"), {
      formula: ratio(ordersLate, orders),
      window: days(30),
      limit: lessThan(0.1, 0.05),
      minDenominator: 10,
    }),
    good: d.standing("good", words("Good", "良好"), "good"),
    atRisk: d.standing("at-risk", words("At risk", "存在风险"), "at-risk"),
    graceHours: d.integer("grace-hours", words("Hours of grace", "宽限小时数"), 0, [0, 48]),
  };
}

/** What one fact counts for, and when. */
function classify(codes: Codes, grace: Instant, subject: Subject): Marks {
  const marks = new Marks();
  if (subject.tag !== "order") {
    return marks;
  }
  const { delivered, deliverBy } = subject.val;
  if (delivered === null || deliverBy === null) {
    return marks;
  }
  marks.mark(codes.orders, delivered);
  if (delivered > deliverBy + grace) {
    marks.mark(codes.ordersLate, delivered, { because: codes.deliveredLate });
  }
  return marks;
}

/** What follows from one merchant's readings. */
function evaluate(codes: Codes, snapshot: Snapshot): Verdict {
  const reason = codes.lateRate.reason(snapshot);
  if (reason === null) {
    return new Verdict(codes.good, 1000);
  }
  return new Verdict(codes.atRisk, 500).because([reason]).propose("warning", [reason]);
}
