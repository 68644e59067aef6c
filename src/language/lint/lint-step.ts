import { formatDuration } from '../../base/index.js';
import type { ActionSpec } from '../action-spec.js';
import type { ResolvedStep } from '../check/resolve-step.js';
import { placeOf } from '../shape/origin.js';
import type { Report } from '../shape/shape.js';
import { quote } from '../shape/words.js';

/** What they change can neither be looked at afterwards nor taken back: words that were said, evidence that was kept. */
const leavesNothingToCheck = ['notify', 'evidence', 'sentinel'];

export function lintStep(
  step: ResolvedStep,
  spec: ActionSpec | undefined,
  phaseTargetMs: number | undefined,
  report: Report,
): void {
  const isHuman = step.ask !== undefined || step.decide !== undefined || step.instruct !== undefined;
  const subject = `step ${quote(step.id)}`;
  if (isHuman && step.role === undefined) {
    report.warning(
      placeOf(step),
      'no-role',
      `${subject} is a task for a person, but for nobody by name`,
      'Add `role`.',
    );
  }
  if (isHuman && step.timeout !== undefined && phaseTargetMs !== undefined && step.timeout > phaseTargetMs) {
    const message = `${subject} may wait ${formatDuration(step.timeout)} for a person, longer than its phase's target of ${formatDuration(phaseTargetMs)}`;
    report.warning(placeOf(step, 'timeout'), 'timeout-exceeds-phase', message);
  }
  const { approve } = step;
  if (approve !== undefined && step.role !== undefined && approve.by.every((role) => role === step.role)) {
    const message = `only ${quote(step.role)} may approve ${subject}, and carries it out`;
    report.warning(
      placeOf(step, 'approve'),
      'approver-is-executor',
      message,
      'Name a second role under `by`.',
    );
  }
  if (spec === undefined) return;
  lintAction(step, spec, subject, report);
}

function lintAction(step: ResolvedStep, spec: ActionSpec, subject: string, report: Report): void {
  const place = placeOf(step, 'uses');
  const family = spec.name.split('.')[0] ?? '';
  const changes = (step.effect ?? spec.effect) !== 'read' && !leavesNothingToCheck.includes(family);
  if (changes && step.check === undefined) {
    const hint = 'Add `check` with a read-only action that is false before the step and true after it.';
    report.warning(place, 'no-check', `${subject} changes something, and nothing checks that it did`, hint);
  }
  if (changes && step.undo === undefined) {
    const hint = 'Add `undo`, or `undo: {none: reason}`.';
    report.warning(
      place,
      'no-undo',
      `${subject} changes something and does not say how to take it back`,
      hint,
    );
  }
  if (spec.destroys && step.approve === undefined) {
    const hint = 'Add `approve: {by: [role], not: executor}`.';
    report.warning(
      place,
      'unguarded-destruction',
      `${subject} can destroy data and nobody approves it`,
      hint,
    );
  }
  if (family === 'notify' && step.with?.['message'] !== undefined && step.due === undefined) {
    const hint = 'Add e.g. `due: {within: 10m, of: declared}`.';
    report.warning(place, 'no-deadline', `${subject} sends a message that has no deadline`, hint);
  }
}
