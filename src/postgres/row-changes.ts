import { PlaceSet, placeText, type RowPlace } from './place-set.js';
import type { WalRecord } from './wal-records.js';

/** What one record of the log did to one row of one file (`tablespace/database/file`). */
export type RowChange = { readonly file: string } & (
  | { readonly did: 'deleted'; readonly at: RowPlace; readonly moved: boolean }
  | { readonly did: 'updated'; readonly at: RowPlace; readonly to: RowPlace }
);

/** Rows that leave a partition because of their new key are deleted there with this mark (heapam_xlog.h). */
const partitionMove = 0x10;

/** Null for a record that changes no row that was there. Reads what pg_waldump prints, of version 15 and of later ones. */
export function rowChangeOf({ kind, what }: WalRecord): RowChange | null {
  if (kind !== 'Heap') return null;
  const did = /^(DELETE|UPDATE|HOT_UPDATE)\b/.exec(what)?.[1];
  const old = numberAfter(/\b(?:old_)?off:? (\d+)/, what);
  if (did === undefined || old === null) return null;
  const blocks = [...what.matchAll(/blkref #(\d+): rel (\S+) (?:fork \w+ )?blk (\d+)/g)];
  const [first, second] = blocks.map(([, , file = '', page]) => ({ file, page: Number(page) }));
  if (first === undefined) return null;
  const { file } = first;
  if (did === 'DELETE') {
    const flags = Number.parseInt(/\bflags:? 0x([0-9A-F]+)/i.exec(what)?.[1] ?? '0', 16);
    const moved = (flags & partitionMove) !== 0;
    return { file, did: 'deleted', at: { page: first.page, line: old }, moved };
  }
  const line = numberAfter(/\bnew[_ ]off:? (\d+)/, what);
  if (line === null) return null;
  // The new row's page comes first; the old one's only where it is another.
  const at = { page: (second ?? first).page, line: old };
  return { file, did: 'updated', at, to: { page: first.page, line } };
}

function numberAfter(pattern: RegExp, text: string): number | null {
  const found = pattern.exec(text)?.[1];
  return found === undefined ? null : Number(found);
}

/** What became of the rows of one file that one transaction touched, by their places before it. */
export interface RowFates {
  /** Rows that are gone. */
  readonly deleted: PlaceSet;
  /** Rows that have other values. */
  readonly updated: PlaceSet;
  /** How many left for another partition. */
  readonly moved: number;
}

/** Reads the changes of one transaction in the order of the log; asked for once or twice. */
export type ReadChanges = (take: (change: RowChange) => void) => Promise<void>;

/**
 * By file, follows each row through all its changes: a row that was updated and then deleted is gone. Where a row came from is kept
 * only for rows that are changed again, which a first reading tells: most transactions change each row once, and one that changed
 * millions would not fit into memory otherwise.
 */
export async function readFates(read: ReadChanges): Promise<ReadonlyMap<string, RowFates>> {
  const first = new Map<string, Follower>();
  await read((change) => followerOf(first, change.file, null).take(change));
  if (![...first.values()].some((one) => one.again.size > 0)) return first;
  const second = new Map<string, Follower>();
  await read((change) => followerOf(second, change.file, first.get(change.file)?.again ?? null).take(change));
  return second;
}

interface Follower extends RowFates {
  /** Places that were written and then changed again. */
  readonly again: PlaceSet;
  moved: number;
  take(change: RowChange): void;
}

function followerOf(all: Map<string, Follower>, file: string, followed: PlaceSet | null): Follower {
  const known = all.get(file);
  if (known !== undefined) return known;
  const written = new PlaceSet();
  const origin = new Map<string, RowPlace>();
  const follower: Follower = {
    ...{ deleted: new PlaceSet(), updated: new PlaceSet(), again: new PlaceSet(), moved: 0 },
    take(change) {
      const { deleted, updated, again } = follower;
      if (written.has(change.at)) again.add(change.at);
      const was = origin.get(placeText(change.at)) ?? change.at;
      if (change.did === 'updated') {
        updated.add(was);
        written.add(change.to);
        if (followed?.has(change.to) === true) origin.set(placeText(change.to), was);
        return;
      }
      updated.delete(was);
      deleted.add(was);
      if (change.moved) follower.moved += 1;
    },
  };
  all.set(file, follower);
  return follower;
}
