import { reserveSlot } from '../../backup/index.js';
import { Failure } from '../../base/index.js';
import { promoteStandby, readFingerprint } from '../../postgres/index.js';
import { addressOf } from '../declared-command.js';
import { args, defineAction, shown, text } from '../define.js';
import type { ClusterName, CommandOptions, Environment } from '../environment.js';
import { requireCluster } from './require-cluster.js';

const cluster = { type: 'string', enum: ['standby'] };

export const postgresPromote = defineAction({
  name: 'postgres.promote',
  with: args(
    {
      cluster,
      unfenced: {
        type: 'string',
        minLength: 1,
        maxLength: 500,
        description:
          'why it is promoted although the old primary is not shown to be fenced, in the words of whoever decided that; without it that is refused',
      },
    },
    ['cluster'],
  ),
  outputs: {
    ok: 'whether it takes writes',
    timeline: 'its new timeline, from the name of the log file that it writes',
    replayedTo:
      'position in the log up to which it had replayed: what came later on the old primary is not there',
    fenced:
      'whether the old primary was seen to be fenced just before; false only where somebody decided to go on all the same',
    tookMs: 'how long it took, in milliseconds',
  },
  effect: 'once',
  destroys: false,
  describe: ({ cluster, unfenced }) =>
    `Promote the ${shown(cluster)} to primary${unfenced === undefined ? '; refused unless the old primary is shown to be fenced' : ` without a proven fence: ${shown(unfenced)}`}`,
  preview: (_given, environment) => [
    `on ${addressOf(environment, 'standby')?.join(':') ?? 'the standby'}: compare its fingerprint, ask whether the old primary is fenced`,
    'SELECT pg_create_physical_replication_slot(<slot of the receiver>, true)',
    'SELECT pg_promote(true, <seconds>)',
    'SELECT pg_walfile_name(pg_current_wal_insert_lsn())',
  ],
  perform: async (given, { environment, signal, output }) => {
    const name = text(given['cluster']) as ClusterName;
    const location = await requireCluster(environment, name);
    await environment.postgres.guard('promote it', location);
    const fenced = await requireFence(environment, given['unfenced'], { signal, output });
    // Before the promotion: one that is made while its checkpoint runs is lost with it.
    const slot = slotOf(environment);
    if (slot === null) output('no stream of the log is declared (`wal`): nothing keeps it for a receiver\n');
    else await reserveSlot(location, slot);
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
        fenced,
        tookMs: done.durationMs,
      },
    };
  },
});

/** Two primaries cannot be put together again: whoever risks them says so, and the record keeps the words. */
async function requireFence(
  environment: Environment,
  unfenced: unknown,
  options: CommandOptions,
): Promise<boolean> {
  const { holds, said } = await lookAtFence(environment, options);
  options.output?.(`the old primary: ${said}\n`);
  if (holds) return true;
  if (typeof unfenced === 'string') {
    options.output?.(`promoted all the same: ${unfenced}\n`);
    return false;
  }
  throw new Failure('refused', `refused to promote: the old primary is not shown to be fenced: ${said}`, {
    hint: 'Nothing was changed. Shut it off and let `region.is-fenced` prove it; to go on without, a person has to decide it (`unfenced: <why>`).',
  });
}

async function lookAtFence({ name, regions }: Environment, options: CommandOptions) {
  if (regions === null) return { holds: false, said: `environment ${name} has no fence that could be asked` };
  return regions.lookAtFence(options).catch((failure: unknown) => {
    if (failure instanceof Failure && failure.reason !== 'cancelled')
      return { holds: false, said: failure.message };
    throw failure;
  });
}

/** Null where no stream of the log is declared: a promotion does not wait for one. */
function slotOf(environment: Environment): string | null {
  try {
    return environment.wal.slot;
  } catch (failure) {
    if (failure instanceof Failure && failure.reason === 'unavailable') return null;
    throw failure;
  }
}

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
