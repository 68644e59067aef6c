import { findReceiver, setAside } from '../../backup/index.js';
import { isFrozen } from '../../children/index.js';
import { clusterState } from '../../postgres/index.js';
import { args, defineAction } from '../define.js';
import type { Environment } from '../environment.js';

async function isSetAside({ postgres }: Environment): Promise<boolean> {
  const [aside, primary] = await Promise.all([postgres.find('set-aside'), postgres.find('primary')]);
  if (aside === null || primary === null) return false;
  return (await clusterState(aside)) === 'stopped' && (await clusterState(primary)) === 'absent';
}

export const postgresSetAside = defineAction({
  name: 'postgres.set-aside',
  with: args(),
  outputs: {
    ok: 'whether it is stopped and renamed',
    stoppedBy: 'how it was stopped',
    clean: 'whether it shut down cleanly; if not, its last commits may exist only in its own pg_wal',
    place: 'where its files are now',
  },
  effect: 'once',
  destroys: false,
  describe: () => 'Stop the primary and rename its data directory; no byte is copied or removed',
  preview: () => [
    'pg_ctl stop -m fast -t 240 -D <data directory> (then immediate, then kill)',
    'mv <data directory> <set-aside folder>',
  ],
  perform: async (_given, { environment, signal, output }) => {
    const { postgres } = environment;
    const primary = (await postgres.find('primary')) ?? (await postgres.current());
    await postgres.guard('stop the primary and put it aside', primary);
    const place = await postgres.locate('set-aside');
    const receiver = await findReceiver(environment.wal.directory);
    const done = await setAside(
      environment.tools,
      primary,
      place.dataDirectory,
      async () => (postgres.stop === undefined ? false : postgres.stop(primary, { signal, output })),
      undefined,
      (line) => {
        output(`${line}\n`);
        // Whoever reads this in time loses nothing.
        if (receiver !== null && isFrozen(receiver))
          output(
            `the receiver of the log, process ${receiver.pid}, is frozen: \`kill -CONT ${receiver.pid}\` lets it take the rest\n`,
          );
      },
    );
    await postgres.assign('set-aside', place);
    output(`stopped (${done.stoppedBy}), now in ${place.dataDirectory}\n`);
    if (!done.clean)
      output(`it did not stop cleanly: the last commits may exist only in ${place.dataDirectory}/pg_wal\n`);
    return {
      outputs: {
        ok: await isSetAside(environment),
        stoppedBy: done.stoppedBy,
        clean: done.clean,
        place: place.dataDirectory,
      },
    };
  },
});

export const postgresIsSetAside = defineAction({
  name: 'postgres.is-set-aside',
  with: args(),
  outputs: { ok: 'whether the primary is stopped and renamed' },
  effect: 'read',
  destroys: false,
  describe: () => 'See whether the primary is stopped and its data directory renamed',
  preview: () => ['<data directory of the primary>', '<set-aside folder>/postmaster.pid'],
  perform: async (_given, { environment }) => ({ outputs: { ok: await isSetAside(environment) } }),
});
