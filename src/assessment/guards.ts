import { promptsOf } from './prompts.js';
import type { RunRecord } from './record.js';
import type { Origin } from './score-inputs.js';
import { plannedSteps } from './walk-steps.js';
import { entriesOf } from './entries.js';

/**
 * Whether every destructive step that began had the approval its plan asks for and, where people took part, the target's name
 * typed by one of them, before it began. A guard that refuses leaves no beginning, so a refused step is no breach.
 */
export function targetsApprovedOf(record: RunRecord): Origin & { holds: boolean } {
  const prompts = promptsOf(record.entries);
  const starts = entriesOf(record.entries, 'step-started').filter((entry) => entry.data.by === 'machine');
  const breaches = plannedSteps(record.plan).flatMap(({ step }) => {
    if (step.form !== 'uses' || !step.destroys) return [];
    const start = starts.find((entry) => entry.data.step === step.id);
    if (!start) return [];
    const before = prompts.filter(
      (one) => one.step === step.id && one.closed?.type === 'prompt-answered' && one.closed.seq < start.seq,
    );
    const approved = before.some(
      (one) =>
        one.kind === 'approve' && (one.answer?.['approve'] === true || one.answer?.['breakGlass'] === true),
    );
    const confirmed = before.some((one) => one.kind === 'confirm' && one.answeredBy === 'person');
    const why = [
      ...(step.approve && !approved ? [`${step.id} began without its approval`] : []),
      ...(!record.plan.unattended && !confirmed
        ? [`${step.id} began without its target being confirmed by name`]
        : []),
    ];
    return why.map((text) => ({ text, seq: start.seq }));
  });
  return {
    holds: breaches.length === 0,
    provenance: 'measured',
    note:
      breaches.length === 0
        ? 'no destructive step began without what the plan asks for'
        : breaches.map((breach) => breach.text).join('; '),
    evidence: breaches.map((breach) => breach.seq),
  };
}
