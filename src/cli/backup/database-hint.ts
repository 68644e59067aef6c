import type { ListedSet } from '../../backup/index.js';
import { didYouMean } from '../../base/index.js';
import type { RestoreMode } from './restore-mode.js';

/** For a database that no dump holds: which one may be meant. Undefined where its name is not what is wrong. */
export function databaseHint(mode: RestoreMode, sets: readonly ListedSet[]): string | undefined {
  if (mode.kind !== 'beside' && mode.kind !== 'replace') return undefined;
  const held = sets.flatMap(({ manifest }) =>
    manifest.kind === 'logical' ? manifest.dump.databases.map((one) => one.name) : [],
  );
  const names = [...new Set(held)].sort();
  if (names.length === 0 || names.includes(mode.database)) return undefined;
  const near = didYouMean(mode.database, names);
  return near === undefined
    ? `No dump there holds a database "${mode.database}"; they hold ${names.join(', ')}.`
    : `No dump there holds a database "${mode.database}". Did you mean ${near}?`;
}
