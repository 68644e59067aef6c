import { findLongQueries } from '../../postgres/index.js';
import { args, defineAction, shown } from '../define.js';
import { asAdministrator, secondsOf } from './diagnosing.js';

export const longQueryArgs = {
  seconds: { type: 'number', minimum: 0.1, description: 'longer than this is too long; 60 unless told' },
};

export const postgresLongQueries = defineAction({
  name: 'postgres.long-queries',
  with: args(longQueryArgs),
  outputs: {
    ok: 'whether no query of a client has been running for too long',
    queries: 'those that have, longest first, as pid@start/start',
    count: 'how many',
    said: 'one line for each',
  },
  effect: 'read',
  destroys: false,
  describe: (given) =>
    `Look for queries that have been running for more than ${shown(given['seconds'], '60')} s`,
  preview: () => [
    "SELECT … FROM pg_stat_activity WHERE state = 'active' AND clock_timestamp() - query_start > <limit>",
  ],
  perform: async (given, { environment, output }) => {
    const found = await asAdministrator(environment, { readOnly: true }, (session) =>
      findLongQueries(session, secondsOf(given['seconds'], 60)),
    );
    const said = found.map(
      (one) =>
        `${one.pid} ${one.user} (${one.application}), running for ${(one.runningMs / 1000).toFixed(1)} s: ${one.query}`,
    );
    for (const line of said) output(`${line}\n`);
    return {
      outputs: { ok: found.length === 0, queries: found.map((one) => one.id), count: found.length, said },
    };
  },
});
