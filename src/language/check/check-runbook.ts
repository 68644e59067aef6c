import type { JsonObject, Position } from '../../base/index.js';
import type { Vocabulary } from '../action-spec.js';
import type { RunbookDocument } from '../documents/runbook.js';
import type { StepDocument } from '../documents/step.js';
import type { Mode } from '../plan.js';
import { keyPlaceOf, nodeOf, placeOf, type Placed } from '../shape/origin.js';
import type { Report } from '../shape/shape.js';
import { quote } from '../shape/words.js';
import { checkQuestion } from './calls.js';
import { checkActions, checkStep, type StepContext } from './check-step.js';
import { checkInputs } from './inputs.js';
import { checkInsertions, refuseInsertions } from './insertions.js';
import { Known } from './known.js';
import type { Names } from './names.js';
import type { ResolvedStep } from './resolve-step.js';
import { walkSteps } from './walk-steps.js';

export interface RunbookCheck {
  readonly vocabulary: Vocabulary;
  readonly modes: readonly Mode[];
  /** What `${environment.…}` offers, with example values. */
  readonly environment: JsonObject;
  readonly templates: StepContext['templates'];
  readonly report: Report;
}

/** Blocks of steps of a runbook, in written order. */
export function blocksOf(runbook: RunbookDocument): readonly (readonly StepDocument[])[] {
  return [
    ...runbook.phases.map((phase) => phase.steps),
    ...(runbook.always === undefined ? [] : [runbook.always.steps]),
  ];
}

/** Names, references, actions and arguments of a runbook whose shape is right. */
export function checkRunbook(runbook: RunbookDocument, check: RunbookCheck): void {
  const { report } = check;
  checkIds(runbook, report);
  checkInputs(runbook, check.environment, report);
  for (const phase of runbook.phases) refuseInsertions(nodeOf(phase, 'title'), report);
  for (const mode of check.modes) checkInMode(runbook, mode, check);
}

/** What can be said of single steps although the document is not whole: actions and arguments, but no references. */
export function checkCallsOnly(runbook: RunbookDocument, check: RunbookCheck): void {
  const context: StepContext = { ...check, roles: [] };
  for (const mode of check.modes)
    for (const steps of blocksOf(runbook))
      walkSteps(steps, mode, new Known(), (step) => checkActions(step, context));
  for (const sign of runbook.detection ?? [])
    if (sign.check !== undefined) checkQuestion(sign.check, check.vocabulary, check.report);
  for (const one of runbook.acceptance?.checks ?? []) checkQuestion(one, check.vocabulary, check.report);
}

function checkInMode(runbook: RunbookDocument, mode: Mode, check: RunbookCheck): void {
  const { report } = check;
  const context: StepContext = { ...check, roles: Object.keys(runbook.roles) };
  const known = new Known();
  const everywhere = new Set(stepIds(runbook, mode).map((step) => step.id));
  const names: Names = {
    inputs: Object.keys(runbook.inputs ?? {}),
    environment: check.environment,
    known,
    everywhere,
  };
  for (const sign of runbook.detection ?? []) {
    refuseInsertions(nodeOf(sign, 'sign'), report);
    if (sign.check === undefined) continue;
    checkQuestion(sign.check, check.vocabulary, report);
    checkInsertions(nodeOf(sign, 'check'), names, report);
  }
  const waiting: { step: ResolvedStep; always: boolean }[] = [];
  blocksOf(runbook).forEach((steps, index) => {
    walkSteps(steps, mode, known, (step) => {
      checkStep(step, names, context);
      if (!waitsForAcceptance(step)) return;
      waiting.push({ step, always: index >= runbook.phases.length });
      for (const one of runbook.acceptance?.checks ?? []) checkInsertions(acceptanceNode(one), names, report);
    });
  });
  checkAcceptance(runbook, waiting, check);
}

export function waitsForAcceptance(step: ResolvedStep): boolean {
  return step.wait !== undefined && 'until' in step.wait && step.wait.until === 'acceptance';
}

function acceptanceNode(check: Placed<object>) {
  return nodeOf(check, 'with');
}

function checkAcceptance(
  runbook: RunbookDocument,
  waiting: readonly { step: ResolvedStep; always: boolean }[],
  { vocabulary, report }: RunbookCheck,
): void {
  for (const one of runbook.acceptance?.checks ?? []) checkQuestion(one, vocabulary, report);
  const [first, second] = waiting;
  if (runbook.acceptance === undefined) {
    if (first === undefined) return;
    const message = `step ${quote(first.step.id)} waits for acceptance, but there are no acceptance checks`;
    report.error(placeOf(first.step, 'wait'), 'no-acceptance', message, 'Add `acceptance` with its checks.');
    return;
  }
  if (first === undefined) {
    const hint = 'Add a step with `wait: {until: acceptance}` where the service shall be verified.';
    report.error(
      keyPlaceOf(runbook, 'acceptance'),
      'acceptance-not-awaited',
      'no step waits for acceptance',
      hint,
    );
  }
  if (second !== undefined) {
    const hint = 'Exactly one step waits for acceptance: it stops the recovery clock.';
    report.error(
      placeOf(second.step, 'wait'),
      'acceptance-awaited-twice',
      `step ${quote(second.step.id)} waits for acceptance again`,
      hint,
    );
  }
  if (first?.always === true) {
    const hint = 'Obligations come after the recovery: move the step into a phase.';
    report.error(
      placeOf(first.step, 'wait'),
      'acceptance-in-always',
      'acceptance is awaited among the obligations',
      hint,
    );
  }
}

function stepIds(runbook: RunbookDocument, mode: Mode): { id: string; place: Position }[] {
  const ids: { id: string; place: Position }[] = [];
  for (const steps of blocksOf(runbook))
    walkSteps(steps, mode, new Known(), (step) => ids.push({ id: step.id, place: placeOf(step, 'id') }));
  return ids;
}

const reservedPhases = ['start', 'always'];

function checkIds(runbook: RunbookDocument, report: Report): void {
  const phases = runbook.phases.map((phase) => ({ id: phase.id, place: placeOf(phase, 'id') }));
  for (const { id, place } of phases)
    if (reservedPhases.includes(id))
      report.error(place, 'reserved-id', `phase id ${quote(id)} has a meaning of its own`);
  reportTwins('phase', phases, report);
  // Steps that only one of the modes has may not share an id either.
  const steps = [...stepIds(runbook, 'drill'), ...stepIds(runbook, 'live')];
  const places = new Map(steps.map((step) => [`${step.place.line}:${step.place.column}`, step]));
  reportTwins('step', [...places.values()], report);
  const checks = runbook.acceptance?.checks ?? [];
  reportTwins(
    'acceptance check',
    checks.map((one) => ({ id: one.id, place: placeOf(one, 'id') })),
    report,
  );
  const signs = (runbook.detection ?? []).flatMap((sign) =>
    sign.id === undefined ? [] : [{ id: sign.id, place: placeOf(sign, 'id') }],
  );
  reportTwins('sign', signs, report);
}

/** Ids that stand twice, reported at the later one. */
export function reportTwins(
  what: string,
  all: readonly { id: string; place: Position }[],
  report: Report,
): void {
  const first = new Map<string, Position>();
  for (const { id, place } of all) {
    const earlier = first.get(id);
    if (earlier === undefined) first.set(id, place);
    else {
      const where = earlier.file === place.file ? `line ${earlier.line}` : `${earlier.file}:${earlier.line}`;
      report.error(
        place,
        'duplicate-id',
        `${what} id ${quote(id)} stands twice`,
        `It stands first in ${where}.`,
      );
    }
  }
}
