// What rules answer. Numbers are checked here: the engine would cut a fraction off, wrap what is out of range and take NaN for
// 0, without a word.

import type { Cause, Counter, Exclusion, Standing } from "./codes.ts";
import type * as contract from "./contract.ts";

/** The end of time as hosts know it, 2100-01-01 UTC. */
const END = 4_102_444_800_000;

/** What a mark may say beyond counter and moment. */
export interface Mark {
  /** How much it counts; 1 if it does not say. */
  readonly amount?: number;
  /** Why it was made, shown with the evidence. */
  readonly because?: Cause | undefined;
  /** It would count, but for this: kept as evidence, left out of the sums. */
  readonly excludedBy?: Exclusion | undefined;
}

/** What one fact counts for, and when to ask again. */
export class Marks {
  readonly #marks: contract.Mark[] = [];
  #revisit: contract.Instant | null = null;

  /** It counts here, dated `at`. */
  mark(counter: Counter, at: contract.Instant, { amount = 1, because, excludedBy }: Mark = {}): this {
    this.#marks.push({
      counter: counter.index,
      at: whole(at, counter.code),
      amount: whole(amount, counter.code),
      cause: because?.index ?? null,
      excluded: excludedBy?.index ?? null,
    });
    return this;
  }

  /**
   * Ask again then; of several moments the first holds, and one beyond the year 2099 is never reached. Where nothing but time has
   * passed since the last time, a host asks again a minute later at the earliest.
   */
  revisit(at: contract.Instant): this {
    this.#revisit = sooner(this.#revisit, at);
    return this;
  }

  /** The contract's form of it. */
  lower(): contract.Classified {
    return { marks: this.#marks, revisit: this.#revisit };
  }
}

/** An action that needs no more said than its name. */
type Plain = Exclude<contract.Action, { val: unknown }>["tag"];

/** Where a merchant stands, how well, why, and what to do about it. */
export class Verdict {
  readonly #standing: Standing;
  readonly #score: number;
  readonly #reasons: contract.Reason[] = [];
  readonly #proposals: contract.Proposal[] = [];
  #revisit: contract.Instant | null = null;

  /** The score is a whole number from 0 to 1000. */
  constructor(standing: Standing, score: number) {
    this.#standing = standing;
    this.#score = within(score, 1000, "score");
  }

  /** Why. */
  because(reasons: Iterable<contract.Reason>): this {
    this.#reasons.push(...reasons);
    return this;
  }

  /**
   * Something to do about it, and why; nothing at all where there is no reason. Once done it lasts for so many days (1 to 366), or
   * until it is lifted where none are given.
   */
  propose(action: Plain | contract.Action, reasons: readonly contract.Reason[], days?: number): this {
    if (reasons.length > 0) {
      const named = typeof action === "string" ? { tag: action } : action;
      const lasting = days === undefined ? null : within(days, 366, "days");
      this.#proposals.push({ action: checked(named), days: lasting, reasons: [...reasons] });
    }
    return this;
  }

  /**
   * Ask again then; of several moments the first holds, and one beyond the year 2099 is never reached. Where nothing but time has
   * passed since the last time, a host asks again a minute later at the earliest.
   */
  revisit(at: contract.Instant): this {
    this.#revisit = sooner(this.#revisit, at);
    return this;
  }

  /** The contract's form of it. */
  lower(): contract.Verdict {
    return {
      standing: this.#standing.index,
      score: this.#score,
      reasons: this.#reasons,
      proposals: this.#proposals,
      revisit: this.#revisit,
    };
  }
}

function checked(action: contract.Action): contract.Action {
  if ("val" in action) {
    // The engine reads a 32-bit number as a signed one.
    within(action.val, action.tag === "cap-orders" ? 0x7fff_ffff : Number.MAX_SAFE_INTEGER, action.tag);
  }
  return action;
}

function sooner(known: contract.Instant | null, at: contract.Instant): contract.Instant | null {
  const moment = whole(at, "revisit");
  return moment >= END ? known : Math.min(moment, known ?? moment);
}

function within(value: number, most: number, what: string): number {
  if (!Number.isInteger(value) || value < 0 || value > most) {
    throw new RangeError(`${what} is ${value}, not a whole number from 0 to ${most}`);
  }
  return value;
}

function whole(value: number, what: string): number {
  if (!Number.isSafeInteger(value)) {
    throw new RangeError(`${what} is ${value}, not a whole number`);
  }
  return value;
}
