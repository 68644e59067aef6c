import type { WalRecord } from './wal-records.js';

/** A row's place: its page and its line there. */
export interface RowPlace {
  readonly page: number;
  readonly line: number;
}

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
  /** `(page,line)` of rows that are gone. */
  readonly deleted: readonly string[];
  /** `(page,line)` of rows that have other values. */
  readonly updated: readonly string[];
  /** How many left for another partition. */
  readonly moved: number;
}

/** Follows each row through all its changes, in the order of the log: a row that was updated and then deleted is gone. */
export function rowFates(changes: readonly RowChange[]): RowFates {
  const origin = new Map<string, string>();
  const fates = new Map<string, RowChange['did']>();
  let moved = 0;
  for (const change of changes) {
    const at = placeText(change.at);
    const first = origin.get(at) ?? at;
    fates.set(first, change.did);
    if (change.did === 'updated') origin.set(placeText(change.to), first);
    else if (change.moved) moved += 1;
  }
  const ended = (did: RowChange['did']) =>
    [...fates].filter(([, one]) => one === did).map(([place]) => place);
  return { deleted: ended('deleted'), updated: ended('updated'), moved };
}

function placeText({ page, line }: RowPlace): string {
  return `(${page},${line})`;
}
