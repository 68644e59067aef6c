import stringWidth from 'string-width';
import { formatAge, formatSize } from '../../base/index.js';
import { toned } from './colour.js';
import { columns } from './columns.js';
import type { Listing, SetRow } from './list-sets.js';

/** The sets as a table, then what is wrong with the stores. */
export function setLines(
  { sets, broken, unreachable }: Listing,
  now: Date,
  colour: boolean,
  width = Infinity,
): string[] {
  const wide = columns(
    [
      ['BACKUP', 'WAY', 'OF', 'AGE', 'SIZE', 'WHERE', 'VERIFIED', 'LOCKED UNTIL'],
      ...sets.map((set) => rowOf(set, now)),
    ],
    [4],
  );
  // A line that is too long for the terminal breaks in the middle of a column, and nobody can read it.
  const table = wide.every((line) => stringWidth(line) <= width) ? wide : narrow(sets, now);
  return [
    ...(sets.length === 0 ? ['no backups'] : table),
    ...strangerLines(sets, colour),
    ...broken.map(({ id, store, problem }) => `${toned('✗', 'bad', colour)} ${id} in ${store}: ${problem}`),
    ...unreachable.map(
      ({ store, failure }) => `${toned('✗', 'bad', colour)} store ${store}: ${failure.message}`,
    ),
  ];
}

/** “never” is only what this machine can tell. */
function strangerLines(sets: readonly SetRow[], colour: boolean): string[] {
  const unproved = sets.filter((one) => one.verified === null && one.strangers.length > 0);
  if (unproved.length === 0) return [];
  const keys = [...new Set(unproved.flatMap((one) => one.strangers))].sort().join(', ');
  return [
    `${toned('?', 'doubtful', colour)} of ${unproved.length} of these somebody signed that it was verified, with a key that is not trusted here (${keys}): that counts for nothing`,
    '  Where it is your verifier’s: name its public key under `signing.trustFiles` of the environment in firedrill.yaml.',
  ];
}

/** The same on two lines a set. */
function narrow(sets: readonly SetRow[], now: Date): string[] {
  const rows = sets.map((set) => rowOf(set, now));
  const heads = columns(
    rows.map(([id = '', , of = '', age = '', size = '']) => [id, age, size, of]),
    [2],
  );
  return rows.flatMap(([, , , , , where = '', verified = '', locked = ''], at) => [
    heads[at] ?? '',
    `  in ${where} · verified: ${verified}${locked === '-' ? '' : ` · locked until ${locked}`}`,
  ]);
}

function rowOf(set: SetRow, now: Date): string[] {
  const age = (at: string): string => formatAge(now.getTime() - Date.parse(at));
  return [
    set.id,
    set.way,
    set.source,
    age(set.takenAt),
    formatSize(set.bytes),
    set.stores.join(', '),
    set.verified === null
      ? 'never'
      : `${age(set.verified.at)} ago${set.verified.countersigned ? ', countersigned' : ''}`,
    set.lockedUntil?.slice(0, 16).replace('T', ' ') ?? '-',
  ];
}
