import type { EnvironmentPlan } from '../../language/index.js';
import { addressOf, commandOr, declaredAt } from '../declared-command.js';
import { args, defineAction } from '../define.js';
import { regionsOf } from './require-regions.js';

export const regionFence = defineAction({
  name: 'region.fence',
  with: args({ why: { type: 'string', maxLength: 200, description: 'what refused clients are told' } }),
  outputs: {
    ok: 'whether the fence holds: a client at the old address was turned away by it',
    epoch: 'number of this fence; null where the environment does not count them',
    said: 'what a client at the old address was told',
  },
  effect: 'idempotent',
  destroys: false,
  describe: () => 'Send clients nowhere and shut the lost region off, by means that act without reaching it',
  preview: (_given, environment) => [
    ...(environment?.kind === 'declared' && declaredAt(environment, 'traffic.close') === undefined
      ? []
      : [commandOr(environment, 'traffic.close', 'the traffic switch: nowhere')]),
    commandOr(
      environment,
      'fence.close',
      '<network of the lab>: nobody reaches the lost region’s database, open connections are cut',
    ),
    ...askFence(environment),
  ],
  perform: async (given, { environment, run, signal, output }) => {
    const regions = regionsOf(environment);
    const why = typeof given['why'] === 'string' ? given['why'] : `given up by run ${run.id}`;
    await regions.fence(why, { signal, output });
    const { holds, epoch, said } = await regions.lookAtFence({ signal, output });
    output(`a client at the old address: ${said}\n`);
    return { outputs: { ok: holds, epoch, said } };
  },
});

/** Whoever keeps the fence is asked, where that is somebody else; and one knocks in any case. */
function askFence(environment: EnvironmentPlan | undefined): string[] {
  const old = addressOf(environment, 'database')?.join(':') ?? 'the lost region’s old address';
  const knock = `a connection to ${old}, as a client: must be refused by the fence`;
  return environment?.kind === 'declared' ? [commandOr(environment, 'fence.isClosed', ''), knock] : [knock];
}

export const regionIsFenced = defineAction({
  name: 'region.is-fenced',
  with: args({
    awake: {
      type: 'boolean',
      default: false,
      description: 'also that the server behind it is awake: only then does a refusal prove anything',
    },
  }),
  outputs: {
    ok: 'whether the fence is in force and a client at the old address was turned away by it; no answer is not enough',
    epoch: 'number of the fence; null: there is none, or nobody counts them',
    awake: 'whether the server behind the fence answers on its own host; null: that cannot be told',
    said: 'what a client at the old address was told',
  },
  effect: 'read',
  destroys: false,
  describe: ({ awake }) =>
    `Knock at the lost region’s old address as a client, and see whether the fence refuses${awake === true ? ' although its server is awake' : ''}`,
  preview: (_given, environment) => askFence(environment),
  perform: async (given, { environment, signal, output }) => {
    const { holds, epoch, said, awake } = await regionsOf(environment).lookAtFence({ signal, output });
    output(`a client at the old address: ${said}\n`);
    const ok = holds && (given['awake'] !== true || awake === true);
    return { outputs: { ok, epoch, awake, said } };
  },
});

export const regionUnfence = defineAction({
  name: 'region.unfence',
  with: args(),
  outputs: { ok: 'whether the fence is gone' },
  effect: 'idempotent',
  destroys: false,
  describe: () => 'Let clients back to the region that was shut off; refused once the other one takes writes',
  preview: (_given, environment) => [
    'SELECT pg_is_in_recovery() in the other region: must be true',
    commandOr(environment, 'fence.open', 'lift the fence'),
  ],
  perform: async (_given, { environment, signal, output }) => {
    const regions = regionsOf(environment);
    await regions.liftFence({ signal, output });
    return { outputs: { ok: !(await regions.lookAtFence({ signal, output })).holds } };
  },
});
