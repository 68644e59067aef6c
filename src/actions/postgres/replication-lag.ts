import { formatAge, formatSize } from '../../base/index.js';
import { compareLsn, replicationLag, standbyReach } from '../../postgres/index.js';
import { args, defineAction, shown, text } from '../define.js';
import type { ClusterName } from '../environment.js';
import { requireCluster } from './require-cluster.js';

export const postgresReplicationLag = defineAction({
  name: 'postgres.replication-lag',
  with: args({
    standby: { type: 'string', description: 'application name of one standby; all when not given' },
  }),
  outputs: {
    ok: 'whether somebody streams from the primary, and all of them confirm what they receive',
    synchronous: 'whether a commit waits for a standby before it is acknowledged',
    mode: 'which settings say so',
    behindBytes: 'how much of the log the one furthest behind has not confirmed; null: nobody streams',
    standbys: 'each of them, in words',
  },
  effect: 'read',
  destroys: false,
  describe: ({ standby }) =>
    `Ask the primary how far ${standby === undefined ? 'everybody who streams from it' : shown(standby)} is behind`,
  preview: () => [
    'SELECT …, pg_wal_lsn_diff(pg_current_wal_flush_lsn(), flush_lsn) FROM pg_stat_replication',
  ],
  perform: async (given, { environment, output }) => {
    const session = await environment.postgres.connect({ readOnly: true });
    const lag = await replicationLag(session).finally(() => session.end());
    const wanted = given['standby'];
    const those = lag.receivers.filter((one) => wanted === undefined || one.name === wanted);
    const standbys = those.map(
      ({ name, state, sync, behindBytes }) =>
        `${name}: ${state}, ${sync}, ${behindBytes === null ? 'confirms nothing' : `${formatSize(behindBytes)} behind`}`,
    );
    output(`${lag.said}\n`);
    for (const line of standbys) output(`${line}\n`);
    const behind = those.map((one) => one.behindBytes);
    const known = behind.filter((bytes) => bytes !== null);
    return {
      outputs: {
        ok: those.length > 0 && known.length === those.length,
        synchronous: lag.synchronous,
        mode: lag.said,
        behindBytes: known.length === 0 ? null : Math.max(...known),
        standbys,
      },
    };
  },
});

export const postgresStandbyReach = defineAction({
  name: 'postgres.standby-reach',
  with: args({ cluster: { type: 'string', enum: ['standby'] } }, ['cluster']),
  outputs: {
    ok: 'whether it answers, is a standby and has replayed everything that it has received',
    replayedTo: 'position in the log up to which it has replayed',
    lastCommitAt: 'time of the last commit that it has (UTC)',
    lastCommitAgoMs: 'how long ago that was, in milliseconds',
    said: 'the same in words: what would be lost with the primary',
  },
  effect: 'read',
  destroys: false,
  describe: (given) => `Ask the ${shown(given['cluster'])} itself how far it has come`,
  preview: () => [
    'SELECT pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn(), pg_last_xact_replay_timestamp()',
  ],
  perform: async (given, { environment, output }) => {
    const location = await requireCluster(environment, text(given['cluster']) as ClusterName);
    const session = await environment.postgres.connect({ location, readOnly: true });
    const reach = await standbyReach(session).finally(() => session.end());
    const { isStandby, receivedTo, replayedTo, lastCommitAt, lastCommitAgoMs } = reach;
    // A figure that is read later: it must not say "ago".
    const ago = lastCommitAgoMs === null ? '' : `, ${formatAge(lastCommitAgoMs)} before it was asked`;
    const said = `every commit up to ${lastCommitAt ?? 'a time that is not known'}${ago} (${replayedTo === null ? 'nothing replayed' : `log position ${replayedTo}`})`;
    output(`the ${text(given['cluster'])} has ${said}\n`);
    const ok =
      isStandby && replayedTo !== null && (receivedTo === null || compareLsn(replayedTo, receivedTo) >= 0);
    return { outputs: { ok, replayedTo, lastCommitAt, lastCommitAgoMs, said } };
  },
});
