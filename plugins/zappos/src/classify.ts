// What a contact counts for, always on the day it was opened. How long it took to handle is looked at nowhere.

import { type Contact, type Instant, Marks, type Order, type Subject } from "@andon/rules";

import type { Codes } from "./manifest.ts";
import type { Settings } from "./settings.ts";

/** Ratings up to this pull the mean below its warning and are shown as evidence; the mean is what is judged. */
const LOW = 3;
/** What a rating of 1 to 5 is worth, 0 to 100. */
const POINTS_A_STAR = 25;
/** Contacts of one order that are compared: each may have two marks, and a subject at most 64. */
const MOST_CONTACTS = 32;

export function classify(codes: Codes, settings: Settings, now: Instant, subject: Subject): Marks {
  const marks = new Marks();
  switch (subject.tag) {
    case "contact":
      if (subject.val.answerOwed) {
        settlement(codes, subject.val, marks);
        followUp(codes, settings, now, subject.val, marks);
        answer(codes, settings, now, subject.val, marks);
      }
      rating(codes, subject.val, marks);
      break;
    case "order":
      repeats(codes, settings, subject.val, marks);
      break;
    case "violation":
      break;
  }
  return marks;
}

/** Settled the first time: resolved and never opened again. */
function settlement({ counters, causes }: Codes, contact: Contact, marks: Marks): void {
  if (contact.resolved === null && contact.reopened === 0) {
    return;
  }
  marks.mark(counters.settled, contact.opened);
  if (isSettledAtOnce(contact)) {
    marks.mark(counters.settledAtOnce, contact.opened);
  } else {
    marks.mark(counters.cameBack, contact.opened, { because: causes.reopened });
  }
}

function isSettledAtOnce(contact: Contact): boolean {
  return contact.resolved !== null && contact.reopened === 0;
}

/** Takes back what contacts counted as settled at once, where the buyer wrote again about the same. */
function repeats({ counters, causes }: Codes, { repeatWithin }: Settings, order: Order, marks: Marks): void {
  const contacts = (order.aftermath?.contacts ?? []).filter((contact) => contact.answerOwed).slice(0, MOST_CONTACTS);
  contacts.forEach((contact, i) => {
    const until = (contact.resolved ?? 0) + repeatWithin;
    const isSame = (later: Contact) => contact.reason !== null && later.reason === contact.reason && later.opened <= until;
    if (isSettledAtOnce(contact) && contacts.slice(i + 1).some(isSame)) {
      marks.mark(counters.settledAtOnce, contact.opened, { amount: -1 });
      marks.mark(counters.cameBack, contact.opened, { because: causes.sameMatter });
    }
  });
}

function rating({ counters, causes }: Codes, contact: Contact, marks: Marks): void {
  if (contact.satisfaction === null) {
    return;
  }
  marks.mark(counters.rated, contact.opened);
  marks.mark(counters.happiness, contact.opened, { amount: (contact.satisfaction - 1) * POINTS_A_STAR });
  if (contact.satisfaction <= LOW) {
    marks.mark(counters.unhappy, contact.opened, { because: causes.ratedLow });
  }
}

/** A contact is followed up when it is settled in time; until that time has passed or it is settled, nothing is due. */
function followUp({ counters, causes }: Codes, settings: Settings, now: Instant, contact: Contact, marks: Marks): void {
  const due = contact.opened + settings.followUpWithin;
  if (contact.resolved === null && now <= due) {
    marks.revisit(due + 1);
    return;
  }
  marks.mark(counters.due, contact.opened);
  if (contact.resolved === null) {
    marks.mark(counters.forgotten, contact.opened, { because: causes.leftOpen });
  } else if (contact.resolved > due) {
    marks.mark(counters.forgotten, contact.opened, { because: causes.settledLate });
  } else {
    marks.mark(counters.followedUp, contact.opened);
  }
}

/** An answer that is owed is kept when it is given in time; until then it is neither kept nor broken. */
function answer({ counters, causes }: Codes, settings: Settings, now: Instant, contact: Contact, marks: Marks): void {
  const due = contact.opened + settings.answerWithin;
  if (contact.firstAnswer === null && now <= due) {
    marks.revisit(due + 1);
    return;
  }
  marks.mark(counters.owed, contact.opened);
  if (contact.firstAnswer === null) {
    marks.mark(counters.broken, contact.opened, { because: causes.notAnswered });
  } else if (contact.firstAnswer > due) {
    marks.mark(counters.broken, contact.opened, { because: causes.answeredLate });
  } else {
    marks.mark(counters.kept, contact.opened);
  }
}
