import type { JsonObject } from '../../base/index.js';
import { drawBlocking, watchBlocking, type BlockingTree } from '../../postgres/index.js';
import { args, defineAction } from '../define.js';
import { asAdministrator } from './diagnosing.js';

export const postgresBlockingTree = defineAction({
  name: 'postgres.blocking-tree',
  with: args(),
  outputs: {
    ok: 'whether nobody was kept waiting for a lock for half a second',
    roots: 'sessions that make others wait and wait for nobody, as pid@start',
    rootCount: 'how many, prepared transactions included',
    rootState: 'state of the first of them: idle in transaction, active, …',
    waiting: 'how many sessions wait for a lock',
    tree: 'who waits for whom, one line a session',
    waits: 'what sessions were waiting for, with how many',
  },
  effect: 'read',
  destroys: false,
  describe: () => 'See for a second who waits for whose lock, down to the session that waits for nobody',
  preview: () => [
    "SELECT …, pg_blocking_pids(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' (again and again for a second)",
  ],
  perform: async (_given, { environment, signal, output }) => {
    const tree = await asAdministrator(environment, { readOnly: true }, (session) =>
      watchBlocking(session, { signal }),
    );
    for (const line of drawBlocking(tree)) output(`${line}\n`);
    if (tree.roots.length + tree.prepared.length === 0) output('nobody is kept waiting for a lock\n');
    return { outputs: blockingOutputs(tree) };
  },
});

export function blockingOutputs(tree: BlockingTree): JsonObject {
  const rootCount = tree.roots.length + tree.prepared.length;
  return {
    ok: rootCount === 0,
    roots: tree.roots.map((one) => one.id),
    rootCount,
    rootState: tree.roots[0]?.state ?? (tree.prepared.length > 0 ? 'prepared transaction' : null),
    waiting: tree.waiting.length,
    tree: drawBlocking(tree),
    waits: Object.entries(tree.waits).map(([event, count]) => `${event}: ${count}`),
  };
}
