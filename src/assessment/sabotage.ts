import { formatDuration } from '../base/index.js';
import { catchesOf, type Catch } from './catches.js';
import { entriesOf } from './entries.js';
import type { Measures } from './measures.js';
import type { RunRecord } from './record.js';
import { plannedSteps } from './walk-steps.js';

/** One thing that was broken about the recovery itself, and what of the runbook noticed. */
export interface SabotageFact {
  readonly id: string;
  readonly done: string;
  /** Entries that show that it was done. */
  readonly seqs: readonly number[];
  readonly happened: boolean;
  readonly caughtBy: readonly Catch[];
}

/** Every sabotage of the drill: faults that say so, and people who are declared absent. */
export function sabotagesOf(record: RunRecord, { faults }: Measures): SabotageFact[] {
  const injected = faults
    .filter((fault) => fault.sabotage)
    .map((fault): SabotageFact => {
      const after = entriesOf(record.entries, 'fault-injected').find(
        (entry) => entry.data.fault === fault.id,
      );
      return {
        id: fault.id,
        done: fault.describe,
        seqs: fault.seqs,
        happened: fault.result === 'injected',
        caughtBy: after === undefined ? [] : catchesOf(record, after.seq, fault.groundTruth),
      };
    });
  return [...injected, ...absences(record)];
}

/** Nobody came: caught when the question was withdrawn and its step did not go on without an answer. */
function absences(record: RunRecord): SabotageFact[] {
  const { plan, entries } = record;
  return Object.entries(plan.answers.absent ?? {}).map(([id, absentMs]): SabotageFact => {
    const step = plannedSteps(plan).find((one) => one.step.id === id)?.step;
    const opened = entriesOf(entries, 'prompt-opened').filter((entry) => entry.data.step === id);
    const prompts = new Set(opened.map((entry) => entry.data.prompt));
    const withdrawn = entriesOf(entries, 'prompt-withdrawn').filter((entry) =>
      prompts.has(entry.data.prompt),
    );
    const failed = entriesOf(entries, 'step-failed').filter((entry) => entry.data.step === id);
    const who = step?.approve?.by.join(' or ') ?? step?.role ?? 'whoever is asked';
    return {
      id: `absent:${id}`,
      done: `${who} does not answer for "${step?.title ?? id}"; the drill waits ${formatDuration(absentMs)}`,
      seqs: [...opened, ...withdrawn].map((entry) => entry.seq),
      happened: withdrawn.length > 0,
      caughtBy: failed.map((entry) => ({
        seq: entry.seq,
        step: id,
        by: step?.title ?? id,
        how: `failed: ${entry.data.failure.message}`,
      })),
    };
  });
}
