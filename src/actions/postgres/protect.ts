import { setTimeout as delay } from 'node:timers/promises';
import { isReceiving, startWalReceiver, stopWalReceiver } from '../../backup/index.js';
import { args, defineAction } from '../define.js';
import type { Environment } from '../environment.js';

/** How long a stream may be between two states, such as at the change to a new timeline, before it counts as broken. */
const patienceMs = 3000;

/** A receiver lives, and the server that clients reach now is the one that streams to it. */
async function isProtected(environment: Environment): Promise<boolean> {
  if (!(await isReceiving(environment.wal.directory))) return false;
  const session = await environment.postgres.connect({ readOnly: true });
  try {
    for (const deadline = performance.now() + patienceMs; ;) {
      const rows = await session.query(
        `select 1 from pg_stat_replication r join pg_replication_slots s on s.active_pid = r.pid
          where s.slot_name = $1 and r.state = 'streaming'`,
        [environment.wal.slot],
      );
      if (rows.length > 0) return true;
      if (performance.now() > deadline) return false;
      await delay(100);
    }
  } finally {
    await session.end();
  }
}

export const postgresProtect = defineAction({
  name: 'postgres.protect',
  with: args(),
  outputs: { ok: 'whether the log of the current primary streams to the second place' },
  effect: 'idempotent',
  destroys: false,
  describe: () =>
    'Stream the log of the cluster that clients reach to the second place, on a slot of its own',
  preview: () => [
    'pg_receivewal -D <wal folder> -S <slot> --create-slot --if-not-exists',
    'pg_receivewal -D <wal folder> -S <slot> --synchronous --no-loop',
  ],
  perform: async (_given, { environment, signal }) => {
    if (await isProtected(environment)) return { outputs: { ok: true } };
    const { directory, slot } = environment.wal;
    const server = await environment.postgres.current();
    await environment.postgres.guard('make a replication slot', server);
    const location = environment.wal.reach?.(server) ?? server;
    await stopWalReceiver(directory);
    await startWalReceiver({ tools: environment.tools, location, directory, slot, signal });
    return { outputs: { ok: await isProtected(environment) } };
  },
});

export const postgresIsProtected = defineAction({
  name: 'postgres.is-protected',
  with: args(),
  outputs: { ok: 'whether the log of the current primary streams to the second place' },
  effect: 'read',
  destroys: false,
  describe: () => 'See whether the log of the cluster that clients reach streams to the second place',
  preview: () => ['SELECT … FROM pg_stat_replication JOIN pg_replication_slots …'],
  perform: async (_given, { environment }) => ({ outputs: { ok: await isProtected(environment) } }),
});
