// The contract in TypeScript, generated from the WIT by a test; not to be edited. Numbers are whole where the contract has them so.

/** Milliseconds since the Unix epoch, UTC. */
export type Instant = number;

/** Minor units of the marketplace's currency (cents). */
export type Money = number;

/** Who did something, or is responsible for it. */
export type Actor =
  /** Who bought. */
  | "buyer"
  /** Who sold: the merchant that is judged. */
  | "merchant"
  /** Who carries the parcel. */
  | "carrier"
  /** The marketplace itself. */
  | "platform";

/** Who ships. */
export type Fulfilment =
  /** The merchant itself. */
  | "merchant"
  /** The marketplace, for the merchant. */
  | "platform";

/** How fast the order was sold to arrive. */
export type ServiceLevel =
  /** As fast as usual. */
  | "standard"
  /** Faster than usual. */
  | "expedited"
  /** Within two days. */
  | "two-day"
  /** On the day of the order. */
  | "same-day";

/** Why an order was called off. */
export type CancelReason =
  /** The merchant had none left. */
  | "out-of-stock"
  /** The merchant had named a wrong price. */
  | "pricing-error"
  /** It was not handed to the carrier in time. */
  | "not-shipped-in-time"
  /** Nothing can be delivered where the buyer wants it. */
  | "undeliverable-address"
  /** The buyer asked for it. */
  | "buyer-request"
  /** The buyer did not pay. */
  | "unpaid"
  /** The marketplace held it back for suspected fraud. */
  | "fraud-hold"
  /** The marketplace made a mistake. */
  | "platform-error"
  /** Anything else. */
  | "other";

/** An order called off. */
export interface Cancellation {
  /** When it was first called off. */
  at: Instant;
  /** By whom, as last reported. */
  by: Actor;
  /** Why, as last reported. */
  reason: CancelReason;
}

/** Only `counted` feedback may be held against a merchant; the other states stay visible. */
export type FeedbackState =
  /** It counts. */
  | "counted"
  /** The marketplace struck it, so that it does not count. */
  | "struck"
  /** The buyer took it back. */
  | "withdrawn"
  /** It was taken off for another reason than these. */
  | "removed";

/** A buyer's rating of one order. */
export interface Feedback {
  /** When it was left, or last left anew. */
  at: Instant;
  /** 1 (worst) to 5 (best). */
  rating: number;
  /** How far the goods were as described, 1 to 5. */
  asDescribed: number | null;
  /** How good the service was, 1 to 5. */
  service: number | null;
  /** How good the delivery was, 1 to 5. */
  delivery: number | null;
  /** Whether it may be held against the merchant. */
  state: FeedbackState;
}

/** What a buyer claims. */
export type ClaimKind =
  /** Nothing arrived. */
  | "not-received"
  /** What arrived is not what was sold. */
  | "not-as-described"
  /** The merchant refuses a refund that is due. */
  | "refund-refused"
  /** The buyer's bank took the money back over goods or service. */
  | "chargeback-service"
  /** The buyer's bank took the money back because the card was misused. */
  | "chargeback-fraud";

/** Where a claim stands. */
export type ClaimState =
  /** Nobody has decided yet. */
  | "open"
  /** The merchant paid before anybody decided. */
  | "refunded-by-merchant"
  /** The buyer was right, and the merchant pays. */
  | "granted"
  /** The buyer gets the money, and the marketplace pays. */
  | "granted-at-platform-cost"
  /** The buyer was not right. */
  | "denied"
  /** The buyer took it back. */
  | "withdrawn";

/** A buyer's claim on an order. */
export interface Claim {
  /** When it was opened. */
  opened: Instant;
  /** What it says. */
  kind: ClaimKind;
  /** Where it stands. */
  state: ClaimState;
  /** When it last closed. */
  closed: Instant | null;
}

/** How a return ended. */
export type ReturnOutcome =
  /** It has not. */
  | "open"
  /** The buyer got the money back. */
  | "refunded"
  /** The buyer got other goods. */
  | "replaced"
  /** The merchant refused it, as it may. */
  | "rejected"
  /** The merchant refused it, against the marketplace's policy. */
  | "wrongly-rejected";

/** A buyer's wish to send something back. */
export interface ReturnRequest {
  /** When it was asked for. */
  requested: Instant;
  /** An index into the manifest's return reasons; absent: a reason these rules do not know. */
  reason: number | null;
  /** When the merchant first answered. */
  answered: Instant | null;
  /** How it ended. */
  outcome: ReturnOutcome;
  /** Whether the buyer said afterwards that it went badly. */
  dissatisfied: boolean;
}

