import { closeEnvironment, injectFault, openEnvironment } from './environment-effects.js';
import type { EffectCommand } from './in-flight.js';
import { anchorLedger, listSurvivors, startObserver } from './observer-effects.js';
import { performStep } from './perform-step.js';
import { evaluateCheck, evaluateDetection, probeAcceptance } from './probe-effects.js';
import type { RunContext } from './run-context.js';
import { undoStep } from './undo-step.js';

/** Carries a command out and records what did happen. Rejects only when nothing can be recorded, or with a bug. */
export function performEffect(
  context: RunContext,
  command: EffectCommand,
  signal: AbortSignal,
): Promise<void> {
  switch (command.do) {
    case 'open-environment':
      return openEnvironment(context, signal);
    case 'start-observer':
      return startObserver(context);
    case 'inject':
      return injectFault(context, command.fault, signal);
    case 'evaluate-detection':
      return evaluateDetection(context, command.signs, signal);
    case 'perform':
      return performStep(context, command, signal);
    case 'check':
      return evaluateCheck(context, command, signal);
    case 'probe-acceptance':
      return probeAcceptance(context, command.round, command.checks, signal);
    case 'list-survivors':
      return listSurvivors(context);
    case 'anchor-ledger':
      return anchorLedger(context);
    case 'undo':
      return undoStep(context, command, signal);
    case 'close-environment':
      return closeEnvironment(context);
  }
}
