// The contract in TypeScript, generated from the WIT by a test; not to be edited. Numbers are whole where the contract has them so.

/** Milliseconds since the Unix epoch, UTC. */
export type Instant = number;

/** Minor units of the marketplace's currency (cents). */
export type Money = number;

export type Actor =
  | "buyer"
  | "merchant"
  | "carrier"
  | "platform";

export type Fulfilment =
  | "merchant"
  | "platform";

export type ServiceLevel =
  | "standard"
  | "expedited"
  | "two-day"
  | "same-day";

export type CancelReason =
  | "out-of-stock"
  | "pricing-error"
  | "not-shipped-in-time"
  | "undeliverable-address"
  | "buyer-request"
  | "unpaid"
  | "fraud-hold"
  | "platform-error"
  | "other";

export interface Cancellation {
  at: Instant;
  by: Actor;
  reason: CancelReason;
}

/** Only `counted` feedback may be held against a merchant; the other states stay visible. */
export type FeedbackState =
  | "counted"
  | "struck"
  | "withdrawn"
  | "removed";

export interface Feedback {
  at: Instant;
  /** 1 (worst) to 5 (best). */
  rating: number;
  asDescribed: number | null;
  service: number | null;
  delivery: number | null;
  state: FeedbackState;
}

export type ClaimKind =
  | "not-received"
  | "not-as-described"
  | "refund-refused"
  | "chargeback-service"
  | "chargeback-fraud";

export type ClaimState =
  | "open"
  | "refunded-by-merchant"
  | "granted"
  | "granted-at-platform-cost"
  | "denied"
  | "withdrawn";

export interface Claim {
  opened: Instant;
  kind: ClaimKind;
  state: ClaimState;
  closed: Instant | null;
}

export type ReturnOutcome =
  | "open"
  | "refunded"
  | "replaced"
  | "rejected"
  | "wrongly-rejected";

export interface ReturnRequest {
  requested: Instant;
  /** An index into the manifest's return reasons; absent: a reason these rules do not know. */
  reason: number | null;
  answered: Instant | null;
  outcome: ReturnOutcome;
  dissatisfied: boolean;
}

export type IncidentKind =
  | "no-scan"
  | "stalled"
  | "misrouted"
  | "false-delivery"
  | "damaged"
  | "lost"
  | "address-problem";

export interface Incident {
  at: Instant;
  kind: IncidentKind;
  responsible: Actor;
  resolved: Instant | null;
}

/** How the parcel was seen to move: `uploaded` is a number without a scan, `delivered-confirmed` any report of delivery. */
export type Tracking =
  | "none"
  | "uploaded"
  | "scanned"
  | "delivered-confirmed";

export type Channel =
  | "phone"
  | "live-chat"
  | "app"
  | "email"
  | "web-form"
  | "sms"
  | "social"
  | "platform-message";

export interface Contact {
  id: number;
  opened: Instant;
  channel: Channel;
  /** An index into the manifest's contact reasons; absent: a reason these rules do not know. */
  reason: number | null;
  /** Whether the buyer wrote first; only then is an answer owed. */
  answerOwed: boolean;
  firstAnswer: Instant | null;
  resolved: Instant | null;
  reopened: number;
  /** What the buyer said of it, 1 to 5. */
  satisfaction: number | null;
}

/**
 * What followed an order besides its delivery. Most orders have none of it, and four empty lists each cost a call into
 * the guest for memory.
 */
export interface Aftermath {
  claims: Claim[];
  returns: ReturnRequest[];
  incidents: Incident[];
  contacts: Contact[];
}

export interface Order {
  id: number;
  buyer: number;
  listing: number;
  units: number;
  amount: Money;
  fulfilment: Fulfilment;
  service: ServiceLevel;
  placed: Instant;
  /** Last moment promised for hand-over to the carrier, and for arrival. */
  shipBy: Instant | null;
  deliverBy: Instant | null;
  shipped: Instant | null;
  delivered: Instant | null;
  tracking: Tracking;
  cancelled: Cancellation | null;
  feedback: Feedback | null;
  /** Absent where nothing of it happened. */
  aftermath: Aftermath | null;
  /** When the merchant took it on, where the marketplace asks for that. */
  accepted: Instant | null;
}

export type Severity =
  | "low"
  | "medium"
  | "high"
  | "critical";

export type ViolationState =
  | "open"
  | "acknowledged"
  | "resolved"
  | "overturned";

