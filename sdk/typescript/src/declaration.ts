// What rules declare about themselves, built by name. Everything that has a code takes its wording in the same call, so that
// none can be forgotten; everything gives back a handle, so that none is named twice.

import {
  Badge,
  Cause,
  ContactReason,
  Counter,
  Exclusion,
  Judged,
  Metric,
  Policy,
  Quota,
  ReasonCode,
  ReturnReason,
  Standing,
  type Words,
} from "./codes.ts";
import type * as contract from "./contract.ts";
import { lower, type MetricSpec } from "./metric.ts";
import { Setting } from "./settings.ts";

/** Who the rules are. */
export interface About {
  /** The marketplace whose rules these are, as a code. */
  readonly marketplace: string;
  /** Name of the rules, as a code. */
  readonly name: string;
  /** Semantic version; `package.json`'s serves. */
  readonly version: string;
  /** When a verdict binds; in between it is a projection. */
  readonly cadence: contract.Cadence;
}

/** Verdicts bind as facts arrive. */
export const continuous: contract.Cadence = { tag: "continuous" };
/** They bind on this day of each month, 1 to 28. */
export const monthly = (day: number): contract.Cadence => ({ tag: "monthly", val: day });
/** They bind on this weekday, 0 for Monday. */
export const weekly = (day: number): contract.Cadence => ({ tag: "weekly", val: day });

/** How a counter counts. */
export interface Counting {
  /** Also tallied for each listing. */
  readonly byListing?: boolean;
  /** Also counted by distinct buyer; only defects can be. */
  readonly byBuyer?: boolean;
  /** The quota under which its marks count. */
  readonly quota?: Quota;
}

/** Collects what rules declare. */
export class Declaration {
  readonly #counters: contract.Counter[] = [];
  readonly #quotas: contract.Quota[] = [];
  readonly #metrics: contract.Metric[] = [];
  readonly #standings: contract.Standing[] = [];
  readonly #causes: string[] = [];
  readonly #exclusions: string[] = [];
  readonly #reasons: string[] = [];
  readonly #returnReasons: string[] = [];
  readonly #contactReasons: string[] = [];
  readonly #policies: string[] = [];
  readonly #badges: string[] = [];
  readonly #settings: contract.Setting[] = [];
  /** A code may stand in two lists; it means the same in both and is worded once. */
  readonly #words = new Map<string, Words>();

