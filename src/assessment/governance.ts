import type { Actor } from '../run/index.js';
import type { Finding } from './finding.js';
import type { Measures } from './measures.js';
import type { IndependenceFact } from './people.js';
import type { RunRecord } from './record.js';
import type { Origin, RequirementInput } from './score-inputs.js';
import type { StepFact } from './steps.js';

/** The six requirements of category E. What people merely say they did counts as attested, never as measured. */
export function governanceOf(
  record: RunRecord,
  measures: Measures,
  independence: IndependenceFact,
  findings: readonly Finding[],
  scoredInputs: readonly Origin[],
): RequirementInput[] {
  const unmeasured = scoredInputs.filter((one) => one.provenance !== 'measured');
  const { clock } = measures;
  const inStep = clock.synchronised === true && clock.steps.length === 0;
  return [
    requirement(
      'inputs-measured',
      'Every input of the score is measured',
      unmeasured.length === 0,
      unmeasured.length === 0 ? 'all are' : `inputs that are not: ${unmeasured.length}`,
      unmeasured.flatMap((one) => one.evidence).slice(0, 10),
    ),
    requirement('roles-separate', 'Roles are separate', independence.independent, independence.why, [
      ...independence.evidence,
    ]),
    requirement(
      'observer-log',
      'The observer kept a log',
      (independence.observer?.seqs.length ?? 0) > 0,
      independence.observer ? `entries by the observer: ${independence.observer.seqs.length}` : 'no observer',
      independence.observer?.seqs ?? [],
    ),
    fromChecklist(record, measures.steps, 'sign-offs', 'The run was signed off', /sign/),
    actionsOwned(record, measures.steps, findings),
    requirement(
      'clock-in-step',
      'The clock was in step',
      inStep,
      clock.synchronised === null
        ? 'not measured: whether the clock was in step could not be told'
        : clock.synchronised
          ? clock.steps.length === 0
            ? `in step by ${clock.source}`
            : 'the clock was stepped during the run'
          : 'the clock was not synchronised',
      clock.evidence,
    ),
  ];
}

function requirement(
  id: string,
  title: string,
  holds: boolean,
  note: string,
  evidence: readonly number[],
): RequirementInput {
  const unmeasured = !holds && note.startsWith('not measured');
  return {
    id,
    title,
    state: holds ? 'met' : 'not-met',
    provenance: unmeasured ? 'not-measured' : 'measured',
    note,
    evidence,
  };
}

function actionsOwned(
  record: RunRecord,
  steps: readonly StepFact[],
  findings: readonly Finding[],
): RequirementInput {
  const needing = findings.filter((finding) => finding.class !== 'low');
  const title = 'Actions have an owner and a date';
  if (needing.length === 0)
    return requirement('actions-owned', title, true, 'no finding of this run asks for an action', []);
  return fromChecklist(record, steps, 'actions-owned', title, /action/);
}

/** A step of the checklist after the drill whose id fits, answered by a person; a declared answer is no answer of anybody. */
function fromChecklist(
  record: RunRecord,
  steps: readonly StepFact[],
  id: string,
  title: string,
  fits: RegExp,
): RequirementInput {
  const after = new Set(
    record.plan.phases.filter((phase) => phase.stage === 'after').map((phase) => phase.id),
  );
  const step = steps.find((one) => after.has(one.phase) && fits.test(one.id) && one.result === 'succeeded');
  if (!step)
    return requirement(id, title, false, 'not measured: no such item was answered before the seal', []);
  const by = step.answeredBy.at(-1);
  if (by?.kind !== 'person')
    return {
      ...requirement(id, title, false, `${step.id} has only a declared answer`, step.seqs),
      provenance: 'scripted',
    };
  if (step.form === 'ask') return requirement(id, title, true, `written down in ${step.id}`, step.seqs);
  return {
    ...requirement(id, title, true, `${by.name} said so in ${step.id}`, step.seqs),
    provenance: 'attested',
    attestedBy: isObserver(record, by) ? 'observer' : 'participant',
  };
}

function isObserver(record: RunRecord, by: Extract<Actor, { kind: 'person' }>): boolean {
  return by.name === record.plan.observer?.name;
}
