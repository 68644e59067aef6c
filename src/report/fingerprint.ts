import type { Json, JsonObject } from '../base/index.js';
import { cell, facts, type Cell, type FactsBlock } from './blocks.js';
import { notMeasuredText, valueWords } from './words.js';

/** What a name of a fingerprint means to somebody who compares it with a server. */
const names: { readonly [key: string]: string } = {
  systemIdentifier: 'System identifier',
  dataDirectory: 'Data directory',
  inode: 'Inode of the data directory',
  postmasterPid: 'Process id of the postmaster',
  postmasterStart: 'Postmaster started',
  timeline: 'Timeline',
  inRecovery: 'In recovery',
};
const order = Object.keys(names);

/** By what the target was recognised, one mark a row; what this version does not know stands under its own name. */
export function fingerprintBlock(
  place: { readonly seq: number; readonly data: { readonly fingerprint: JsonObject } } | undefined,
): FactsBlock {
  const caption = 'Fingerprint of the target';
  const none = (text: string): FactsBlock =>
    facts(caption, [['Fingerprint', cell(text, { status: 'open' })]]);
  if (place === undefined) return none(notMeasuredText);
  const { host, port, ...rest } = place.data.fingerprint;
  const mark = (text: string): Cell => cell(text, { code: true, evidence: [place.seq] });
  const address =
    host === undefined && port === undefined
      ? []
      : [
          [
            'Host and port',
            mark([host, port].flatMap((one) => (one === undefined ? [] : [spell(one)])).join(':')),
          ] as const,
        ];
  const known = order.flatMap((key) => {
    const value = rest[key];
    return value === undefined ? [] : [[names[key] ?? key, mark(spell(value))] as const];
  });
  const others = Object.entries(rest).filter(([key]) => !order.includes(key));
  const rows = [...known, ...address, ...others.map(([key, value]) => [key, mark(spell(value))] as const)];
  return rows.length === 0
    ? none('none: the target did not answer when the environment was opened')
    : facts(caption, rows);
}

function spell(value: Json): string {
  if (value === null) return 'not known';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return valueWords(value);
}
