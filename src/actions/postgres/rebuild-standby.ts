import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { reserveSlot } from '../../backup/index.js';
import { Failure } from '../../base/index.js';
import {
  clusterState,
  copyAsStandby,
  followPrimary,
  killCluster,
  makeOwnedDirectory,
  prepareRewind,
  rewindCluster,
  startCluster,
  stopCluster,
  withSession,
  type ClusterLocation,
  type StandbyRequest,
} from '../../postgres/index.js';
import { commandOr, declaredAt } from '../declared-command.js';
import { args, defineAction, shown, text } from '../define.js';
import type { ClusterName, Environment } from '../environment.js';
import { requireCluster } from './require-cluster.js';

const cluster = { type: 'string', enum: ['primary'] };
const slot = 'region_a';

const onFiles = [
  'pg_ctl stop -m fast -D <data directory> (or kill, when it does not answer)',
  'pg_rewind --target-pgdata=<data directory> --source-server=<primary that clients reach>',
  'where that is not possible: rm -r <data directory>; pg_basebackup -D <data directory> -X stream -S <slot>',
  'standby.signal, primary_conninfo, primary_slot_name; pg_ctl start -D <data directory>',
];

export const postgresRebuildStandby = defineAction({
  name: 'postgres.rebuild-standby',
  with: args(
    {
      cluster,
      copy: { type: 'boolean', default: false, description: 'a fresh copy, whatever pg_rewind could do' },
    },
    ['cluster'],
  ),
  outputs: {
    ok: 'whether it streams from the primary that clients reach',
    way: 'rewound, copied afresh, or by the environment’s command',
    why: 'why it was copied; null: it was not',
  },
  effect: 'idempotent',
  destroys: true,
  describe: (given) =>
    `Make the former ${shown(given['cluster'])} a standby of the new one; what only it had written is thrown away`,
  preview: (_given, environment) => {
    const key = 'standby.rebuild';
    if (environment !== undefined && declaredAt(environment, key) !== undefined)
      return [
        `SELECT pg_create_physical_replication_slot('${slot}', true)`,
        commandOr(environment, key, '', ['<host>', '<port>']),
      ];
    return onFiles;
  },
  perform: async (given, { environment, signal, output }) => {
    const { tools, postgres } = environment;
    const name = text(given['cluster']) as ClusterName;
    const standby = await requireCluster(environment, name);
    const primary = await postgres.current();
    requireOther(name, standby, primary);
    if (await streams(environment, standby, primary)) {
      // One that was interrupted after its start has its note still to come.
      if ((await postgres.keepsOwn?.(standby)) === true) await postgres.assign(name, standby);
      return { outputs: { ok: true, way: 'rewound', why: null } };
    }
    if (postgres.rebuild !== undefined) {
      await reserveSlot(primary, slot);
      await postgres.rebuild(standby, primary, slot, { signal, output });
      const follows = await becomesStandby(environment, standby, primary);
      return { outputs: { ok: follows, way: 'by the environment’s command', why: null } };
    }
    await postgres.guard(`make the former ${name} a standby`, standby);
    await reserveSlot(primary, slot);
    // What it refuses is refused while the former primary still runs.
    if (given['copy'] !== true) await prepareRewind(primary);
    const own = (await postgres.keepOwn?.(standby)) ?? null;
    await stopOrKill(environment, standby, signal);
    const request: StandbyRequest = { tools, primary, standby, slot, signal };
    const why = given['copy'] === true ? 'asked for' : await rewind(request);
    if (why !== null) {
      output(`copied afresh: ${why}\n`);
      await postgres.guard(`replace the files of the former ${name}`, standby);
      await rm(standby.dataDirectory, { recursive: true, force: true });
      await makeOwnedDirectory(standby.dataDirectory, standby.account);
      await own?.noteEmptied();
      await copyAsStandby(request);
    }
    if (own !== null) {
      await own.restoreSettings();
      await followPrimary(request);
    }
    // At the declared address it would stand before the fence, where clients look for the service.
    if (own === null) await startCluster(tools, standby);
    else await own.start({ signal, output });
    await postgres.assign(name, standby);
    const ok = await becomesStandby(environment, standby, primary);
    return { outputs: { ok, way: why === null ? 'rewound' : 'copied', why } };
  },
});

export const postgresIsStandby = defineAction({
  name: 'postgres.is-standby',
  with: args({ cluster }, ['cluster']),
  outputs: { ok: 'whether it streams from the primary that clients reach' },
  effect: 'read',
  destroys: false,
  describe: (given) => `See whether the former ${shown(given['cluster'])} streams from the new one`,
  preview: () => ['SELECT … FROM pg_stat_wal_receiver', 'SELECT … FROM pg_stat_replication'],
  perform: async (given, { environment }) => {
    const standby = await requireCluster(environment, text(given['cluster']) as ClusterName);
    return { outputs: { ok: await streams(environment, standby, await environment.postgres.current()) } };
  },
});

function requireOther(name: string, standby: ClusterLocation, primary: ClusterLocation): void {
  if (standby.dataDirectory !== primary.dataDirectory) return;
  throw new Failure(
    'refused',
    `refused to rebuild the ${name}: clients reach the cluster in ${standby.dataDirectory}`,
    {
      hint: 'Promote the other one and send clients there first.',
    },
  );
}

async function stopOrKill(
  { tools, postgres }: Environment,
  standby: ClusterLocation,
  signal: AbortSignal,
): Promise<void> {
  if ((await clusterState(standby)) !== 'running') return;
  // A server of a service manager would be started again behind our back.
  if ((await postgres.stop?.(standby, { signal })) === true) return;
  await stopCluster(tools, standby, 'fast', { timeoutMs: 15_000 }).catch(async (failure: unknown) => {
    if (!(failure instanceof Failure) || failure.reason !== 'timeout') throw failure;
    await killCluster(standby);
  });
}

/** Null when it worked; else why not. */
async function rewind(request: StandbyRequest): Promise<string | null> {
  try {
    await rewindCluster(request);
    await followPrimary(request);
    return null;
  } catch (failure) {
    if (failure instanceof Failure && failure.reason === 'exit-code') return failure.message;
    throw failure;
  }
}

/** It follows this very primary: both sides say so, and by the same slot. */
async function streams(
  { postgres }: Environment,
  standby: ClusterLocation,
  primary: ClusterLocation,
): Promise<boolean> {
  const found = await (postgres.state?.(standby) ?? clusterState(standby));
  if (found !== 'running') return false;
  try {
    const session = await postgres.connect({ location: primary, readOnly: true });
    const sent = await session
      .query(
        `select 1 from pg_stat_replication r join pg_replication_slots s on s.active_pid = r.pid
          where s.slot_name = $1 and r.state = 'streaming'`,
        [slot],
      )
      .finally(() => session.end());
    const at = postgres.behindFence?.(standby) ?? standby;
    const received = await withSession(at, { readOnly: true, connectTimeoutMs: 3000 }, async (other) =>
      other.query(`select 1 from pg_stat_wal_receiver where status = 'streaming' and slot_name = $1`, [slot]),
    );
    return sent.length > 0 && received.length > 0;
  } catch (failure) {
    if (failure instanceof Failure && failure.reason === 'unavailable') return false;
    throw failure;
  }
}

async function becomesStandby(
  environment: Environment,
  standby: ClusterLocation,
  primary: ClusterLocation,
): Promise<boolean> {
  for (const deadline = performance.now() + 30_000; ;) {
    if (await streams(environment, standby, primary)) return true;
    if (performance.now() > deadline) return false;
    await delay(50);
  }
}
