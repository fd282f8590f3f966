// What follows from the readings: coaching below a target, a spin of the prize wheel where all are met, and never a sanction.

import { type Judged, type Reason, type Snapshot, Verdict } from "@andon/rules";

import { BEST, type Codes } from "./manifest.ts";

export function evaluate({ metrics, standings, prize }: Codes, snapshot: Snapshot): Verdict {
  const judged = Object.values(metrics);
  const reasons = (status: "at-risk" | "breached") =>
    judged.filter((metric) => metric.of(snapshot).status === status).map((metric) => metric.reason(snapshot)).filter(isThere);
  const [atRisk, breached] = [reasons("at-risk"), reasons("breached")];
  const allMet = judged.every((metric) => metric.of(snapshot).status === "good");
  const standing = breached.length > 0 ? standings.coaching : allMet ? standings.wow : standings.good;
  const verdict = new Verdict(standing, score(metrics, snapshot))
    .because([...breached, ...atRisk])
    .propose("notice", atRisk)
    .propose("ask-plan-of-action", breached);
  const worn = prize.badge.isAmong(snapshot.merchant.badges);
  if (allMet && !worn) {
    verdict.propose(prize.badge.award(), [prize.earned.plain()]);
  } else if (worn && breached.length > 0) {
    verdict.propose(prize.badge.revoke(), [prize.lost.plain()]);
  }
  return verdict;
}

/** The mean of what the metrics with enough data read, each as a share of the best, in thousandths; all of them without data. */
function score(metrics: Codes["metrics"], snapshot: Snapshot): number {
  const best = (metric: Judged) => (metric === metrics.happiness ? BEST : 1);
  const known = Object.values(metrics).filter((metric) => metric.of(snapshot).status !== "insufficient");
  const shares = known.map((metric) => Math.min(Math.max(metric.of(snapshot).value / best(metric), 0), 1));
  const sum = shares.reduce((all, share) => all + share, 0);
  return known.length === 0 ? 1000 : Math.floor((sum / known.length) * 1000);
}

function isThere(reason: Reason | null): reason is Reason {
  return reason !== null;
}