  #word(code: string, words: Words): void {
    if (!this.#words.has(code)) {
      this.#words.set(code, words);
    }
  }

  /** Something that is only summed: orders placed, parcels shipped. */
  volume(code: string, words: Words, counting: Omit<Counting, "byBuyer"> = {}): Counter {
    return this.#counter("volume", code, words, counting);
  }

  /** Something that is summed, and every mark of which is kept as evidence. */
  defect(code: string, words: Words, counting: Counting = {}): Counter {
    return this.#counter("defect", code, words, counting);
  }

  #counter(kind: contract.CounterKind, code: string, words: Words, counting: Counting): Counter {
    this.#word(code, words);
    const { byListing = false, byBuyer = false } = counting;
    const quota = counting.quota?.index ?? null;
    return new Counter(this.#counters.push({ code, kind, byListing, byBuyer, quota }) - 1, code);
  }

  /** Of one buyer's orders with marks under it, only the first `most` of a period count; those of the rest are excluded. */
  quota(most: number, per: contract.Period, exclusion: Exclusion): Quota {
    return new Quota(this.#quotas.push({ most, per, exclusion: exclusion.index }) - 1);
  }

  /** Something to show, and to judge if it has a limit. */
  metric(code: string, words: Words, spec: MetricSpec): Metric {
    this.#word(code, words);
    return new Metric(this.#metrics.push(lower(code, spec)) - 1, code);
  }

  /** A metric, and the two reasons it may give: `{code}-at-risk` and `{code}-breached`, worded after it. */
  judged(code: string, words: Words, spec: MetricSpec & { limit: contract.Limit }): Judged {
    const reason = (suffix: string, en: string, zhCn: string) =>
      this.reason(code + suffix, { en: words.en + en, zhCn: words.zhCn + zhCn });
    return new Judged(
      this.metric(code, words, spec),
      reason("-at-risk", ": close to its limit", "：接近限值"),
      reason("-breached", ": misses its target", "：未达标"),
    );
  }

  /** Somewhere a merchant may stand. */
  standing(code: string, words: Words, level: contract.Level): Standing {
    this.#word(code, words);
    return new Standing(this.#standings.push({ code, level }) - 1, code);
  }

  /** A code for reasons; those of metrics come with {@link judged}. */
  reason(code: string, words: Words): ReasonCode {
    return new ReasonCode(this.#plain(this.#reasons, code, words), code);
  }

  /** Why a mark is made, shown with the evidence. */
  cause(code: string, words: Words): Cause {
    return new Cause(this.#plain(this.#causes, code, words), code);
  }

  /** Why something may not be held against a merchant. */
  exclusion(code: string, words: Words): Exclusion {
    return new Exclusion(this.#plain(this.#exclusions, code, words), code);
  }

  /** A reason for returns that these rules know. */
  returnReason(code: string, words: Words): ReturnReason {
    return new ReturnReason(this.#plain(this.#returnReasons, code, words), code);
  }

  /** A subject of contacts that these rules know. */
  contactReason(code: string, words: Words): ContactReason {
    return new ContactReason(this.#plain(this.#contactReasons, code, words), code);
  }

  /** A policy that can be violated. */
  policy(code: string, words: Words): Policy {
    return new Policy(this.#plain(this.#policies, code, words), code);
  }

  /** Something a merchant may wear. */
  badge(code: string, words: Words): Badge {
    return new Badge(this.#plain(this.#badges, code, words), code);
  }

  #plain(list: string[], code: string, words: Words): number {
    this.#word(code, words);
    return list.push(code) - 1;
  }

  /** A whole number to set, within a range whose ends count. */
  integer(key: string, words: Words, value: number, range: readonly [number, number]): Setting<number> {
    return this.#setting("integer", key, words, String(value), range, Number);
  }

  /** A number to set, within a range whose ends count. */
  number(key: string, words: Words, value: number, range: readonly [number, number]): Setting<number> {
    return this.#setting("number", key, words, String(value), range, Number);
  }

  /** Something to turn on or off. */
  flag(key: string, words: Words, value: boolean): Setting<boolean> {
    return this.#setting("flag", key, words, String(value), null, (text) => text === "true");
  }

  /** A text to set; what it may say is checked where it is read. */
  text(key: string, words: Words, value: string): Setting<string> {
    return this.#setting("text", key, words, value, null, (text) => text);
  }

  #setting<T>(
    kind: contract.SettingKind,
    key: string,
    words: Words,
    value: string,
    range: readonly [number, number] | null,
    read: (text: string) => T,
  ): Setting<T> {
    this.#word(key, words);
    this.#settings.push({ key, kind, default: value, minimum: range?.[0] ?? null, maximum: range?.[1] ?? null });
    return new Setting(key, read);
  }

  /** How many readings a snapshot of these rules has. */
  get metrics(): number {
    return this.#metrics.length;
  }

  /** The contract's form of it. */
  manifest(about: About): contract.Manifest {
    const wording = [...this.#words];
    return {
      marketplace: about.marketplace,
      name: about.name,
      version: about.version,
      cadence: about.cadence,
      counters: this.#counters,
      quotas: this.#quotas,
      metrics: this.#metrics,
      standings: this.#standings,
      causes: this.#causes,
      exclusions: this.#exclusions,
      reasons: this.#reasons,
      returnReasons: this.#returnReasons,
      contactReasons: this.#contactReasons,
      policies: this.#policies,
      badges: this.#badges,
      settings: this.#settings,
      wording: [
        ...wording.map(([code, text]): [string, string, string] => ["en", code, text.en]),
        ...wording.map(([code, text]): [string, string, string] => ["zh-CN", code, text.zhCn]),
      ],
    };
  }
}
