import { spawnSync } from 'node:child_process';
import { userInfo } from 'node:os';
import { approverConflict, type Approval, type ReadinessRun } from '../../assessment/index.js';
import { Failure } from '../../base/index.js';
import { isPlaceholder } from '../../language/index.js';
import { Exit } from '../exit.js';

export interface ApprovalOptions {
  readonly approver?: string;
  readonly condition: readonly string[];
}

/**
 * What the typed approval is worth. Rejects with `refused` for somebody who took part in a run or wrote the documents, as far as git
 * knows; null: nobody approved.
 */
export function approve(
  { approver, condition }: ApprovalOptions,
  runs: readonly ReadinessRun[],
  directory: string,
  at: string,
): Approval | null {
  if (approver === undefined) {
    if (condition.length === 0) return null;
    throw new Exit('usage', '--condition without --approver', 'Type who approves: --approver "<name>".');
  }
  if (isPlaceholder(approver))
    throw new Exit('usage', `"${approver}" is nobody’s name`, 'Type the name of the person who approves.');
  const authors = authorsOf(directory);
  const conflict = approverConflict(approver, runs, authors ?? [], at);
  if (conflict !== null)
    throw new Failure('refused', `${conflict}, and may not approve it`, {
      hint: 'Let somebody approve who neither wrote nor ran it.',
    });
  return {
    ...{ approver, conditions: condition, at, typedBy: userInfo().username },
    independence: `took part in none of the runs of the last 12 months whose records audit as intact, and of others nothing is known; ${
      authors === null
        ? 'who wrote the documents is not known here'
        : 'wrote none of the documents, by the names in git'
    }`,
  };
}

/** Who committed the documents, by git; null: they are under no version control that can be asked. */
function authorsOf(directory: string): string[] | null {
  const asked = spawnSync(
    'git',
    ['-C', directory, 'log', '--format=%an%n%cn', '--', 'firedrill.yaml', 'runbooks', 'drills'],
    { encoding: 'utf8', timeout: 10_000, maxBuffer: 64 * 1024 * 1024 },
  );
  if (asked.status !== 0) return null;
  const names = new Set(asked.stdout.split('\n').filter((name) => name !== ''));
  return names.size === 0 ? null : [...names];
}
