import { stat } from 'node:fs/promises';
import { feedStandby, lackingInStandby } from '../../backup/index.js';
import { Failure } from '../../base/index.js';
import type { LogBeyond } from '../../postgres/index.js';
import { args, defineAction, shown, text } from '../define.js';
import type { ClusterName } from '../environment.js';
import { requireCluster } from './require-cluster.js';

const cluster = { type: 'string', enum: ['standby'] };

export const postgresCatchUp = defineAction({
  name: 'postgres.catch-up',
  with: args({ cluster }, ['cluster']),
  outputs: {
    ok: 'whether it has every commit of the received log now',
    commits: 'how many of them it lacked',
    lastAt: 'time of the last one that it lacked (UTC)',
    reach: '`complete` where it lacked none, `incomplete` where it did',
    reachSaid: 'the same in words',
  },
  effect: 'idempotent',
  destroys: false,
  describe: (given) =>
    `Give the ${shown(given['cluster'])} every commit that a receiver of the log has and the ${shown(given['cluster'])} lacks`,
  preview: () => [
    'pg_waldump <received log from where the standby is> (commits that it lacks; with none, nothing more is done)',
    "ALTER SYSTEM SET restore_command = 'cp <received log>/%f %p || … || exit 1'; SELECT pg_reload_conf()",
    'kill -TERM <the standby’s hanging receiver>',
    'SELECT pg_last_wal_replay_lsn(), until the last of those commits is replayed',
    'ALTER SYSTEM RESET restore_command; SELECT pg_reload_conf()',
  ],
  perform: async (given, { environment, signal, output }) => {
    const name = text(given['cluster']) as ClusterName;
    const standby = await requireCluster(environment, name);
    const { directory } = environment.wal;
    await requireHere(name, standby.dataDirectory);
    await environment.postgres.guard('give it the received log', standby);
    const lacked = await feedStandby({ tools: environment.tools, standby, directory, signal });
    const reachSaid = spell(name, lacked);
    output(`${reachSaid}\n`);
    const { commits, lastAt } = lacked;
    const reach = commits > 0 ? 'incomplete' : 'complete';
    return { outputs: { ok: true, commits, lastAt, reach, reachSaid } };
  },
});

export const postgresIsCaughtUp = defineAction({
  name: 'postgres.is-caught-up',
  with: args({ cluster }, ['cluster']),
  outputs: {
    ok: 'whether it has replayed every commit of the received log, and goes on as before',
    commits: 'how many of them it lacks',
    said: 'the same in words',
  },
  effect: 'read',
  destroys: false,
  describe: (given) =>
    `See whether the ${shown(given['cluster'])} has replayed every commit of the received log`,
  preview: () => ['pg_waldump <received log from where the standby is>'],
  perform: async (given, { environment, signal, output }) => {
    const name = text(given['cluster']) as ClusterName;
    const standby = await requireCluster(environment, name);
    const { directory } = environment.wal;
    const lacks = await lackingInStandby({ tools: environment.tools, standby, directory, signal });
    const said =
      `the ${name} lacks ${lacks.commits} commits of the received log${lacks.lastAt === null ? '' : `, the last of ${lacks.lastAt}`}` +
      (lacks.wayOpen ? '; its restore_command of an attempt that was broken off is still there' : '');
    output(`${said}\n`);
    return { outputs: { ok: lacks.commits === 0 && !lacks.wayOpen, commits: lacks.commits, said } };
  },
});

function spell(name: string, { commits, lastAt }: LogBeyond): string {
  if (commits === 0) return `the ${name} has every commit of the received log`;
  return `the ${name} lacked ${commits} commits of the received log, the last of ${lastAt ?? 'a time that is not known'}; it has them now`;
}

/** Its server reads the folder with the log. */
async function requireHere(name: string, dataDirectory: string): Promise<void> {
  if (await stat(dataDirectory).catch(() => null)) return;
  throw new Failure('unavailable', `the ${name}’s data directory ${dataDirectory} is not on this machine`, {
    hint: `On the ${name}’s machine, set restore_command to a copy of the received log, reload, wait until pg_last_wal_replay_lsn() stands still, reset it, and choose "Done by hand".`,
    retryable: false,
  });
}
