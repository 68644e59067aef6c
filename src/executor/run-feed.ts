import {
  admit,
  fillCall,
  stepsOf,
  type OperatorInput,
  type OperatorReply,
  type RunFeed,
} from '../run/index.js';
import type { Audience } from './audience.js';
import { describeCall, type RunContext } from './run-context.js';
import { figuresOf } from './watch-observer.js';

/** A run as views see it, and the door through which people act on it. */
export function makeFeed(context: RunContext, audience: Audience, isOver: () => boolean): RunFeed {
  const { plan, recorder, outputs, observing, ports } = context;
  return {
    plan,
    state: recorder.state,
    entries: recorder.entries,
    subscribe: audience.subscribe,
    outputTail: outputs.tail,
    describe: (id) => describeStep(context, id),
    observer: () => figuresOf(observing),
    now: () => ports.clock.now(),
    submit: (input) => (isOver() ? Promise.resolve(refused('the run is over')) : submit(context, input)),
  };
}

/** Whoever approves a step has to see what it would do, with the values that are known by now. */
function describeStep(context: RunContext, id: string): string | undefined {
  const { plan, recorder } = context;
  const step = stepsOf(plan).get(id)?.step;
  if (step?.form !== 'uses') return undefined;
  const { args } = fillCall(plan, recorder.state(), step.call);
  return describeCall(context, { ...step.call, with: args });
}

/** Judged against the newest state and recorded with nothing in between: two people cannot answer one prompt. */
async function submit({ plan, recorder }: RunContext, input: OperatorInput): Promise<OperatorReply> {
  let reply: OperatorReply = { accepted: true };
  try {
    await recorder.record((state) => {
      const admission = admit(plan, state, input);
      if ('events' in admission) return admission.events;
      reply = { accepted: false, ...admission.refused };
      return [];
    });
  } catch (error) {
    if (recorder.broken() === null) throw error;
    return refused(error instanceof Error ? error.message : String(error));
  }
  return reply;
}

function refused(why: string): OperatorReply {
  return { accepted: false, why };
}
