import { formatAge, formatSize } from '../../base/index.js';
import { toned } from './colour.js';
import { columns } from './columns.js';
import type { Listing, SetRow } from './list-sets.js';

/** The sets as a table, then what is wrong with the stores. */
export function setLines({ sets, broken, unreachable }: Listing, now: Date, colour: boolean): string[] {
  const table = columns(
    [
      ['BACKUP', 'WAY', 'OF', 'AGE', 'SIZE', 'WHERE', 'VERIFIED', 'LOCKED UNTIL'],
      ...sets.map((set) => rowOf(set, now)),
    ],
    [4],
  );
  return [
    ...(sets.length === 0 ? ['no backups'] : table),
    ...broken.map(({ id, store, problem }) => `${toned('✗', 'bad', colour)} ${id} in ${store}: ${problem}`),
    ...unreachable.map(
      ({ store, failure }) => `${toned('✗', 'bad', colour)} store ${store}: ${failure.message}`,
    ),
  ];
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
