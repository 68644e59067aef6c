import { formatDuration, type Diagnostic } from '../../base/index.js';
import type { Vocabulary } from '../action-spec.js';
import { blocksOf } from '../check/check-runbook.js';
import { Known } from '../check/known.js';
import { walkSteps } from '../check/walk-steps.js';
import type { RunbookDocument } from '../documents/runbook.js';
import type { Mode } from '../plan.js';
import { keyPlaceOf, placeOf } from '../shape/origin.js';
import { Report } from '../shape/shape.js';
import { lintStep } from './lint-step.js';

/** What is allowed but most likely a mistake in a runbook by itself. All are warnings; `--strict` makes errors of them. */
export function lintRunbook(
  runbook: RunbookDocument,
  vocabulary: Vocabulary,
  modes: readonly Mode[] = ['drill', 'live'],
): readonly Diagnostic[] {
  const report = new Report();
  lintTargets(runbook, report);
  if ((runbook.detection ?? []).length === 0) {
    const hint = 'Add `detection` with the signs by which people know this disaster.';
    report.warning(placeOf(runbook, 'id'), 'no-detection', 'a scenario without detection signs', hint);
  }
  const targets = [...runbook.phases, runbook.always].map((phase) => phase?.target);
  for (const mode of modes) {
    blocksOf(runbook).forEach((steps, index) => {
      walkSteps(steps, mode, new Known(), (step) => {
        const spec = step.uses === undefined ? undefined : vocabulary.actions.get(step.uses);
        lintStep(step, spec, targets[index], report);
      });
    });
  }
  return report.diagnostics;
}

function lintTargets(runbook: RunbookDocument, report: Report): void {
  const sumMs = runbook.phases.reduce((total, phase) => total + (phase.target ?? 0), 0);
  const { rto, expected } = runbook.objectives;
  if (sumMs > rto) {
    const message = `phase targets sum to ${formatDuration(sumMs)}, above the RTO of ${formatDuration(rto)}`;
    report.warning(keyPlaceOf(runbook, 'phases'), 'targets-exceed-rto', message);
  }
  if (expected !== undefined && expected > rto) {
    const message = `expected recovery of ${formatDuration(expected)} is above the RTO of ${formatDuration(rto)}`;
    report.warning(placeOf(runbook.objectives, 'expected'), 'expected-exceeds-rto', message);
  }
}
