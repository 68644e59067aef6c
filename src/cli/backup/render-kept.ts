import { formatSize } from '../../base/index.js';
import { toned } from './colour.js';
import { columns } from './columns.js';
import type { KeptListing } from './list-kept.js';

/** What is kept, and what can be done with it. */
export function keptLines(environment: string, { rows, problems }: KeptListing, colour: boolean): string[] {
  const unseen = problems.map(({ message }) => `  ${toned('not looked at', 'doubtful', colour)}  ${message}`);
  if (rows.length === 0) return [`nothing is kept of environment ${environment}`, ...unseen];
  const table = columns(
    [
      ['kept', 'of', 'since', 'size', 'goes'],
      ...rows.map((one) => [
        one.name,
        one.kind === 'set' ? `${one.of} (backup, in ${one.store ?? ''})` : one.of,
        one.at.replace(/\.\d+Z$/, 'Z'),
        one.bytes === null ? '–' : formatSize(one.bytes),
        one.goes,
      ]),
    ],
    [3],
  );
  return [
    `kept of environment ${environment}:`,
    ...table.map((one) => `  ${one}`),
    ...unseen,
    'the restore is good: `firedrill restore --accept <kept>`; it is not: `firedrill restore --roll-back <kept>`',
  ];
}