/** What went wrong on the way. */
export type IncidentKind =
  /** The carrier never scanned the parcel. */
  | "no-scan"
  /** The parcel stopped moving. */
  | "stalled"
  /** The parcel went somewhere else. */
  | "misrouted"
  /** It was reported delivered, and was not. */
  | "false-delivery"
  /** It arrived damaged. */
  | "damaged"
  /** It is gone. */
  | "lost"
  /** The address did not do. */
  | "address-problem";

/** Trouble on the way. */
export interface Incident {
  /** When it was noticed. */
  at: Instant;
  /** What it was. */
  kind: IncidentKind;
  /** Whose doing it was. */
  responsible: Actor;
  /** When it was over. */
  resolved: Instant | null;
}

/** How the parcel was seen to move: `uploaded` is a number without a scan, `delivered-confirmed` any report of delivery. */
export type Tracking =
  /** No number is known. */
  | "none"
  /** There is a number. */
  | "uploaded"
  /** The carrier has seen the parcel. */
  | "scanned"
  /** It is reported delivered. */
  | "delivered-confirmed";

/** How a buyer made contact. */
export type Channel =
  /** By telephone. */
  | "phone"
  /** In a chat on the site. */
  | "live-chat"
  /** In the marketplace's app. */
  | "app"
  /** By e-mail. */
  | "email"
  /** With a form on the site. */
  | "web-form"
  /** By text message. */
  | "sms"
  /** On a social network. */
  | "social"
  /** With the marketplace's own messages. */
  | "platform-message";

/** A buyer's contact with customer service, on an order or on none. */
export interface Contact {
  /** The key that stands for its reference. */
  id: number;
  /** When it was opened. */
  opened: Instant;
  /** How. */
  channel: Channel;
  /** An index into the manifest's contact reasons; absent: a reason these rules do not know. */
  reason: number | null;
  /** Whether the buyer wrote first; only then is an answer owed. */
  answerOwed: boolean;
  /** When it was first answered. */
  firstAnswer: Instant | null;
  /** When it was last resolved, unless it was reopened since. */
  resolved: Instant | null;
  /** How often it was reopened. */
  reopened: number;
  /** What the buyer said of it, 1 to 5. */
  satisfaction: number | null;
}

/**
 * What followed an order besides its delivery. Most orders have none of it, and four empty lists each cost a call into
 * the guest for memory.
 */
export interface Aftermath {
  /** By time of opening. */
  claims: Claim[];
  /** By time of request. */
  returns: ReturnRequest[];
  /** By time noticed. */
  incidents: Incident[];
  /** By time of opening. */
  contacts: Contact[];
}

/** One merchant's part of what a buyer bought. */
export interface Order {
  /** The key that stands for its reference. */
  id: number;
  /** The key that stands for who bought. */
  buyer: number;
  /** The key that stands for what was bought. */
  listing: number;
  /** How many. */
  units: number;
  /** For how much. */
  amount: Money;
  /** Who ships. */
  fulfilment: Fulfilment;
  /** How fast it was sold to arrive. */
  service: ServiceLevel;
  /** When it was placed. */
  placed: Instant;
  /** Last moment promised for hand-over to the carrier, and for arrival. */
  shipBy: Instant | null;
  /** Last moment promised for arrival. */
  deliverBy: Instant | null;
  /** When it was first handed over. */
  shipped: Instant | null;
  /** When it first arrived. */
  delivered: Instant | null;
  /** How it was seen to move. */
  tracking: Tracking;
  /** Whether it was called off. */
  cancelled: Cancellation | null;
  /** What the buyer said. */
  feedback: Feedback | null;
  /** Absent where nothing of it happened. */
  aftermath: Aftermath | null;
  /** When the merchant took it on, where the marketplace asks for that. */
  accepted: Instant | null;
}

/** How grave a violation is. */
export type Severity =
  /** Least. */
  | "low"
  /** More than low. */
  | "medium"
  /** Less than critical. */
  | "high"
  /** Most. */
  | "critical";

/** Where a violation stands. */
export type ViolationState =
  /** Nobody has done anything about it. */
  | "open"
  /** The merchant has taken note of it. */
  | "acknowledged"
  /** It is put right. */
  | "resolved"
  /** It was none after all. */
  | "overturned";

