// What an operator may set: declared with kind, default and range, and read back typed. The host checks kind and range when a
// value is set; anything else is refused by key with a SettingError.

/** A handle to a declared setting, which remembers the type of its value. */
export class Setting<T> {
  constructor(
    readonly key: string,
    /** Reads the text that the host hands over. */
    readonly read: (text: string) => T,
  ) {}

  /** Refuses the value given for it; to be thrown. */
  refuse(why: string): SettingError {
    return new SettingError(this.key, why);
  }
}

/** Why a value was refused. */
export class SettingError extends Error {
  constructor(
    readonly key: string,
    readonly why: string,
  ) {
    super(`${key}: ${why}`);
  }
}

/** The values in force: what the operator set, and defaults for the rest. */
export class Given {
  readonly #texts: ReadonlyMap<string, string>;

  constructor(texts: Iterable<readonly [string, string]>) {
    this.#texts = new Map(texts);
  }

  /** The value in force. */
  get<T>(setting: Setting<T>): T {
    const text = this.#texts.get(setting.key);
    if (text === undefined) {
      throw setting.refuse("is not given");
    }
    return setting.read(text);
  }
}
