// Between the contract and an author's rules: batches become single answers, and whatever is thrown becomes a fault that says
// what it was. An error that reached the engine itself would end the call without a word.

import type { Marks, Verdict } from "./answers.ts";
import type * as contract from "./contract.ts";
import { type About, Declaration } from "./declaration.ts";
import { Given, SettingError } from "./settings.ts";

/** Milliseconds in a minute. */
export const MINUTE = 60_000;
/** Milliseconds in an hour. */
export const HOUR = 60 * MINUTE;
/** Milliseconds in a day of 24 hours. */
export const DAY = 24 * HOUR;

/**
 * A marketplace's rules, configured: a pure function of facts. An instance lives for a batch of calls and keeps nothing between
 * them that could change an answer.
 */
export interface Rules {
  /** What one fact means at the moment `now`, and when to ask again if time alone may change it. */
  classify(now: contract.Instant, subject: contract.Subject): Marks;
  /** What follows from one merchant's readings. */
  evaluate(snapshot: contract.Snapshot): Verdict;
}

/** The facts contradict each other in a way the rules cannot read; says how. The whole call fails and the old verdict stands. */
export class Unreadable extends Error {}

/**
 * What a component exports, under the name `judge`.
 *
 * `declare` is called once, when the component is built: it declares everything and gives back a function that takes the
 * operator's settings and gives the rules.
 */
export function rules(about: About, declare: (declaration: Declaration) => (given: Given) => Rules): contract.Judge {
  const declaration = new Declaration();
  const configure = declare(declaration);
  const manifest = declaration.manifest(about);
  const isComplete = (read: { readings: unknown[] }) => read.readings.length === declaration.metrics;
  let configured: Rules | null = null;
  const ready = (): Rules => {
    if (configured === null) {
      throw new Unreadable("these rules were asked before they were configured");
    }
    return configured;
  };
  return {
    describe: () => manifest,
    configure: (settings) =>
      spoken(() => {
        configured = configure(new Given(settings));
      }),
    classify: (now, subjects) => spoken(() => subjects.map((subject) => ready().classify(now, subject).lower())),
    evaluate: (snapshots) =>
      spoken(() => {
        if (!snapshots.every((snapshot) => isComplete(snapshot) && snapshot.listings.every(isComplete))) {
          throw new Unreadable(`every snapshot must have ${declaration.metrics} readings, one for each metric`);
        }
        return snapshots.map((snapshot) => ready().evaluate(snapshot).lower());
      }),
  };
}

/** Turns what is thrown into a fault of the contract. */
function spoken<T>(answer: () => T): T {
  try {
    return answer();
  } catch (error) {
    throw fault(error);
  }
}

function fault(error: unknown): contract.Fault {
  if (error instanceof SettingError) {
    return { tag: "setting", val: [error.key, error.why] };
  }
  if (error instanceof Unreadable) {
    return { tag: "facts", val: error.message };
  }
  if (error instanceof Error) {
    const place = error.stack?.trim().split("\n")[0] ?? "";
    return { tag: "facts", val: `${error.name}: ${error.message} (${place.trim()})` };
  }
  return { tag: "facts", val: String(error) };
}