export interface Violation {
  id: number;
  at: Instant;
  /** An index into the manifest's policies; absent: a policy these rules do not know. */
  policy: number | null;
  severity: Severity;
  listing: number | null;
  state: ViolationState;
  closed: Instant | null;
}

/** An order's contacts are part of it, and subjects of their own as well. */
export type Subject =
  | { tag: "order"; val: Order }
  | { tag: "contact"; val: Contact }
  | { tag: "violation"; val: Violation };

export type CounterKind =
  /** Only summed: orders placed, parcels shipped. */
  | "volume"
  /** Summed, and every mark is kept as evidence against its order. */
  | "defect";

export interface Counter {
  code: string;
  kind: CounterKind;
  /** Also tallied for each listing. */
  byListing: boolean;
  /** Also counted by distinct buyer; only a `defect` counter can be, for its marks are what is counted. */
  byBuyer: boolean;
  /** The quota under which its marks count, an index into `quotas`. */
  quota: number | null;
}

/** A calendar month, or a block of one: from the 1st, the 11th, and the 21st to its end. */
export type Period =
  | "ten-days"
  | "month";

/**
 * Of the orders of one buyer that have marks under a quota, only the first `most` of a period count. The host excludes such marks
 * of all others, by `exclusion`. An order is dated by the earliest of them; what the rules exclude uses nothing up.
 */
export interface Quota {
  most: number;
  per: Period;
  exclusion: number;
}

export interface Rolling {
  days: number;
  lagDays: number;
}

export interface WholeMonths {
  count: number;
  firstDay: number;
}

export type Window =
  | { tag: "rolling"; val: Rolling }
  /** The last `count` whole months of the marketplace's calendar, each beginning on `first-day` (1 to 28). */
  | { tag: "months"; val: WholeMonths }
  | { tag: "quarter-to-date" }
  /** From the first day of the year. Of a sum, a year that ended with at least so much is not left behind: it stays in the window. */
  | { tag: "year-to-date"; val: number | null }
  | { tag: "lifetime" };

export type Cadence =
  /** As facts arrive. */
  | { tag: "continuous" }
  /** On this day of each month, in the marketplace's time zone; in between, standings are projections. */
  | { tag: "monthly"; val: number }
  /** On this weekday, 0 for Monday. */
  | { tag: "weekly"; val: number };

export interface Ratio {
  numerator: number;
  denominator: number;
}

/**
 * The mean of marks, as stars or hours: one counter's sum over the number in another. A clean order adds `best` to the sum
 * and 1 to the number: 5 of five stars, 0 hours.
 */
export interface Mean {
  sum: number;
  number: number;
  best: number;
}

/** `points` for each whole `per` of the counter's sum: +4 for each 200 orders, -8 for each violation. */
export interface Term {
  counter: number;
  points: number;
  per: number;
}

/** `start` plus all terms, held between `low` and `high`. */
export interface Points {
  start: number;
  terms: Term[];
  low: number;
  high: number;
}

/** Where a metric's value comes from. */
export type Formula =
  | { tag: "ratio"; val: Ratio }
  | { tag: "mean"; val: Mean }
  | { tag: "sum"; val: number }
  | { tag: "points"; val: Points };

export type Compare =
  | "less"
  | "at-most"
  | "greater"
  | "at-least";

/** What the value is held against. Not meeting `target` is a breach; meeting it but not `warn` is at risk. */
export interface Limit {
  compare: Compare;
  target: number;
  warn: number;
}

/** A metric is data: the host works it out, and works it out the same way in a what-if. */
export interface Metric {
  code: string;
  formula: Formula;
  window: Window;
  /** Absent: shown, never judged. */
  limit: Limit | null;
  /** The defect counter whose marks explain the value; the numerator of a rate of defects, its complement of a rate of successes. */
  evidence: number | null;
  /** Fewer than this in the denominator (or in the sum), and the metric is `insufficient`: nothing is enforced on it. */
  minDenominator: number;
  /**
   * A missed target or warning backed by fewer than these (counted in `evidence`, or in the numerator where there is none;
   * distinct buyers need a `by-buyer` counter) is `insufficient` too. A target that is met needs neither.
   */
  minNumerator: number;
  minBuyers: number;
  /**
   * On which days it is read, where that is not the manifest's cadence: in between the last reading stands, and
   * `breached-in-a-row` counts these days.
   */
  cadence: Cadence | null;
}

