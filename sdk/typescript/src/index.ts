// Everything rules are written with, listed by name, so that a new version of the contract cannot widen the package by itself.

export type {
  Action,
  Actor,
  Aftermath,
  Cadence,
  CancelReason,
  Cancellation,
  Channel,
  Claim,
  ClaimKind,
  ClaimState,
  Contact,
  Feedback,
  FeedbackState,
  Fulfilment,
  Incident,
  IncidentKind,
  Instant,
  Level,
  ListingSnapshot,
  Merchant,
  Money,
  Order,
  Reading,
  Reason,
  ReturnOutcome,
  ReturnRequest,
  ServiceLevel,
  Severity,
  Snapshot,
  Status,
  Subject,
  Tracking,
  Violation,
  ViolationState,
} from "./contract.ts";
export { continuous, monthly, weekly } from "./declaration.ts";
export type { About, Counting, Declaration } from "./declaration.ts";
export type {
  Badge,
  Cause,
  ContactReason,
  Counter,
  Exclusion,
  Judged,
  Metric,
  Policy,
  ReasonCode,
  ReturnReason,
  Standing,
  Words,
} from "./codes.ts";
export { words } from "./codes.ts";
export {
  atLeast,
  atMost,
  days,
  greaterThan,
  lessThan,
  lifetime,
  months,
  points,
  quarterToDate,
  ratio,
  sum,
  type MetricSpec,
} from "./metric.ts";
export { Marks, Verdict, type Mark } from "./answers.ts";
export { Given, type Setting, SettingError } from "./settings.ts";
export { DAY, HOUR, MINUTE, rules, type Rules, Unreadable } from "./rules.ts";
