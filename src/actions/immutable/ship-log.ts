import { commandOr } from '../declared-command.js';
import { args, defineAction } from '../define.js';
import { immutableCopy } from './outside.js';

export const storeShipLog = defineAction({
  name: 'store.ship-log',
  with: args(),
  outputs: { ok: 'whether the log is brought there from now on', upTo: 'how far it reaches there (LSN)' },
  effect: 'idempotent',
  destroys: false,
  describe: () =>
    'Bring the complete log of the cluster that clients reach into the immutable store, and go on doing so',
  preview: (_given, environment) =>
    environment?.kind === 'declared'
      ? [commandOr(environment, 'immutable.ship.start', '')]
      : ['SELECT pg_switch_wal()', 'zstd | age -e … | S3 PutObject wal/<system>/<segment>.zst.age'],
  perform: async (_given, { environment, signal, output }) => {
    const copy = immutableCopy(environment);
    const upTo = await copy.ship({ signal, output });
    return { outputs: { ok: (await copy.isShipping({ signal, output })) && upTo !== null, upTo } };
  },
});

export const storeLogIsShipped = defineAction({
  name: 'store.log-is-shipped',
  with: args(),
  outputs: { ok: 'whether what brings the log there is at work' },
  effect: 'read',
  destroys: false,
  describe: () => 'See whether the log is being brought into the immutable store',
  preview: (_given, environment) => [
    commandOr(environment, 'immutable.ship.isRunning', '<process that ships the log>'),
  ],
  perform: async (_given, { environment, signal, output }) => ({
    outputs: { ok: await immutableCopy(environment).isShipping({ signal, output }) },
  }),
});
