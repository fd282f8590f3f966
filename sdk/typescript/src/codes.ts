// Handles to what rules declare. A handle is made by declaring something and is good for nothing else, so a counter cannot be
// passed where a reason belongs, and no number is ever written by hand.

import type { Action, ListingSnapshot, Reading, Reason, Snapshot } from "./contract.ts";

/** A text in every language that rules must speak. */
export interface Words {
  readonly en: string;
  readonly zhCn: string;
}

/** The wording of a code: English, and Simplified Chinese. */
export function words(en: string, zhCn: string): Words {
  return { en, zhCn };
}

/** What all handles have in common; `Kind` keeps them apart. */
class Handle<Kind extends string> {
  declare protected readonly kind: Kind;

  constructor(
    /** Its place in the manifest. */
    readonly index: number,
    /** As it was declared. */
    readonly code: string,
  ) {}

  /** Whether it is the one with this number, as facts and snapshots name codes. */
  is(index: number | null): boolean {
    return index === this.index;
  }
}

/** Something that is counted. */
export class Counter extends Handle<"counter"> {
  /** `points` for each whole `per` of its sum; negative for a loss. */
  points(points: number, per = 1): { counter: number; points: number; per: number } {
    return { counter: this.index, points, per };
  }
}

/** Of one buyer's orders, only so many of a period count. */
export class Quota {
  declare private readonly kind: "quota";

  constructor(
    /** Its place in the manifest. */
    readonly index: number,
  ) {}
}

/** Where a merchant may stand. */
export class Standing extends Handle<"standing"> {}
/** Why a mark was made. */
export class Cause extends Handle<"cause"> {}
/** Why something may not be held against a merchant. */
export class Exclusion extends Handle<"exclusion"> {}
/** Why something was sent back. */
export class ReturnReason extends Handle<"return-reason"> {}
/** What a contact is about. */
export class ContactReason extends Handle<"contact-reason"> {}
/** A policy that can be violated. */
export class Policy extends Handle<"policy"> {}

/** Something a merchant may wear. */
export class Badge extends Handle<"badge"> {
  /** Whether it is among the badges worn. */
  isAmong(badges: readonly number[]): boolean {
    return badges.includes(this.index);
  }

  /** To give it. */
  award(): Action {
    return { tag: "award-badge", val: this.index };
  }

  /** To take it. */
  revoke(): Action {
    return { tag: "revoke-badge", val: this.index };
  }
}

/** Something that is read off counters. */
export class Metric extends Handle<"metric"> {
  /** What it reads for a merchant, or for a listing of theirs. */
  of(snapshot: Snapshot | ListingSnapshot): Reading {
    const reading = snapshot.readings[this.index];
    if (reading === undefined) {
      throw new Error(`${this.code} has no reading`);
    }
    return reading;
  }
}

/** A code that a verdict's reasons may carry. */
export class ReasonCode extends Handle<"reason"> {
  /** A reason about a metric, and about one listing if that is named. */
  about(metric: Metric, listing: number | null = null): Reason {
    return { code: this.index, metric: metric.index, listing };
  }

  /** A reason about the merchant as a whole. */
  plain(): Reason {
    return { code: this.index, metric: null, listing: null };
  }
}

/** A metric with the reasons that its two kinds of miss give. */
export class Judged {
  constructor(
    readonly metric: Metric,
    /** `{code}-at-risk`. */
    readonly atRisk: ReasonCode,
    /** `{code}-breached`. */
    readonly breached: ReasonCode,
  ) {}

  /** What it reads. */
  of(snapshot: Snapshot | ListingSnapshot): Reading {
    return this.metric.of(snapshot);
  }

  /** What its reading gives as a reason, if anything; for a listing the reason names it. */
  reason(snapshot: Snapshot | ListingSnapshot): Reason | null {
    const listing = "listing" in snapshot ? snapshot.listing : null;
    switch (this.of(snapshot).status) {
      case "at-risk":
        return this.atRisk.about(this.metric, listing);
      case "breached":
        return this.breached.about(this.metric, listing);
      case "good":
      case "insufficient":
        return null;
    }
  }
}
