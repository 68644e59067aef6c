import { reserveSlot } from '../../backup/index.js';
import { promoteStandby, readFingerprint } from '../../postgres/index.js';
import { args, defineAction, shown, text } from '../define.js';
import type { ClusterName } from '../environment.js';
import { requireCluster } from './require-cluster.js';

const cluster = { type: 'string', enum: ['standby'] };

export const postgresPromote = defineAction({
  name: 'postgres.promote',
  with: args({ cluster }, ['cluster']),
  outputs: {
    ok: 'whether it takes writes',
    timeline: 'its new timeline, from the name of the log file that it writes',
    replayedTo:
      'position in the log up to which it had replayed: what came later on the old primary is not there',
    fenced: 'whether the old primary was seen to be fenced just before; null: nobody here can tell',
    tookMs: 'how long it took, in milliseconds',
  },
  effect: 'once',
  destroys: false,
  describe: (given) => `Promote the ${shown(given['cluster'])} to primary`,
  preview: () => [
    'SELECT pg_create_physical_replication_slot(<slot of the receiver>, true)',
    'SELECT pg_promote(true, <seconds>)',
    'SELECT pg_walfile_name(pg_current_wal_insert_lsn())',
  ],
  perform: async (given, { environment, signal, output }) => {
    const name = text(given['cluster']) as ClusterName;
    const location = await requireCluster(environment, name);
    await environment.postgres.guard('promote it', location);
    const fence = await environment.regions?.lookAtFence({ signal, output }).catch(() => null);
    // Before the promotion: one that is made while its checkpoint runs is lost with it.
    await reserveSlot(location, environment.wal.slot);
    const done = await promoteStandby(location, 60_000);
    await environment.postgres.assign(name, location);
    // The control file still shows the old timeline.
    const { timeline, inRecovery } = await readFingerprint(location);
    output(`promoted in ${done.durationMs} ms, timeline ${timeline}\n`);
    return {
      outputs: {
        ok: !inRecovery,
        timeline,
        replayedTo: done.replayedTo,
        fenced: fence?.holds ?? null,
        tookMs: done.durationMs,
      },
    };
  },
});

export const postgresIsPrimary = defineAction({
  name: 'postgres.is-primary',
  with: args({ cluster }, ['cluster']),
  outputs: {
    ok: 'whether it runs and takes writes',
    timeline: 'its timeline, from the name of the log file that it writes',
  },
  effect: 'read',
  destroys: false,
  describe: (given) =>
    `See whether the ${shown(given['cluster'])} has become a primary, and on which timeline`,
  preview: () => ['SELECT pg_is_in_recovery(), pg_walfile_name(pg_current_wal_insert_lsn())'],
  perform: async (given, { environment }) => {
    const location = await requireCluster(environment, text(given['cluster']) as ClusterName);
    const { inRecovery, timeline } = await readFingerprint(location);
    return { outputs: { ok: !inRecovery, timeline } };
  },
});
