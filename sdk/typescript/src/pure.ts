// Runs before anything else, in every build: takes away what would let the same question be answered in two ways. The engine
// that the build runs in has a clock and chance; the one in the sandbox has neither, and must not find a memory of them.

function refuse(what: string): never {
  throw new Error(`rules have no ${what}; the moment to judge by is an argument`);
}

const now = () => refuse("clock");

// Of the calendar only what is worked out from a given moment stays, and in the sandbox that is UTC.
const Calendar = new Proxy(Date, {
  apply: now,
  construct: (target, given, caller) => (given.length === 0 ? now() : Reflect.construct(target, given, caller) as object),
});
Calendar.now = now;
Calendar.prototype.constructor = Calendar;
globalThis.Date = Calendar;
Math.random = () => refuse("chance");
Reflect.deleteProperty(globalThis, "performance");
