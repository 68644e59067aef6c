import type { Entry } from '../run/index.js';
import { activityOf } from './activity.js';
import { clip, lengthMs, type Interval } from './intervals.js';
import { measured, notMeasured, type Measured } from './measured.js';
import type { RunRecord } from './record.js';
import type { StepFact } from './steps.js';
import type { TimeAxis } from './time-axis.js';

const restores = /\.(restore|reindex|replace|promote|rebuild|rewind|copy-back|undelete)/;

/**
 * Machine time of the steps that brought data back, ms. Measured only when each of them has its start and its result in one
 * session: a part of the work that nobody timed makes the whole look shorter than it was.
 */
export function technicalRestoreOf(
  record: RunRecord,
  axis: TimeAxis,
  steps: readonly StepFact[],
): Measured<number> {
  const restoring = steps.filter(
    (step) => step.action !== null && restores.test(step.action) && step.startedAt !== null,
  );
  const seqs = restoring.flatMap((step) => step.seqs);
  if (restoring.length === 0) return notMeasured('no step that brings data back was carried out');
  const spans = restoring.map((step) => ({
    step: step.id,
    span: spanOf(
      record.entries.filter((entry) => step.seqs.includes(entry.seq)),
      axis,
    ),
  }));
  const open = spans.flatMap(({ step, span }) => (typeof span === 'string' ? [`${step} ${span}`] : []));
  if (open.length > 0) return notMeasured(open.join('; '), seqs);
  const machine = activityOf(record.entries, axis).machine;
  const worked = spans.flatMap(({ span }) => (typeof span === 'string' ? [] : clip(machine, span)));
  const names = restoring.map((step) => step.id).join(', ');
  return measured(Math.round(lengthMs(worked)), seqs, `machine time of ${names}`);
}

/** From the first start to the last result, or why there is no such stretch. */
function spanOf(own: readonly Entry[], axis: TimeAxis): Interval | string {
  const starts = own.filter((entry) => entry.type === 'step-started');
  const [first, last] = [starts[0], starts.at(-1)];
  if (!first || !last) return 'was done already: nobody timed it';
  const result = own.findLast((entry) => entry.type === 'step-succeeded' || entry.type === 'step-failed');
  if (!result || result.seq < last.seq) return 'was begun and has no result';
  if (starts.some((entry) => entry.session !== result.session)) return 'was interrupted';
  return { start: axis.moment(first).ms, end: axis.moment(result).ms };
}
