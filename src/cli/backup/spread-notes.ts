import { copyNotes, holdStore } from '../../backup/index.js';
import { Failure } from '../../base/index.js';
import type { FoundSet } from './find-set.js';
import type { Work } from './operation.js';
import { storesOf, type BackupScope } from './scope.js';

/** What became of the note in another store that has the set. */
export interface NoteSent {
  readonly store: string;
  /** Null: it is there. */
  readonly problem: string | null;
}

/** The verification has its result already: a store that is silent must not hold that back for long. */
const withinMs = 60_000;

/**
 * Brings the notes of a set to the policy's other stores that have it, so that whoever sees one of them alone knows that it was
 * verified. A store that cannot be reached is named, and gets them with the next backup.
 */
export async function spreadNotes(
  { set, at }: FoundSet,
  scope: BackupScope,
  { signal, view }: Work,
): Promise<readonly NoteSent[]> {
  const sent: NoteSent[] = [];
  for (const { name, store: to, lockMs } of storesOf(scope)) {
    if (name === at.name) continue;
    view.report({ stage: `noting it in ${name}` });
    const limit = AbortSignal.timeout(withinMs);
    const either = AbortSignal.any([signal, limit]);
    const lock = lockMs === null ? {} : { lockUntil: new Date(Date.now() + lockMs).toISOString() };
    try {
      const turn = await holdStore(to, {
        ...{ work: 'copy', purpose: `note of ${set.id}`, signal: either },
      });
      const copied = await copyNotes({
        ...{ from: at.store, to, set, signal: either, attempts: 1, ...lock },
      }).finally(async () => turn.release().catch(() => undefined));
      if (copied !== null) sent.push({ store: name, problem: null });
    } catch (failure) {
      if (!(failure instanceof Failure) || signal.aborted) throw failure;
      const said = limit.aborted ? `it did not answer within ${withinMs / 1000} s` : failure.message;
      sent.push({ store: name, problem: said });
    }
  }
  return sent;
}

/** For people; a store without the note is no secret. */
export function noteLines(sent: readonly NoteSent[], policy: string): string[] {
  const reached = sent.filter((one) => one.problem === null).map((one) => one.store);
  return [
    ...(reached.length === 0 ? [] : [`the note is in ${reached.join(' and ')} too`]),
    ...sent.flatMap(({ store, problem }) =>
      problem === null
        ? []
        : [
            `warning: store ${store} does not know of it: ${problem}. Type \`firedrill backup ${policy} --wal-only\` when it can be reached.`,
          ],
    ),
  ];
}