/** A breach of a policy that was put on record against a merchant. */
export interface Violation {
  /** The key that stands for its reference. */
  id: number;
  /** When it was recorded. */
  at: Instant;
  /** An index into the manifest's policies; absent: a policy these rules do not know. */
  policy: number | null;
  /** How grave. */
  severity: Severity;
  /** The key that stands for its listing, where it is about one. */
  listing: number | null;
  /** Where it stands. */
  state: ViolationState;
  /** When its state last changed. */
  closed: Instant | null;
}

/** An order's contacts are part of it, and subjects of their own as well. */
export type Subject =
  /** An order, with all that hangs on it. */
  | { tag: "order"; val: Order }
  /** A contact by itself. */
  | { tag: "contact"; val: Contact }
  /** A violation. */
  | { tag: "violation"; val: Violation };

/** What a counter is for. */
export type CounterKind =
  /** Only summed: orders placed, parcels shipped. */
  | "volume"
  /** Summed, and every mark is kept as evidence against its order. */
  | "defect";

/** What is added up for each merchant and day. */
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
  /** A block of a month. */
  | "ten-days"
  /** A calendar month. */
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

/** The last so many days, or so many that ended some days ago. */
export interface Rolling {
  /** How many days it is long. */
  days: number;
  /** How many days it leaves out at its end: those that are too young to judge by. */
  lagDays: number;
}

/** Months of the marketplace's calendar that have ended. */
export interface WholeMonths {
  /** How many. */
  count: number;
  /** The day on which each begins, 1 to 28. */
  firstDay: number;
}

/** Over which days a metric is read. */
export type Window =
  /** The last so many days, or so many that ended some days ago. */
  | { tag: "rolling"; val: Rolling }
  /** The last `count` whole months of the marketplace's calendar, each beginning on `first-day` (1 to 28). */
  | { tag: "months"; val: WholeMonths }
  /** From the first day of the quarter. */
  | { tag: "quarter-to-date" }
  /** From the first day of the year. Of a sum, a year that ended with at least so much is not left behind: it stays in the window. */
  | { tag: "year-to-date"; val: number | null }
  /** All days that there were. */
  | { tag: "lifetime" };

/** When standings bind. */
export type Cadence =
  /** As facts arrive. */
  | { tag: "continuous" }
  /** On this day of each month, in the marketplace's time zone; in between, standings are projections. */
  | { tag: "monthly"; val: number }
  /** On this weekday, 0 for Monday. */
  | { tag: "weekly"; val: number };

