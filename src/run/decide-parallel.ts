import type { ParallelStep, Step } from '../language/index.js';
import type { Command } from './command.js';
import type { BlockDecision } from './block-decision.js';
import { append, fail, failure, stepState, type Situation } from './situation.js';

/** All steps of the block are under way at once; the block ends when all of them have, and fails if one failed for good. */
export function decideParallel(
  situation: Situation,
  step: ParallelStep,
  inside: (step: Step) => BlockDecision,
): Command[] {
  const known = stepState(situation, step);
  if (known.status !== 'running') {
    const data = {
      step: step.id,
      attempt: known.attempt + 1,
      describe: step.title,
      args: {},
      by: 'machine' as const,
    };
    return append({ type: 'step-started', data });
  }
  const branches = step.steps.map((child) => ({ child, decision: inside(child) }));
  const open = branches.flatMap(({ decision }) => (decision.status === 'open' ? [decision.commands] : []));
  if (open.length > 0) return open.flat();
  const failed = branches.filter(({ child, decision }) => {
    const { status, goesOn } = stepState(situation, child);
    return decision.status === 'failed' || (status === 'failed' && !goesOn);
  });
  const [first] = failed;
  if (first) {
    const reason = stepState(situation, first.child).failure?.reason ?? 'cancelled';
    const names = failed.map(({ child }) => child.id).join(', ');
    const message = `${failed.length} of ${step.steps.length} steps of ${step.id} failed: ${names}`;
    return fail(step, known.attempt, failure(reason, message));
  }
  const { attempt } = known;
  const data = { step: step.id, attempt, how: 'performed', outputs: {}, saved: {}, evidence: [] } as const;
  return append({ type: 'step-succeeded', data });
}
