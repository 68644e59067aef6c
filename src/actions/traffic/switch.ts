import { Failure } from '../../base/index.js';
import { clusterState } from '../../postgres/index.js';
import { addressOf, commandOr } from '../declared-command.js';
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
  preview: (given, environment) => {
    const where = shown(given['to']);
    const known =
      where === 'replacement' ? null : addressOf(environment, where === 'standby' ? where : 'database');
    const otherwise = `<the environment’s command to switch traffic> ${where}`;
    const more = known ?? [`<host of the ${where}>`, '<port>'];
    return [commandOr(environment, 'traffic.switch', otherwise, more)];
  },
  perform: async (given, { environment, signal, output }) => {
    const name = text(given['to']) as ClusterName;
    const location = await environment.postgres.find(name);
    const { postgres } = environment;
    const found = location === null ? 'absent' : await (postgres.state?.(location) ?? clusterState(location));
    if (location === null || found === 'absent')
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
  outputs: {
    ok: 'whether clients are sent there',
    port: 'port of the cluster that clients reach; null: they are sent nowhere',
  },
  effect: 'read',
  destroys: false,
  describe: (given) => `See whether clients are sent to the ${shown(given['to'])} cluster`,
  preview: (_given, environment) => [
    commandOr(environment, 'traffic.target', '<the environment’s command that tells where traffic goes>'),
  ],
  perform: async (given, { environment }) => {
    if ((await environment.traffic.isClosed?.()) === true) return { outputs: { ok: false, port: null } };
    const [target, location] = await Promise.all([
      environment.traffic.target(),
      environment.postgres.find(text(given['to']) as ClusterName),
    ]);
    const ok = target.port === location?.port && target.host === location.host;
    return { outputs: { ok, port: target.port } };
  },
});