/** One counter's sum over another's. */
export interface Ratio {
  /** The counter above the line, as an index. */
  numerator: number;
  /** The counter below the line, as an index. */
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

/** How a value must stand to its target and its warning. */
export type Compare =
  /** Below it. */
  | "less"
  /** Below it, or equal to it. */
  | "at-most"
  /** Above it. */
  | "greater"
  /** Above it, or equal to it. */
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
  /** Better than is asked. */
  | "excellent"
  /** As is asked. */
  | "good"
  /** Worse than is asked, with nothing taken away yet. */
  | "at-risk"
  /** Something is taken away. */
  | "restricted"
  /** Nothing may be sold. */
  | "suspended";

/** Where a merchant can stand. */
export interface Standing {
  /** Its name, the same in all that the rules say. */
  code: string;
  /** How bad it is. */
  level: Level;
}

/** What a setting's text must mean. */
export type SettingKind =
  /** A whole number. */
  | "integer"
  /** A number. */
  | "number"
  /** `true` or `false`. */
  | "flag"
  /** Any text. */
  | "text";

/** A value that the operator of a marketplace may choose. */
export interface Setting {
  /** Its name. */
  key: string;
  /** What its text must mean. */
  kind: SettingKind;
  /** Its text where the operator chooses none. */
  default: string;
  /** The least that a number may be. */
  minimum: number | null;
  /** The most that a number may be. */
  maximum: number | null;
}

/** All that rules declare about themselves. What is called an index elsewhere is one into these lists. */
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

/** Something that counts, on a day. */
export interface Mark {
  /** Which counter it adds to, as an index. */
  counter: number;
  /** When it counts, which decides the windows it falls in. */
  at: Instant;
  /** How much it adds. */
  amount: number;
  /** Which of the declared causes made it, shown with the evidence. */
  cause: number | null;
  /** It would count, but for this declared exclusion: kept as evidence, left out of the sums. */
  excluded: number | null;
}

/** What one subject means. */
export interface Classified {
  /** What counts about it. */
  marks: Mark[];
  /** Ask again then, even if nothing new happens (a ship-by date passes). */
  revisit: Instant | null;
}

/** How a metric stands against its limit. */
export type Status =
  /** Its target and its warning are met. */
  | "good"
  /** Its target is met, but not its warning. */
  | "at-risk"
  /** Its target is not met. */
  | "breached"
  /** There is too little to say; nothing may follow from it. */
  | "insufficient";

/** One metric of one merchant on one day. */
export interface Reading {
  /** The metric's value; 0 for a ratio or mean without a denominator. */
  value: number;
  /** The sum above the line, the sum itself, or the points won and lost. */
  numerator: number;
  /** The sum below the line; 0 where there is no line. */
  denominator: number;
  /** Distinct buyers behind the evidence, where its counter counts them. */
  buyers: number;
  /** 95 % Wilson interval of a ratio; both equal to `value` otherwise. */
  lower: number;
  /** Its upper end. */
  upper: number;
  /** The same metric over the whole marketplace; absent where it is not known, as at a moment in the past. */
  peers: number | null;
  /** How it stands against the metric's limit. */
  status: Status;
  /** Periods of its cadence in a row, this one included, in which it was breached. */
  breachedInARow: number;
}

/** The merchant that is judged. */
export interface Merchant {
  /** When it joined. */
  joined: Instant;
  /** The standing in force, as an index into the manifest; absent before the first verdict. */
  standing: number | null;
  /** Since when that standing is in force. */
  standingSince: Instant;
  /** Badges it bears, as indexes into the manifest. */
  badges: number[];
  /** When a person last lifted a suspension; absent where none ever was. */
  reinstated: Instant | null;
}

/** The readings of one listing. */
export interface ListingSnapshot {
  /** The key that stands for its reference. */
  listing: number;
  /** One for each declared metric, in that order. */
  readings: Reading[];
}

/** All that rules are shown of one merchant. */
export interface Snapshot {
  /** The moment as of which they are asked. */
  now: Instant;
  /** Who is judged. */
  merchant: Merchant;
  /** One for each declared metric, in that order. */
  readings: Reading[];
  /** The same for each listing with a by-listing metric that is at risk or breached. */
  listings: ListingSnapshot[];
}

/** What rules may propose; the host decides. */
export type Action =
  /** Tell the merchant something. */
  | { tag: "notice" }
  /** Warn the merchant of what comes next. */
  | { tag: "warning" }
  /** Take a listing off sale, by its key. */
  | { tag: "pull-listing"; val: number }
  /** Put a listing back on sale, by its key. */
  | { tag: "restore-listing"; val: number }
  /** At most this many orders a day. */
  | { tag: "cap-orders"; val: number }
  /** Pay nothing out for now. */
  | { tag: "hold-payouts" }
  /** Let the merchant sell nothing for now. */
  | { tag: "suspend" }
  /** Close the account. */
  | { tag: "terminate" }
  /** Lift a suspension. */
  | { tag: "reinstate" }
  /** Award a badge, by its index. */
  | { tag: "award-badge"; val: number }
  /** Take a badge back, by its index. */
  | { tag: "revoke-badge"; val: number }
  /** Ask the merchant what went wrong and what it does about it. */
  | { tag: "ask-plan-of-action" }
  /** What the merchant ships goes off sale; what the platform ships for them stays. */
  | { tag: "restrict" };

/** `code` is an index into the manifest's reasons. */
export interface Reason {
  /** Which, as an index. */
  code: number;
  /** The metric it is about, as an index. */
  metric: number | null;
  /** The listing it is about, by its key. */
  listing: number | null;
}

/** `days` (1 to 366): how long the action lasts once it is taken; absent: until it is lifted. */
export interface Proposal {
  /** What to do. */
  action: Action;
  /** How long. */
  days: number | null;
  /** What it rests on. */
  reasons: Reason[];
}

/** What rules conclude about one merchant. */
export interface Verdict {
  /** The standing, as an index into the manifest. */
  standing: number;
  /** 0 to 1000. */
  score: number;
  /** What to do about it. */
  proposals: Proposal[];
  /** Why the standing is what it is. */
  reasons: Reason[];
  /** Ask again then, even if nothing new happens. */
  revisit: Instant | null;
}

/** Why rules give no answer. */
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
