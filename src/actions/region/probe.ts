import { commandOr } from '../declared-command.js';
import { args, defineAction } from '../define.js';
import type { RegionSightings } from './region-port.js';
import { regionsOf } from './require-regions.js';

type Verdict = 'up' | 'region-down' | 'link-down' | 'unsteady' | 'one-place';

export const regionProbe = defineAction({
  name: 'region.probe',
  with: args({
    attempts: { type: 'integer', minimum: 1, maximum: 20, default: 3 },
    timeoutSeconds: { type: 'number', minimum: 0.2, maximum: 30, default: 1 },
  }),
  outputs: {
    ok: 'whether the region serves: every write from the other one was acknowledged',
    verdict:
      'up; region-down: no place reaches it; link-down: the third place still does, only the other region does not; unsteady: some probes worked; one-place: there is no third place, and one alone cannot tell',
    failedProbes: 'how many of the writes from the other region failed',
    thirdAnswers: 'whether its database answers the third vantage point; null: there is none',
    suggestion: 'fail-over when the region is down, else stay',
    said: 'the same in words',
  },
  effect: 'read',
  destroys: false,
  describe: () =>
    'Write to the serving region from the other one, several times, and look at it from a third place as well',
  preview: ({ attempts, timeoutSeconds }, environment) => [
    `${environment?.kind === 'declared' ? 'SELECT pg_logical_emit_message(true, …)' : 'INSERT …'} as a client, from the other region: ${Number(attempts ?? 3)} times, ${Number(timeoutSeconds ?? 1)} s each`,
    commandOr(environment, 'thirdPlace', 'a connection from a third vantage point, over a way of its own'),
  ],
  perform: async (given, { environment, signal, output }) => {
    const attempts = typeof given['attempts'] === 'number' ? given['attempts'] : 3;
    const seconds = typeof given['timeoutSeconds'] === 'number' ? given['timeoutSeconds'] : 1;
    const seen = await regionsOf(environment).probe({ attempts, timeoutMs: seconds * 1000, signal, output });
    for (const [index, one] of seen.fromB.entries())
      output(`write ${index + 1} from the other region, ${one.tookMs} ms: ${one.said}\n`);
    output(
      seen.third === null
        ? 'no third vantage point\n'
        : `third vantage point, ${seen.third.tookMs} ms: ${seen.third.said}\n`,
    );
    const verdict = judge(seen);
    const failedProbes = seen.fromB.filter((one) => !one.works).length;
    const answers = seen.third?.answers ?? null;
    const third =
      answers === null
        ? 'no third place is declared'
        : `a third place outside both ${answers ? 'reaches' : 'does not reach'} the database`;
    const said = `${failedProbes} of ${seen.fromB.length} writes from the other region failed, ${third}: ${meaning[verdict]}`;
    const suggestion = verdict === 'region-down' ? 'fail-over' : 'stay';
    return {
      outputs: { ok: verdict === 'up', verdict, failedProbes, thirdAnswers: answers, suggestion, said },
    };
  },
});

const meaning: { readonly [verdict in Verdict]: string } = {
  up: 'the region serves',
  'region-down': 'the region is down',
  'link-down': 'the link between the regions is down, the region itself is not; do not fail over',
  unsteady: 'neither up nor down; look again',
  'one-place': 'from one place a broken line looks like a lost region; ask somebody outside both',
};

/** One place alone cannot tell a region that is down from a line that is. */
function judge({ fromB, third }: RegionSightings): Verdict {
  if (fromB.every((one) => one.works)) return 'up';
  if (fromB.some((one) => one.works)) return 'unsteady';
  if (third === null) return 'one-place';
  return third.answers ? 'link-down' : 'region-down';
}
