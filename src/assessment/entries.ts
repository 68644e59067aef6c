import type { Entry, EntryOf, EventType } from '../run/index.js';

/** All entries of one type, oldest first. */
export function entriesOf<T extends EventType>(entries: readonly Entry[], type: T): EntryOf<T>[] {
  return entries.filter((entry): entry is EntryOf<T> => entry.type === type);
}

export function firstOf<T extends EventType>(entries: readonly Entry[], type: T): EntryOf<T> | undefined {
  return entries.find((entry): entry is EntryOf<T> => entry.type === type);
}

export function lastOf<T extends EventType>(entries: readonly Entry[], type: T): EntryOf<T> | undefined {
  return entries.findLast((entry): entry is EntryOf<T> => entry.type === type);
}
