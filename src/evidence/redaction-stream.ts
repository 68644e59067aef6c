import { armourBegin, armourEnd, blot, longestMatch } from './secret-patterns.js';
import { joinRanges, rangesBeside, secretRanges, type SecretRange } from './secret-ranges.js';

/** A line longer than this is handed on in parts, so that endless lines do not fill the memory. */
const longestHeldLine = 64 * 1024;
/** A private key without an end marker is swallowed no further than this. */
const longestArmour = 64 * 1024;
/** Large chunks are worked off in pieces of this size. */
const pieceBytes = 256 * 1024;

export interface RedactionStream {
  /** Takes the next bytes; returns what may be kept of all that came so far. Holds back at most an unfinished line. */
  push(chunk: string | Uint8Array): Buffer;
  /** The rest. */
  end(): Buffer;
  /** How many secrets were blotted out so far. */
  redactions(): number;
  /** What kinds they were, and how many of each. */
  kinds(): ReadonlyMap<string, number>;
}

/**
 * Blots secrets out of a stream of bytes; where the chunks are cut makes no difference. Text is worked off in whole lines,
 * because no secret but an armoured private key goes over a line end; every other byte goes through unchanged.
 */
export function redactionStream(known: RegExp | null): RedactionStream {
  const kinds = new Map<string, number>();
  let redactions = 0;
  let held = '';
  /** The byte before `held` inside an endless line: patterns look one character back. */
  let context = '';
  /** Bytes of a private key that may still be swallowed; 0 outside of one. */
  let armourLeft = 0;

  const count = (kind: string) => {
    redactions += 1;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  };

  /** What of a private key lies in `text`; goes on where the text before left off. */
  const armourRanges = (text: string): SecretRange[] => {
    const ranges: SecretRange[] = [];
    let position = 0;
    for (;;) {
      let start = position;
      if (armourLeft === 0) {
        armourBegin.lastIndex = position;
        const begin = armourBegin.exec(text);
        if (begin === null) return ranges;
        start = begin.index;
        armourLeft = longestArmour;
      }
      armourEnd.lastIndex = start;
      const end = armourEnd.exec(text);
      const limit = start + armourLeft;
      if (end !== null && end.index < limit) {
        position = end.index + end[0].length;
        armourLeft = 0;
      } else {
        position = Math.min(limit, text.length);
        armourLeft = limit - position;
      }
      if (position > start) ranges.push({ start, end: position, kind: 'private key' });
      if (position === text.length) return ranges;
    }
  };

  /** The text without the ranges; then again, because what moves together may look like a secret itself. */
  const blotOut = (text: string, ranges: readonly SecretRange[], continued: boolean, round = 0): string => {
    if (ranges.length === 0 || round > 4) return text;
    let kept = '';
    let position = 0;
    const seams: number[] = [];
    for (const { start, end, kind } of ranges) {
      const goesOn = continued && start === 0;
      if (!goesOn) count(kind);
      kept += text.slice(position, start);
      seams.push(kept.length);
      if (!goesOn) kept += blot;
      position = end;
    }
    kept += text.slice(position);
    return blotOut(kept, rangesBeside(kept, seams, known), false, round + 1);
  };

  /** Works off the first `wanted` bytes of `held`, fewer when a secret lies across that place. */
  const workOff = (wanted: number): string => {
    const ranges = secretRanges(context + held, context.length, known).map((range) => ({
      ...range,
      start: range.start - context.length,
      end: range.end - context.length,
    }));
    const across =
      wanted < held.length ? ranges.find(({ start, end }) => start < wanted && end > wanted) : undefined;
    const cut = across !== undefined && across.start > 0 ? across.start : wanted;
    const text = held.slice(0, cut);
    const continued = armourLeft > 0;
    const own = ranges
      .filter(({ start }) => start < cut)
      .map((range) => ({ ...range, end: Math.min(range.end, cut) }));
    const kept = blotOut(text, joinRanges([...armourRanges(text), ...own]), continued);
    context = /[\r\n]$/.test(text) ? '' : text.slice(-1);
    held = held.slice(cut);
    return kept;
  };

  const take = (piece: string): string => {
    const lineEnd = Math.max(piece.lastIndexOf('\n'), piece.lastIndexOf('\r'));
    const before = held.length;
    held += piece;
    let kept = lineEnd === -1 ? '' : workOff(before + lineEnd + 1);
    while (held.length > longestHeldLine) kept += workOff(held.length - longestMatch);
    return kept;
  };

  return {
    push(chunk) {
      const bytes =
        typeof chunk === 'string'
          ? Buffer.from(chunk)
          : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      const kept: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += pieceBytes) {
        const piece = take(bytes.toString('latin1', at, Math.min(at + pieceBytes, bytes.length)));
        if (piece !== '') kept.push(Buffer.from(piece, 'latin1'));
      }
      return kept.length === 1 && kept[0] !== undefined ? kept[0] : Buffer.concat(kept);
    },
    end() {
      return Buffer.from(held === '' ? '' : workOff(held.length), 'latin1');
    },
    redactions: () => redactions,
    kinds: () => kinds,
  };
}
