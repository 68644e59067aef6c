import type { Json, JsonObject } from '../base/index.js';
import type { Step } from '../language/index.js';
import type { RunRecord } from './record.js';
import { plannedSteps } from './walk-steps.js';

/** One entry in which the recovery itself noticed that something was wrong. */
export interface Catch {
  readonly seq: number;
  readonly step: string;
  /** Title of the step, as people know it. */
  readonly by: string;
  readonly how: string;
}

/**
 * What turned red after an entry: a step that failed, a check that said no, a step that passed bad candidates over or said that
 * the log does not reach the end. Where the harm has a name (`backup`), a candidate passed over counts only under that name.
 * What fails once the run is being stopped follows from that, and caught nothing.
 */
export function catchesOf(record: RunRecord, afterSeq: number, groundTruth: JsonObject): Catch[] {
  const { plan, entries } = record;
  const name = groundTruth['backup'];
  const steps = new Map(plannedSteps(plan).map(({ step }) => [step.id, step]));
  const made = (seq: number, step: string, how: string): Catch[] => [
    { seq, step, by: steps.get(step)?.title ?? step, how },
  ];
  const stop = entries.find((entry) => entry.type === 'stop-requested');
  return entries.flatMap((entry): Catch[] => {
    if (entry.seq <= afterSeq || (stop !== undefined && entry.seq > stop.seq)) return [];
    if (entry.type === 'step-failed')
      return made(entry.seq, entry.data.step, `failed: ${entry.data.failure.message}`);
    if (entry.type === 'check-evaluated')
      return entry.data.purpose !== 'before' && entry.data.check.verdict === 'fail'
        ? made(entry.seq, entry.data.step, `its check said no (${entry.data.purpose})`)
        : [];
    if (entry.type !== 'step-succeeded') return [];
    const { outputs, step } = entry.data;
    const passedOver = rejectedIn(outputs).filter((one) => typeof name !== 'string' || one.includes(name));
    if (passedOver.length > 0) return made(entry.seq, step, `passed over ${passedOver.join('; ')}`);
    const { reach, reachSaid } = outputs;
    return reach === 'incomplete' && !readsOutside(steps.get(step))
      ? made(entry.seq, step, typeof reachSaid === 'string' ? reachSaid : 'the log does not reach the end')
      : [];
  });
}

/** A copy outside never reaches the end: that a step says so of it has caught nothing. */
function readsOutside(step: Step | undefined): boolean {
  return step?.form === 'uses' && step.call.with['from'] === 'immutable';
}

/** A step that passed bad candidates over says which, as `postgres.usable-backup` does. */
function rejectedIn(outputs: JsonObject): string[] {
  return ['passedOver', 'rejected'].flatMap((name) => {
    const list: Json | undefined = outputs[name];
    return Array.isArray(list)
      ? list.map((one) => (typeof one === 'string' ? one : JSON.stringify(one)))
      : [];
  });
}
