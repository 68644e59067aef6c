import { copyNotes, copySet, listBackups, shipWal, type ListedSet } from '../../backup/index.js';
import { Failure } from '../../base/index.js';
import { connectTo, readFingerprint } from '../../postgres/index.js';
import type { Work } from './operation.js';
import type { BackupScope, NamedStore } from './scope.js';
import { hold, requireStore } from './take-set.js';

/** What became of one store that sets and log are sent to. */
export interface Sent {
  readonly store: string;
  readonly where: string;
  /** Ids of the sets that were brought there now. */
  readonly sets: readonly string[];
  readonly bytes: number;
  /** Null: no log is sent there. */
  readonly wal: { readonly shipped: number; readonly upTo: string | null } | null;
  /** Null: all of it arrived. */
  readonly problem: Failure | null;
}

/**
 * Brings every store of the policy what it lacks: sets that are still worth having there, then the log. A store that fails does not
 * stop the others; what it lacks is sent the next time.
 */
export async function sendCopies(scope: BackupScope, work: Work): Promise<readonly Sent[]> {
  const sent: Sent[] = [];
  if (scope.copies.length === 0) return sent;
  const log = scope.way === 'physical' && scope.wal !== null ? await logOf(scope) : null;
  for (const target of scope.copies) sent.push(await sendTo(scope, target, log, work));
  return sent;
}

interface Log {
  readonly walDirectory: string;
  readonly systemIdentifier: string;
  readonly segmentBytes: number;
}

async function logOf({ wal, location }: BackupScope): Promise<Log | null> {
  if (wal === null) return null;
  const { systemIdentifier } = await readFingerprint(location);
  const session = await connectTo(location, { applicationName: 'firedrill backup', readOnly: true });
  try {
    const [row] = await session.query(
      `select pg_size_bytes(current_setting('wal_segment_size'))::float8 as bytes`,
    );
    return { walDirectory: wal.directory, systemIdentifier, segmentBytes: Number(row?.['bytes']) };
  } finally {
    await session.end();
  }
}

async function sendTo(scope: BackupScope, target: NamedStore, log: Log | null, work: Work): Promise<Sent> {
  const { name, store: to } = target;
  const done: { sets: string[]; bytes: number } = { sets: [], bytes: 0 };
  const result = (wal: Sent['wal'], problem: Failure | null): Sent => ({
    ...{ store: name, where: to.describe, ...done, wal, problem },
  });
  const say = (text: string | Uint8Array): void => {
    if (typeof text === 'string') work.view.say(text);
  };
  try {
    const turn = await hold(
      target,
      { work: 'copy', purpose: `copy of ${scope.policy}`, waitMs: 60_000 },
      work,
    );
    try {
      const { lacking, complete } = await compare(scope, target, { say, signal: work.signal });
      const common = {
        ...{ from: requireStore(scope).store, to, signal: work.signal, output: say },
        ...(target.lockMs === null ? {} : { lockUntil: new Date(Date.now() + target.lockMs).toISOString() }),
      };
      for (const set of lacking) {
        const copied = await copySet({
          ...{ ...common, set },
          progress: (progress) =>
            work.view.report({ ...progress, stage: `${progress.stage} ${set.id} to ${name}` }),
        });
        done.sets.push(set.id);
        done.bytes += copied.bytes;
      }
      // What was verified since: whoever sees that store alone has to know it.
      for (const set of complete) await copyNotes({ ...common, set });
      if (log === null) return result(null, null);
      work.view.report({ stage: `sending the log to ${name}` });
      const { recipients } = scope;
      const shipped = await shipWal({ ...log, store: to, recipients, signal: work.signal, output: say });
      return result({ shipped: shipped.shipped, upTo: shipped.upTo }, null);
    } finally {
      await turn.release().catch(() => undefined);
    }
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    if (failure.reason === 'cancelled')
      throw new Failure(
        'cancelled',
        `${failure.message}; what had arrived in ${name} stays there, unlisted where it is half of a set, and the next backup goes on with it`,
        { cause: failure },
      );
    return result(null, failure);
  }
}

interface Compared {
  readonly lacking: readonly ListedSet[];
  readonly complete: readonly ListedSet[];
}

/** Oldest first. What the target would remove again the next day is not sent. */
async function compare(
  scope: BackupScope,
  { name, store: to, keepForMs }: NamedStore,
  { say, signal }: { readonly say: (text: string) => void; readonly signal: AbortSignal },
): Promise<Compared> {
  const { sets } = await listBackups(requireStore(scope).store, scope.trusted(), signal);
  const there = new Set(await to.folders('', signal));
  const complete = new Set(
    there.size === 0 ? [] : (await listBackups(to, scope.trusted(), signal)).sets.map((set) => set.id),
  );
  const isYoung = (set: ListedSet): boolean =>
    Date.now() - Date.parse(set.manifest.times.engineEnded) < keepForMs;
  const mine = sets.filter((set) => set.manifest.source === scope.policy);
  const lacking = mine.filter((set) => isYoung(set) && !complete.has(set.id));
  // Taken before the policy named recipients: what leaves this machine in clear text cannot be taken back.
  const plain = lacking.filter((set) => scope.recipients.length > 0 && set.manifest.encryption.length === 0);
  for (const { id } of plain) say(`${id} is not encrypted, and is not sent to ${name}`);
  return {
    lacking: lacking.filter((set) => !plain.includes(set)).reverse(),
    complete: mine.filter((set) => complete.has(set.id)),
  };
}
