import { secretPatterns } from './secret-patterns.js';

/** Bytes `start` up to `end` (exclusive) of a text that must not be kept. */
export interface SecretRange {
  readonly start: number;
  readonly end: number;
  readonly kind: string;
}

/** All secrets in a text (bytes read as latin1) from `from` on, overlapping ones joined, in order. */
export function secretRanges(text: string, from: number, known: RegExp | null): SecretRange[] {
  const found: SecretRange[] = [];
  if (known !== null) {
    for (const match of matches(known, text, from)) {
      found.push({ start: match.index, end: match.index + match[0].length, kind: 'known secret' });
    }
  }
  for (const { kind, expression } of secretPatterns) {
    for (const match of matches(expression, text, from)) {
      const end = match.index + match[0].length;
      const value = match.slice(1).find((group?: string) => group !== undefined) ?? match[0];
      found.push({ start: end - value.length, end, kind });
    }
  }
  return joinRanges(found);
}

/** Secrets in the lines that hold one of `seams` (in order): no other line can have become one, as no pattern crosses a line end. */
export function rangesBeside(text: string, seams: readonly number[], known: RegExp | null): SecretRange[] {
  const found: SecretRange[] = [];
  let searched = 0;
  for (const seam of seams) {
    if (seam < searched) continue;
    const begin = lineBegin(text, seam);
    searched = lineEnd(text, seam);
    for (const { start, end, kind } of secretRanges(text.slice(begin, searched), 0, known))
      found.push({ start: begin + start, end: begin + end, kind });
  }
  return found;
}

/** Step by step: searching backwards for a kind of line end that does not occur would read the whole text every time. */
function lineBegin(text: string, at: number): number {
  let begin = at;
  while (begin > 0 && !isLineEnd(text.charCodeAt(begin - 1))) begin -= 1;
  return begin;
}

function isLineEnd(code: number): boolean {
  return code === 10 || code === 13;
}

/** Behind the line end, or the end of the text. */
function lineEnd(text: string, at: number): number {
  lineBreak.lastIndex = at;
  return lineBreak.test(text) ? lineBreak.lastIndex : text.length;
}

const lineBreak = /[\r\n]/g;

function* matches(expression: RegExp, text: string, from: number): Generator<RegExpExecArray> {
  expression.lastIndex = from;
  for (let match = expression.exec(text); match !== null; match = expression.exec(text)) {
    const next = expression.lastIndex;
    yield match;
    expression.lastIndex = next;
  }
}

/** Ranges in order, those that overlap or touch made one; the kind of the first stays. */
export function joinRanges(ranges: readonly SecretRange[]): SecretRange[] {
  const joined: SecretRange[] = [];
  for (const range of [...ranges].sort((a, b) => a.start - b.start || b.end - a.end)) {
    const last = joined.at(-1);
    if (last === undefined || range.start > last.end) joined.push(range);
    else if (range.end > last.end) joined[joined.length - 1] = { ...last, end: range.end };
  }
  return joined;
}
