import stringWidth from 'string-width';
import { formatSize } from '../../base/index.js';
import { toned } from './colour.js';
import { columns } from './columns.js';
import { keptHints } from './kept-commands.js';
import type { KeptListing, KeptRow } from './list-kept.js';

/** What is kept, and what can be done with it. */
export function keptLines(
  environment: string,
  { rows, problems }: KeptListing,
  colour: boolean,
  width = Infinity,
): string[] {
  const unseen = problems.map(({ message }) => `  ${toned('not looked at', 'doubtful', colour)}  ${message}`);
  if (rows.length === 0) return [`nothing is kept of environment ${environment}`, ...unseen];
  const cells = rows.map(cellsOf);
  const wide = columns([['kept', 'of', 'since', 'size', 'goes'], ...cells], [3]);
  const table = wide.every((line) => stringWidth(line) + 2 <= width) ? wide : cells.flatMap(narrow);
  return [
    `kept of environment ${environment}:`,
    ...table.map((one) => `  ${one}`),
    ...unseen,
    ...keptHints('<kept>', environment),
  ];
}

function cellsOf(one: KeptRow): string[] {
  return [
    one.name,
    one.kind === 'set' ? `${one.of} (backup, in ${one.store ?? ''})` : one.of,
    one.at.replace(/\.\d+Z$/, 'Z'),
    one.bytes === null ? '–' : formatSize(one.bytes),
    one.goes,
  ];
}

/** For a terminal that the table does not fit into. */
function narrow([name = '', of = '', since = '', size = '', goes = '']: readonly string[]): string[] {
  return [name, `  of ${of}, since ${since}, ${size}`, `  goes: ${goes}`];
}