/** How bad a standing is, in the one ladder that all marketplaces share. */
export type Level =
  | "excellent"
  | "good"
  | "at-risk"
  | "restricted"
  | "suspended";

export interface Standing {
  code: string;
  level: Level;
}

export type SettingKind =
  | "integer"
  | "number"
  | "flag"
  | "text";

export interface Setting {
  key: string;
  kind: SettingKind;
  default: string;
  minimum: number | null;
  maximum: number | null;
}

export interface Manifest {
  marketplace: string;
  name: string;
  version: string;
  counters: Counter[];
  quotas: Quota[];
  metrics: Metric[];
  standings: Standing[];
  /** Why something may not be held against a merchant (carrier's fault, feedback struck, buyer's abuse). */
  exclusions: string[];
  /** Why a mark was made: negative feedback, claim granted, shipped late. */
  causes: string[];
  /** Codes that the reasons of a verdict may carry. */
  reasons: string[];
  returnReasons: string[];
  contactReasons: string[];
  policies: string[];
  badges: string[];
  settings: Setting[];
  cadence: Cadence;
  /** For each locale, the wording of every code above: (locale, code, text). */
  wording: [string, string, string][];
}

export interface Mark {
  counter: number;
  /** When it counts, which decides the windows it falls in. */
  at: Instant;
  amount: number;
  /** Which of the declared causes made it, shown with the evidence. */
  cause: number | null;
  /** It would count, but for this declared exclusion: kept as evidence, left out of the sums. */
  excluded: number | null;
}

export interface Classified {
  marks: Mark[];
  /** Ask again then, even if nothing new happens (a ship-by date passes). */
  revisit: Instant | null;
}

export type Status =
  | "good"
  | "at-risk"
  | "breached"
  | "insufficient";

export interface Reading {
  value: number;
  numerator: number;
  denominator: number;
  buyers: number;
  /** 95 % Wilson interval of a ratio; both equal to `value` otherwise. */
  lower: number;
  upper: number;
  /** The same metric over the whole marketplace; absent where it is not known, as at a moment in the past. */
  peers: number | null;
  status: Status;
  /** Periods of its cadence in a row, this one included, in which it was breached. */
  breachedInARow: number;
}

export interface Merchant {
  joined: Instant;
  /** The standing in force, as an index into the manifest; absent before the first verdict. */
  standing: number | null;
  standingSince: Instant;
  badges: number[];
  /** When a person last lifted a suspension; absent where none ever was. */
  reinstated: Instant | null;
}

export interface ListingSnapshot {
  listing: number;
  readings: Reading[];
}

export interface Snapshot {
  now: Instant;
  merchant: Merchant;
  /** One for each declared metric, in that order. */
  readings: Reading[];
  /** The same for each listing with a by-listing metric that is at risk or breached. */
  listings: ListingSnapshot[];
}

export type Action =
  | { tag: "notice" }
  | { tag: "warning" }
  | { tag: "pull-listing"; val: number }
  | { tag: "restore-listing"; val: number }
  /** At most this many orders a day. */
  | { tag: "cap-orders"; val: number }
  | { tag: "hold-payouts" }
  | { tag: "suspend" }
  | { tag: "terminate" }
  | { tag: "reinstate" }
  | { tag: "award-badge"; val: number }
  | { tag: "revoke-badge"; val: number }
  | { tag: "ask-plan-of-action" }
  /** What the merchant ships goes off sale; what the platform ships for them stays. */
  | { tag: "restrict" };

/** `code` is an index into the manifest's reasons. */
export interface Reason {
  code: number;
  metric: number | null;
  listing: number | null;
}

/** `days` (1 to 366): how long the action lasts once it is taken; absent: until it is lifted. */
export interface Proposal {
  action: Action;
  days: number | null;
  reasons: Reason[];
}

export interface Verdict {
  standing: number;
  /** 0 to 1000. */
  score: number;
  proposals: Proposal[];
  reasons: Reason[];
  revisit: Instant | null;
}

export type Fault =
  /** A setting is out of range: (key, why). */
  | { tag: "setting"; val: [string, string] }
  /** The facts contradict each other in a way the rules cannot read. */
  | { tag: "facts"; val: string };

/** What a component exports; an error of the contract is thrown. */
export interface Judge {
  describe(): Manifest;
  /** Called once on each fresh instance, before anything but `describe`. */
  configure(settings: [string, string][]): void;
  classify(now: Instant, subjects: Subject[]): Classified[];
  evaluate(snapshots: Snapshot[]): Verdict[];
}
