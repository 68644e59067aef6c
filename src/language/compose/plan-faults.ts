import type { DrillDocument } from '../documents/drill.js';
import type { RunbookDocument } from '../documents/runbook.js';
import type { PlannedFault } from '../plan.js';
import { placeOf } from '../shape/origin.js';
import type { Report } from '../shape/shape.js';
import { quote, suggest } from '../shape/words.js';
import type { ChosenEnvironment } from './plan-environment.js';

/** The disaster: which faults, after the beginning of which phase. Only a lab is ever damaged. */
export function planFaults(
  drill: DrillDocument | null,
  runbook: RunbookDocument,
  environment: ChosenEnvironment,
  report: Report,
): PlannedFault[] {
  if (drill === null) return [];
  const [first] = drill.faults;
  if (first !== undefined && environment.plan.kind !== 'lab') {
    const message = `faults in environment ${quote(environment.plan.name)}, which is no lab`;
    report.error(
      placeOf(first),
      'faults-need-lab',
      message,
      'Faults are injected into labs only: choose `environment: lab`.',
    );
  }
  if (!drill.faults.some((fault) => !fault.sabotage)) {
    report.warning(
      placeOf(drill, 'faults'),
      'no-disaster',
      'a drill in which nothing is broken',
      'Add a fault that is no sabotage.',
    );
  }
  const phases = ['start', ...runbook.phases.map((phase) => phase.id)];
  return drill.faults.map((fault) => {
    const phase = fault.after?.phase ?? 'start';
    if (fault.after !== undefined && !phases.includes(phase)) {
      report.error(
        placeOf(fault.after, 'phase'),
        'unknown-phase',
        `unknown phase ${quote(phase)}`,
        suggest(phase, phases, 'Phases'),
      );
    }
    return {
      id: fault.id ?? fault.inject,
      inject: fault.inject,
      with: fault.with ?? {},
      after: { phase, delayMs: fault.after?.delay ?? 0 },
      sabotage: fault.sabotage,
    };
  });
}
