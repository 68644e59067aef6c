import { Failure } from '../../base/index.js';
import { commandOr } from '../declared-command.js';
import { args, defineAction } from '../define.js';
import type { Woken } from './region-port.js';
import { regionsOf } from './require-regions.js';

export const regionWakeAndWrite = defineAction({
  name: 'region.wake-and-write',
  with: args(),
  outputs: {
    ok: 'true: its server was awake both times, and a client’s write at its old address was refused both times; else the step fails',
    continued: 'what the client was told when the frozen processes had gone on',
    restarted: 'what the client was told when the database had been started anew',
    takesWrites: 'whether the returned server still takes itself for a primary, behind the fence',
    timeline: 'timeline it is on',
  },
  effect: 'idempotent',
  destroys: false,
  describe: () =>
    'Bring the lost region back, first continued, then restarted, and write at its old address as a client: it must be refused',
  preview: (_given, environment) => [
    commandOr(environment, 'fence.wake', 'SIGCONT <every process of the lost region’s database>', [
      'continue',
    ]),
    'SELECT 1 behind the fence: it must be awake, for a write to a frozen server proves nothing',
    'a client’s write at its old address: must be refused',
    commandOr(environment, 'fence.wake', 'pg_ctl restart -D <data directory of the lost region>', [
      'restart',
    ]),
    'the same once more',
  ],
  perform: async (_given, { environment, signal, output }) => {
    const regions = regionsOf(environment);
    if (regions.wakeAndWrite === undefined)
      throw new Failure(
        'unavailable',
        `environment ${environment.name} cannot bring a region back by itself`,
        {
          hint: `Add \`fence.wake\` and \`fence.behind\` under \`environments.${environment.name}\` in firedrill.yaml; or, when the region comes back, write at its old address by hand, before and after a restart of its database: only if both are refused, choose "Done by hand".`,
          retryable: false,
        },
      );
    const { continued, restarted } = await regions.wakeAndWrite({ signal, output });
    for (const [how, woken] of [
      ['continued', continued],
      ['restarted', restarted],
    ] as const)
      output(`${how}: ${spell(woken)}\n`);
    requireRefused('continued', continued);
    requireRefused('restarted', restarted);
    return {
      outputs: {
        ok: true,
        continued: continued.write.said,
        restarted: restarted.write.said,
        takesWrites: restarted.takesWrites,
        timeline: restarted.timeline,
      },
    };
  },
});

/** No answer is not a refusal, and a server that sleeps has refused nothing. */
function requireRefused(how: string, { awake, write }: Woken): void {
  if (awake && write.outcome === 'refused') return;
  if (write.outcome === 'accepted')
    throw new Failure(
      'check',
      `split brain: the lost region, ${how}, accepted a client’s write at its old address`,
      {
        hint: 'Two regions take writes. Stop the database of the lost region at once, and write down since when it was reachable.',
      },
    );
  const why = awake ? write.said : 'its server does not answer';
  throw new Failure('check', `nothing is proven of the lost region, ${how}: ${why}`);
}

function spell({ awake, takesWrites, timeline, write }: Woken): string {
  const server = awake ? 'its server is awake' : 'its server does not answer';
  const role = takesWrites ? 'takes itself for a primary' : 'is a standby';
  return `${server}, ${role}, timeline ${timeline}; a client’s write after ${write.tookMs} ms: ${write.outcome}, ${write.said}`;
}
