import { Failure } from '../../base/index.js';
import { commandOr } from '../declared-command.js';
import { args, defineAction } from '../define.js';

export const trafficClose = defineAction({
  name: 'traffic.close',
  with: args(),
  outputs: { ok: 'whether clients are sent nowhere' },
  effect: 'idempotent',
  destroys: false,
  describe: () => 'Send clients nowhere, so that nobody reaches the database any more',
  preview: (_given, environment) => [
    commandOr(environment, 'traffic.close', '<the environment’s command to send clients nowhere>'),
  ],
  perform: async (_given, { environment, signal, output }) => {
    const { traffic, name } = environment;
    if (traffic.close === undefined || traffic.isClosed === undefined)
      throw new Failure('unavailable', `environment ${name} has no way to send clients nowhere`, {
        hint: 'Close the database’s port at the firewall or the load balancer, then choose "Done by hand".',
        retryable: false,
      });
    await traffic.close({ signal, output });
    return { outputs: { ok: await traffic.isClosed({ signal, output }) } };
  },
});

export const trafficIsClosed = defineAction({
  name: 'traffic.is-closed',
  with: args(),
  outputs: { ok: 'whether clients are sent nowhere' },
  effect: 'read',
  destroys: false,
  describe: () => 'See whether clients are sent nowhere',
  preview: (_given, environment) => [
    commandOr(environment, 'traffic.target', '<the environment’s command that tells where traffic goes>'),
  ],
  perform: async (_given, { environment: { traffic }, signal, output }) => ({
    outputs: { ok: (await traffic.isClosed?.({ signal, output })) === true },
  }),
});
