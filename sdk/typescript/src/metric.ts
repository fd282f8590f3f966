// A metric as it is declared: what is divided by what over which days, what it is held against, and from how much volume on.

import type { Counter } from "./codes.ts";
import type * as contract from "./contract.ts";

/** What a metric is made of. */
export interface MetricSpec {
  /** Where its value comes from. */
  readonly formula: contract.Formula;
  /** Over which days. */
  readonly window: contract.Window;
  /** What the value is held against; without it the metric is shown and never judged. */
  readonly limit?: contract.Limit;
  /** The defect counter whose marks explain the value, where that is not the numerator. */
  readonly evidence?: Counter;
  /** Insufficient below this denominator (or sum). */
  readonly minDenominator?: number;
  /** A miss on fewer marks than this is insufficient. */
  readonly minNumerator?: number;
  /** A miss on fewer distinct buyers than this is insufficient; needs a counter by buyer. */
  readonly minBuyers?: number;
  /** On which days it is read, where that is not the rules' cadence. */
  readonly cadence?: contract.Cadence;
}

/** One counter's sum over another's. */
export function ratio(numerator: Counter, denominator: Counter): contract.Formula {
  return { tag: "ratio", val: { numerator: numerator.index, denominator: denominator.index } };
}

/** One counter's sum over the number in another, as stars or hours; a clean order adds `best` to the sum and 1 to the number. */
export function mean(sum: Counter, number: Counter, best: number): contract.Formula {
  return { tag: "mean", val: { sum: sum.index, number: number.index, best } };
}

/** A counter's plain sum. */
export function sum(counter: Counter): contract.Formula {
  return { tag: "sum", val: counter.index };
}

/** `start` plus what the terms earn and lose, held between `low` and `high`. */
export function points(start: number, low: number, high: number, terms: contract.Term[]): contract.Formula {
  return { tag: "points", val: { start, terms, low, high } };
}

/** The `count` calendar days that end with the day of evaluation, that day included, or `lag` days before it. */
export function days(count: number, lag = 0): contract.Window {
  return { tag: "rolling", val: { days: count, lagDays: lag } };
}

/** The last `count` whole months, each beginning on `firstDay` (1 to 28). */
export function months(count: number, firstDay = 1): contract.Window {
  return { tag: "months", val: { count, firstDay } };
}

/** From the first day of the year. Of a sum, a year that ended with at least `carried` stays in the window. */
export function yearToDate(carried: number | null = null): contract.Window {
  return { tag: "year-to-date", val: carried };
}

/** From the first day of the quarter. */
export const quarterToDate: contract.Window = { tag: "quarter-to-date" };
/** From the first day on. */
export const lifetime: contract.Window = { tag: "lifetime" };

function limit(compare: contract.Compare) {
  return (target: number, warn = target): contract.Limit => ({ compare, target, warn });
}

/** Breached unless below `target`; at risk unless below `warn`. */
export const lessThan = limit("less");
/** Breached when above `target`; at risk when above `warn`. */
export const atMost = limit("at-most");
/** Breached unless above `target`; at risk unless above `warn`. */
export const greaterThan = limit("greater");
/** Breached when below `target`; at risk when below `warn`. */
export const atLeast = limit("at-least");

/** The contract's form of it. */
export function lower(code: string, spec: MetricSpec): contract.Metric {
  return {
    code,
    formula: spec.formula,
    window: spec.window,
    limit: spec.limit ?? null,
    evidence: spec.evidence?.index ?? null,
    minDenominator: spec.minDenominator ?? 0,
    minNumerator: spec.minNumerator ?? 0,
    minBuyers: spec.minBuyers ?? 0,
    cadence: spec.cadence ?? null,
  };
}
