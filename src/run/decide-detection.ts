import type { Command } from './command.js';
import { awaitAnswer } from './decide-prompt.js';
import { failingSinceDisaster } from './disaster.js';
import { append, atMs, wake, type Situation } from './situation.js';

/** How long the sentinel has to see the damage before the signs are looked at without it. */
export const detectionWaitMs = 60_000;

/** Looks at the runbook's signs once; a live run in which nothing is wrong asks before it goes on. */
export function decideDetection(situation: Situation): Command[] | null {
  const { plan, state, nowMs } = situation;
  const { detection, environment } = state;
  if (detection.evaluated) return detection.nothing && plan.mode === 'live' ? askToGoOn(situation) : null;
  const disruptions = Object.values(state.faults).filter(
    (one) => one.at !== null && !one.sabotage && !one.silent,
  );
  const unseen = failingSinceDisaster(plan, state) === null && state.marks.detected === undefined;
  if (environment.observer !== null && unseen && disruptions.length > 0) {
    const untilMs = Math.max(...disruptions.map((one) => (one.at ? atMs(one.at) : 0))) + detectionWaitMs;
    if (nowMs < untilMs) return wake(untilMs);
  }
  return [{ do: 'evaluate-detection', signs: plan.detection }];
}

const prompt = 'nothing-found';

function askToGoOn(situation: Situation): Command[] | null {
  const { state } = situation;
  if (state.detection.goOn) return null;
  const asked = state.prompts[prompt];
  if (!asked)
    return append({
      type: 'prompt-opened',
      data: {
        prompt,
        kind: 'nothing-found',
        step: null,
        role: null,
        text: 'No sign of this disaster was seen, and the service does not fail. Go on with the response?',
        options: ['go-on', 'stop'],
        suggest: null,
        timeoutMs: null,
      },
    });
  if (!asked.closed) return awaitAnswer(situation, asked);
  const reason = asked.reason ?? 'detection found nothing wrong';
  return append({ type: 'stop-requested', data: { reason, how: 'person' } }, asked.answeredBy ?? undefined);
}
