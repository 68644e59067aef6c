import { Failure } from '../../base/index.js';
import { clusterState } from '../../postgres/index.js';
import { args, defineAction, shown, text } from '../define.js';
import type { ClusterName } from '../environment.js';

const to = {
  type: 'string',
  enum: ['primary', 'replacement', 'standby'],
  description: 'which cluster clients shall reach',
};

export const trafficSwitch = defineAction({
  name: 'traffic.switch',
  with: args({ to }, ['to']),
  outputs: { ok: 'whether clients are now sent there', port: 'port of the cluster that clients reach' },
  effect: 'idempotent',
  destroys: false,
  describe: (given) => `Send clients to the ${shown(given['to'])} cluster`,
  preview: (given) => [`<the environment’s command to switch traffic> ${shown(given['to'])}`],
  perform: async (given, { environment, signal, output }) => {
    const name = text(given['to']) as ClusterName;
    const location = await environment.postgres.find(name);
    if (location === null || (await clusterState(location)) === 'absent')
      throw new Failure('refused', `there is no ${name} cluster to send clients to`, {
        hint: 'Restore one first.',
      });
    await environment.postgres.guard('switch traffic', location);
    await environment.traffic.switchTo(location, { signal, output });
    const target = await environment.traffic.target({ signal, output });
    return {
      outputs: { ok: target.port === location.port && target.host === location.host, port: target.port },
    };
  },
});

export const trafficPointsTo = defineAction({
  name: 'traffic.points-to',
  with: args({ to }, ['to']),
  outputs: { ok: 'whether clients are sent there', port: 'port of the cluster that clients reach' },
  effect: 'read',
  destroys: false,
  describe: (given) => `See whether clients are sent to the ${shown(given['to'])} cluster`,
  preview: () => ['<the environment’s command that tells where traffic goes>'],
  perform: async (given, { environment }) => {
    const [target, location] = await Promise.all([
      environment.traffic.target(),
      environment.postgres.find(text(given['to']) as ClusterName),
    ]);
    const ok = target.port === location?.port && target.host === location.host;
    return { outputs: { ok, port: target.port } };
  },
});
