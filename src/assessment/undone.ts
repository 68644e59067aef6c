import type { Entry, EntryOf } from '../run/index.js';
import { entriesOf } from './entries.js';

export interface UndoFact {
  readonly step: string;
  /** The undo was carried out; false: it was begun, and has failed or has no end. */
  readonly complete: boolean;
  readonly reason: string;
  /** What a person asked for; undefined where the journal does not say. */
  readonly request: EntryOf<'undo-requested'> | undefined;
  /** The last entry that speaks of it. */
  readonly last: Entry;
}

/** Every undo that was begun or carried out, in the order in which it began. One that could not even begin changed nothing. */
export function undosOf(entries: readonly Entry[]): UndoFact[] {
  const steps = entries.flatMap((entry) =>
    entry.type === 'undo-started' || (entry.type === 'undo-ended' && entry.data.failure === null)
      ? [entry.data.step]
      : [],
  );
  return [...new Set(steps)].flatMap((step) => {
    const own = entries.filter(
      (entry): entry is EntryOf<'undo-started'> | EntryOf<'undo-ended'> =>
        (entry.type === 'undo-started' || entry.type === 'undo-ended') && entry.data.step === step,
    );
    const last = own.at(-1);
    if (!last) return [];
    const request = entriesOf(entries, 'undo-requested').findLast(
      (entry) => entry.seq < last.seq && entry.data.steps.includes(step),
    );
    const complete = last.type === 'undo-ended' && last.data.failure === null;
    const reason = request?.data.reason ?? 'no reason recorded';
    return [{ step, complete, reason, request, last }];
  });
}
