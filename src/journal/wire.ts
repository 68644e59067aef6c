import { sha256Hex } from '../base/index.js';
import type { Actor, Entry, RunEvent } from '../run/index.js';

/** `prev` of the first line. */
export const firstPrev = '0'.repeat(64);

/** What the envelope of a line says besides the event and its actor. */
export interface Stamp {
  readonly seq: number;
  readonly prev: string;
  readonly at: string;
  readonly mono: number;
  readonly session: string;
}

export interface Line {
  /** The line with its newline, as it is written. */
  readonly text: string;
  /** SHA-256 of its bytes without the newline. */
  readonly sha256: string;
  /** The entry as anybody will read it back. */
  readonly entry: Entry;
}

/** One entry as one line; the order of the keys is part of the wire form. JSON escapes every newline inside. */
export function encodeLine(stamp: Stamp, event: RunEvent, actor: Actor): Line {
  const { seq, prev, at, mono, session } = stamp;
  const body = JSON.stringify({
    v: 1,
    seq,
    prev,
    at,
    mono,
    session,
    actor,
    type: event.type,
    data: event.data,
  });
  return { text: `${body}\n`, sha256: sha256Hex(body), entry: JSON.parse(body) as Entry };
}
