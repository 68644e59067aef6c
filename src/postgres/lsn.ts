import { Failure } from '../base/index.js';

/** A place in the write-ahead log as PostgreSQL prints it: two hex numbers, `16/B374D848`. */
export type Lsn = string;

export function parseLsn(lsn: Lsn): bigint {
  const match = /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/.exec(lsn);
  if (!match) throw new Failure('invalid', `not a write-ahead log position: ${lsn}`);
  return (BigInt(`0x${match[1] ?? ''}`) << 32n) | BigInt(`0x${match[2] ?? ''}`);
}

export function formatLsn(value: bigint): Lsn {
  return `${(value >> 32n).toString(16).toUpperCase()}/${(value & 0xffffffffn).toString(16).toUpperCase()}`;
}

/** Negative when `a` lies before `b`, 0 when equal, positive when after. */
export function compareLsn(a: Lsn, b: Lsn): number {
  const [x, y] = [parseLsn(a), parseLsn(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}
