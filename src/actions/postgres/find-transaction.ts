import { listBackups } from '../../backup/index.js';
import { Failure, type JsonObject } from '../../base/index.js';
import {
  compareLsn,
  findTransactions,
  logPlace,
  type FoundTransactions,
  type Harm,
  type LogPlace,
  type Suspect,
} from '../../postgres/index.js';
import { args, defineAction, shown, text } from '../define.js';
import type { Environment } from '../environment.js';

const mostCandidates = 10;

export const postgresFindTransaction = defineAction({
  name: 'postgres.find-transaction',
  with: args(
    {
      database: { type: 'string' },
      tables: {
        type: 'array',
        items: { type: 'string' },
        description: 'tables that are known to have lost something, as schema.name',
      },
      xid: {
        type: 'string',
        description:
          'number of the transaction, where people know better; `suggested` or nothing: the first one',
      },
      from: {
        type: 'string',
        description:
          'where in the log to begin (LSN); the newest backup after which something explains the loss when not given',
      },
    },
    ['database'],
  ),
  outputs: {
    ok: 'whether a transaction was found that touched the tables in question',
    xid: 'number of the transaction that committed: a recovery can stop just before it',
    firstLsn: 'where its first record lies in the log',
    commitLsn: 'where its commit record lies',
    committedAt: 'when it was committed, by the server’s clock (UTC)',
    relations: 'tables that it hurt',
    rows: 'rows that it deleted or overwrote; null where the log does not say how many a file held',
    what: 'what it did, in words',
    laterCommits:
      'how many later transactions changed rows: restoring everything to before it would lose them',
    candidates: 'the most suspicious transactions, a line each',
    suggestion: 'selective, or whole where it touched no table that is known to have lost something',
    readFrom: 'where reading the log began',
    readTo: 'where it ended',
  },
  effect: 'read',
  destroys: false,
  describe: (given) =>
    `Read the write-ahead log for the transaction that changed ${shown(given['tables'], shown(given['database']))}`,
  preview: () => [
    'pg_waldump -p <received WAL> -r Transaction -r Heap -r Heap2 -r Storage -r Standby, grouped by transaction',
  ],
  perform: async (given, { environment, signal, output }) => {
    const { tools, postgres, wal } = environment;
    const location = await postgres.current();
    const session = await postgres.connect({ database: text(given['database']), readOnly: true });
    try {
      const log = await logPlace(session, wal.slot);
      if (!log.received)
        output('the receiver of the log is behind: the rest is read from the server itself\n');
      const tables = Array.isArray(given['tables']) ? given['tables'].map(text) : [];
      const from = typeof given['from'] === 'string' ? [given['from']] : await beginnings(environment, log);
      const found = await findFrom(from, {
        ...{ tools, session, log, tables, signal },
        places: [wal.directory, `${location.dataDirectory}/pg_wal`],
      });
      output(`read ${found.from} to ${found.to}: ${found.commits} transactions changed rows\n`);
      const candidates = found.suspects.slice(0, mostCandidates).map(lineOf);
      for (const line of candidates) output(`${line}\n`);
      const chosen = choose(found.suspects, given['xid']);
      return {
        outputs: {
          ...outputsOf(chosen, tables.length > 0),
          candidates,
          readFrom: found.from,
          readTo: found.to,
        },
      };
    } finally {
      await session.end();
    }
  },
});

/** Where sets of this very server begin in its log, the newest first. */
async function beginnings({ store, trusted }: Environment, log: LogPlace): Promise<string[]> {
  const { sets } = await listBackups(store, trusted);
  const found = sets.flatMap(({ manifest }) =>
    'wal' in manifest && manifest.wal.timeline === log.timeline ? [manifest.wal.startLsn] : [],
  );
  if (found.length > 0) return found.sort((a, b) => compareLsn(b, a));
  throw new Failure(
    'unavailable',
    `no backup in ${store.describe} says from where on the log is to be read`,
    {
      hint: 'Name the place to begin with `from`.',
    },
  );
}

/** The newest backup was whole when it was taken; only when nothing after it explains the loss, the harm is older. */
async function findFrom(
  beginnings: readonly string[],
  request: Omit<Parameters<typeof findTransactions>[0], 'from'>,
): Promise<FoundTransactions> {
  let last: FoundTransactions | null = null;
  for (const from of beginnings) {
    const found: FoundTransactions | null = await findTransactions({ ...request, from }).catch(
      (failure: unknown) => {
        // Older parts of the log may be gone; then what there was to read is all there is.
        if (last !== null && failure instanceof Failure && failure.reason === 'unavailable') return null;
        throw failure;
      },
    );
    if (found === null) break;
    last = found;
    if (found.suspects.some((one) => one.wanted)) break;
  }
  if (last !== null) return last;
  throw new Failure('unavailable', 'there was no place to begin reading the log at');
}

function choose(suspects: readonly Suspect[], xid: unknown): Suspect | null {
  if (typeof xid !== 'string' || xid === 'suggested') return suspects[0] ?? null;
  const named = suspects.find((one) => String(one.xid) === xid);
  if (named !== undefined) return named;
  throw new Failure('check', `the log holds no transaction ${xid} that took anything away`, {
    hint: 'The candidates stand in the output of the step; take one of their numbers.',
  });
}

function outputsOf(chosen: Suspect | null, known: boolean): JsonObject {
  if (chosen === null)
    return {
      ...{ ok: false, xid: null, firstLsn: null, commitLsn: null, committedAt: null, relations: [] },
      ...{ rows: null, what: 'nothing was found', laterCommits: null, suggestion: 'whole' },
    };
  const { harms } = chosen;
  const rows = harms.some((harm) => harm.rows === null)
    ? null
    : harms.reduce((sum, harm) => sum + (harm.rows ?? 0), 0);
  const ok = chosen.wanted || !known;
  return {
    ok,
    xid: String(chosen.xid),
    firstLsn: chosen.firstLsn,
    commitLsn: chosen.commitLsn,
    committedAt: chosen.committedAt,
    relations: [...new Set(harms.map((harm) => harm.table))],
    rows,
    what: harms.map(harmText).join(', '),
    laterCommits: chosen.laterCommits,
    suggestion: ok ? 'selective' : 'whole',
  };
}

function lineOf(suspect: Suspect): string {
  const { xid, committedAt, harms, laterCommits } = suspect;
  return `transaction ${xid}, ${committedAt}: ${harms.map(harmText).join(', ')}; ${laterCommits} later ones changed rows`;
}

function harmText({ table, did, rows }: Harm): string {
  if (did === 'dropped') return `dropped ${table}`;
  if (did === 'emptied') return `emptied ${table}`;
  return `${did === 'deleted' ? 'deleted' : 'overwrote'} ${rows ?? 'some'} rows of ${table}`;
}
