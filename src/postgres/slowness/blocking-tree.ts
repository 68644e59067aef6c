import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../base/index.js';
import { textColumn, textOrNull } from '../column.js';
import type { Row, Session } from '../session.js';
import { sessionIdSql } from './session-id.js';

/** One session that waits for a lock, or makes others wait. */
export interface LockParty {
  readonly id: string;
  readonly pid: number;
  readonly user: string;
  readonly application: string;
  /** As in pg_stat_activity: `active`, `idle in transaction`, … */
  readonly state: string;
  /** Since it has been in that state. */
  readonly stateMs: number;
  readonly query: string;
  /** What it waits for, in words; null when it waits for no lock. */
  readonly waitsFor: string | null;
  /** Process ids; 0 stands for prepared transactions. */
  readonly blockedBy: readonly number[];
}

export interface BlockingTree {
  /** Sessions that make others wait and wait for nobody: ending one frees everything behind it. */
  readonly roots: readonly LockParty[];
  readonly waiting: readonly LockParty[];
  /** Roots that no session stands for: prepared transactions, by their names. */
  readonly prepared: readonly string[];
  /** What sessions were waiting for when it was looked at: `Lock:relation` → how many. */
  readonly waits: { readonly [event: string]: number };
}

/** What is seen blocking for less than this is the ordinary life of a database. */
const lastingMs = 500;
const everyMs = 100;

/**
 * Looks at who waits for whom, again and again for `watchMs` (1 s), and keeps the roots that blocked somebody for half a second
 * of it. Takes no lock itself. Rejects with `cancelled`.
 */
export async function watchBlocking(
  session: Session,
  options: { readonly watchMs?: number; readonly signal?: AbortSignal } = {},
): Promise<BlockingTree> {
  const deadline = performance.now() + (options.watchMs ?? 1000);
  const seen = new Map<string, { readonly first: number; last: number }>();
  const key = (root: LockParty | string) => (typeof root === 'string' ? root : root.id);
  let fullest: BlockingTree | undefined;
  for (;;) {
    const now = performance.now();
    const tree = await readBlocking(session);
    for (const root of [...tree.roots, ...tree.prepared]) {
      const known = seen.get(key(root));
      if (known === undefined) seen.set(key(root), { first: now, last: now });
      else known.last = now;
    }
    if (fullest === undefined || tree.waiting.length >= fullest.waiting.length) fullest = tree;
    if (options.signal?.aborted === true)
      throw new Failure('cancelled', 'looking at who waits for whom was cancelled');
    if (performance.now() > deadline) break;
    await delay(everyMs);
  }
  const lasts = (root: LockParty | string) => {
    const known = seen.get(key(root));
    return known !== undefined && known.last - known.first >= lastingMs;
  };
  return { ...fullest, roots: fullest.roots.filter(lasts), prepared: fullest.prepared.filter(lasts) };
}

/** Who waits for whom at this instant. */
export async function readBlocking(session: Session): Promise<BlockingTree> {
  const rows = await session.query(activitySql);
  const parties = new Map(rows.map((row) => [Number(row['pid']), readParty(row)]));
  const waiting = [...parties.values()].filter((one) => one.blockedBy.length > 0);
  const blockers = new Set(waiting.flatMap((one) => one.blockedBy));
  const roots = [...blockers].flatMap((pid) => {
    const party = parties.get(pid);
    return party !== undefined && party.blockedBy.length === 0 ? [party] : [];
  });
  const waits: { [event: string]: number } = {};
  for (const row of rows) {
    const event = textOrNull(row, 'event');
    if (event !== null) waits[event] = (waits[event] ?? 0) + 1;
  }
  const prepared = blockers.has(0) ? await session.query(preparedSql) : [];
  return { roots, waiting, waits, prepared: prepared.map((row) => textColumn(row, 'name')) };
}

/** The tree as lines, roots first, each waiting session below the one that it waits for. */
export function drawBlocking(tree: BlockingTree): string[] {
  const lines: string[] = [];
  const drawn = new Set<number>();
  const draw = (party: LockParty, depth: number) => {
    if (drawn.has(party.pid)) return;
    drawn.add(party.pid);
    lines.push(`${'  '.repeat(depth)}${describeParty(party)}`);
    for (const one of tree.waiting) if (one.blockedBy.includes(party.pid)) draw(one, depth + 1);
  };
  for (const name of tree.prepared) lines.push(`prepared transaction ${name}`);
  for (const root of tree.roots) draw(root, 0);
  for (const one of tree.waiting) draw(one, 1);
  return lines;
}

export function describeParty(party: LockParty): string {
  const { pid, user, application, state, stateMs, waitsFor, query } = party;
  const who = `${user}${application === '' ? '' : ` (${application})`}`;
  const wait = waitsFor === null ? '' : `, waits for ${waitsFor}`;
  return `${pid} ${who}: ${state} for ${(stateMs / 1000).toFixed(1)} s${wait}: ${query}`;
}

function readParty(row: Row): LockParty {
  const blockers = row['blockers'];
  return {
    id: textColumn(row, 'id'),
    pid: Number(row['pid']),
    user: textOrNull(row, 'user') ?? 'the server itself',
    application: textOrNull(row, 'application') ?? '',
    state: textOrNull(row, 'state') ?? textColumn(row, 'kind'),
    stateMs: Number(row['state_ms'] ?? 0),
    query: (textOrNull(row, 'query') ?? '').replace(/\s+/g, ' ').trim(),
    waitsFor: textOrNull(row, 'waits_for'),
    blockedBy: Array.isArray(blockers) ? [...new Set(blockers.map(Number))] : [],
  };
}

/** Only those who wait for a lock are asked who blocks them: the question stops the whole lock manager for a moment. */
const activitySql = `
  select a.pid, ${sessionIdSql} as id, a.usename::text as user, a.application_name as application, a.state,
         a.backend_type as kind, left(a.query, 300) as query,
         round(extract(epoch from clock_timestamp() - coalesce(a.state_change, a.backend_start)) * 1000)::int8 as state_ms,
         case when a.wait_event_type is not null and a.state = 'active' then a.wait_event_type || ':' || a.wait_event end as event,
         case when a.wait_event_type = 'Lock' then array_to_json(pg_blocking_pids(a.pid)) else '[]' end as blockers,
         case when a.wait_event_type = 'Lock' then coalesce(
           (select l.mode || ' on ' || coalesce(l.relation::regclass::text, l.locktype) from pg_locks l
             where l.pid = a.pid and not l.granted limit 1), 'a lock') end as waits_for
    from pg_stat_activity a
   where a.pid <> pg_backend_pid() and (a.datname = current_database() or a.datname is null)
   order by a.backend_start`;

const preparedSql = `select quote_literal(gid) || ' of ' || owner as name from pg_prepared_xacts
  where database = current_database() order by prepared`;
