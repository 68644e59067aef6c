import { hasTool, runTool } from '../../postgres/index.js';
import { attempt } from './attempt.js';
import { checkForeignKeys } from './check-foreign-keys.js';
import { checkCollations, checkSequences } from './check-sequences.js';
import { inside, insideEach } from './inside.js';
import type { Restored } from './restored.js';
import { judge, notRun, together, type Outcome } from './verification.js';

const mostLines = 10;

/** Test 7, the part with a running server: amcheck of everything, beside it foreign keys, sequences, collation versions. */
export async function checkStructure(restored: Restored): Promise<Outcome> {
  const { location } = restored;
  const [amcheck, ...others] = await Promise.all([
    attempt(async () => checkRelations(restored)),
    attempt(async () => checkForeignKeys(location)),
    attempt(async () => checkSequences(restored)),
    attempt(async () => checkCollations(location)),
  ]);
  return together([amcheck, ...others]);
}

async function checkRelations({ tools, location, signal }: Restored): Promise<Outcome> {
  if (!(await hasTool(tools, 'pg_amcheck')))
    return notRun('pg_amcheck is not installed: it comes with PostgreSQL’s server package');
  const [available] = await inside(location, location.database, async (session) =>
    session.query(`select 1 as one from pg_available_extensions where name = 'amcheck'`),
  );
  if (available === undefined)
    return notRun('the extension amcheck is not available to the server: it comes with postgresql-contrib');
  const said: Buffer[] = [];
  // Installs the extension where it is missing: this is a copy, and the check that locks is allowed here.
  const args = ['--all', '--install-missing', '--heapallindexed', '--parent-check', '--jobs=2', '-w'];
  const problems = await runTool(tools, 'pg_amcheck', args, {
    ...{ location, signal },
    onOutput: (chunk) => said.push(chunk),
  }).then(
    () => [],
    (failure: unknown) => [
      failure instanceof Error ? failure.message : String(failure),
      ...Buffer.concat(said).toString('utf8').trim().split('\n').slice(0, mostLines),
    ],
  );
  const others = await insideEach(location, async (session) =>
    session.query(`select count(*)::text as count from pg_class c join pg_am a on a.oid = c.relam
       where c.relkind = 'i' and a.amname <> 'btree'`),
  );
  const unchecked = others.reduce((sum, [row]) => sum + Number(row?.['count'] ?? 0), 0);
  return judge(problems, [
    'amcheck found nothing in any heap or B-tree',
    ...(unchecked === 0 ? [] : [`not covered: ${unchecked} indexes of other kinds, which no tool checks`]),
  ]);
}

/** Test 7, the part without a server: every page's checksum, read from disk. */
export async function checkPages({ tools, location, signal }: Restored): Promise<Outcome> {
  const lines: Buffer[] = [];
  const text = () => Buffer.concat(lines).toString('utf8');
  try {
    await runTool(tools, 'pg_checksums', ['--check', '-D', location.dataDirectory], {
      ...{ location, signal },
      onOutput: (chunk) => lines.push(chunk),
    });
  } catch (failure) {
    if (signal?.aborted === true) throw failure;
    if (/data checksums are not enabled/.test(text()))
      return judge([], ['not covered: the cluster has no checksums, so pages tell nothing of themselves']);
    const message = failure instanceof Error ? failure.message : String(failure);
    const found = text()
      .split('\n')
      .filter((line) => /checksum verification failed|could not/.test(line));
    return judge([message, ...found.slice(0, mostLines)], []);
  }
  const blocks = /Blocks scanned:\s+(\d+)/.exec(text())?.[1] ?? 'all';
  return judge([], [`pg_checksums: ${blocks} blocks, no bad checksum`]);
}
