import { canonicalJson } from '../base/index.js';
import type { Command } from './command.js';

/** Names what a command works on: a command whose key is under way is not given to perform again. */
export function commandKey(command: Command): string {
  switch (command.do) {
    case 'append':
      return `append/${canonicalJson(command.event)}`;
    case 'open-environment':
    case 'close-environment':
      return 'environment';
    case 'start-observer':
      return 'observer';
    case 'inject':
      return `fault/${command.fault.id}`;
    case 'evaluate-detection':
      return 'detection';
    case 'perform':
      return `step/${command.step.id}/perform`;
    case 'check':
      return `step/${command.step.id}/check/${command.purpose}`;
    case 'undo':
      return `step/${command.step.id}/undo`;
    case 'probe-acceptance':
      return 'acceptance';
    case 'list-survivors':
      return 'survivors';
    case 'anchor-ledger':
      return 'ledger';
    case 'wake':
    case 'finished':
      return command.do;
  }
}
