// What an operator may set: how soon an answer is owed, and how long a matter may rest before it counts as forgotten, or as new.

import { DAY, type Declaration, type Given, HOUR, type Instant, words } from "@andon/rules";

export type SettingCodes = ReturnType<typeof declareSettings>;

export function declareSettings(d: Declaration) {
  return {
    answerHours: d.integer("answer-hours", words("Hours in which an answer is owed", "应答时限（小时）"), 24, [1, 168]),
    followUpDays: d.integer("follow-up-days", words("Days in which a contact is followed up", "跟进时限（天）"), 7, [1, 60]),
    repeatDays: d.integer(
      "repeat-days",
      words("Days in which the same matter counts as the same", "视为同一问题的天数"),
      7,
      [1, 60],
    ),
  };
}

/** The settings in force, in milliseconds. */
export interface Settings {
  readonly answerWithin: Instant;
  readonly followUpWithin: Instant;
  readonly repeatWithin: Instant;
}

export function read(codes: SettingCodes, given: Given): Settings {
  return {
    answerWithin: given.get(codes.answerHours) * HOUR,
    followUpWithin: given.get(codes.followUpDays) * DAY,
    repeatWithin: given.get(codes.repeatDays) * DAY,
  };
}
