import stringWidth from 'string-width';

export type Tone = 'plain' | 'dim' | 'good' | 'warning' | 'bad' | 'accent' | 'drill' | 'live';

/** A piece of a line in one style. `cursor` marks where the terminal's cursor stands: right before this piece. */
export interface Span {
  readonly text: string;
  readonly tone?: Tone;
  readonly bold?: boolean;
  readonly inverse?: boolean;
  readonly cursor?: boolean;
}

/** One row of the screen; its text holds no control characters. */
export type Line = readonly Span[];

export function widthOf(line: Line): number {
  return line.reduce((sum, span) => sum + stringWidth(span.text), 0);
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

export function splitGraphemes(text: string): string[] {
  return [...graphemes.segment(text)].map((one) => one.segment);
}

/** At most `width` cells of a text, the last one an ellipsis when something was cut off. */
export function cutText(text: string, width: number, ellipsis = '…'): string {
  if (stringWidth(text) <= width) return text;
  if (width <= 0) return '';
  const kept: string[] = [];
  let used = 0;
  for (const one of splitGraphemes(text)) {
    const next = stringWidth(one);
    if (used + next > width - 1) break;
    kept.push(one);
    used += next;
  }
  return kept.join('') + ellipsis;
}

export function cutLine(line: Line, width: number): Line {
  const kept: Span[] = [];
  let used = 0;
  for (const span of line) {
    const size = stringWidth(span.text);
    if (used + size > width) {
      if (width > used || span.cursor === true)
        kept.push({ ...span, text: cutText(span.text, width - used) });
      return kept;
    }
    kept.push(span);
    used += size;
  }
  return kept;
}

/** Exactly `width` cells: cut, or filled up with blanks. */
export function fitLine(line: Line, width: number): Line {
  const cut = cutLine(line, width);
  const missing = width - widthOf(cut);
  return missing > 0 ? [...cut, { text: ' '.repeat(missing) }] : cut;
}

export function padText(text: string, width: number): string {
  const cut = cutText(text, width);
  return cut + ' '.repeat(Math.max(0, width - stringWidth(cut)));
}

/** `left` and `right` on one row of `width` cells; where both do not fit, the right one stays whole. */
export function beside(left: Line, right: Line, width: number): Line {
  const room = width - widthOf(right) - 1;
  return room < 4 ? fitLine(left, width) : [...fitLine(left, room), { text: ' ' }, ...right];
}

/** Breaks a text into rows of at most `cells` cells, at blanks where there are any. */
export function wrapText(text: string, cells: number): string[] {
  const width = Math.max(1, cells);
  const rows: string[] = [];
  let row = '';
  const flush = (): void => {
    rows.push(row);
    row = '';
  };
  for (const word of text.split(/ +/u).filter((one) => one !== '')) {
    let rest = word;
    if (row !== '' && stringWidth(row) + 1 + stringWidth(rest) > width) flush();
    while (stringWidth(rest) > width) {
      // At least one character, however wide: this must end.
      const head = takeCells(rest, width);
      rows.push(head);
      rest = rest.slice(head.length);
    }
    row = row === '' ? rest : `${row} ${rest}`;
  }
  if (row !== '') flush();
  return rows;
}

function takeCells(text: string, width: number): string {
  let taken = '';
  let used = 0;
  for (const one of splitGraphemes(text)) {
    used += stringWidth(one);
    if (used > width && taken !== '') break;
    taken += one;
  }
  return taken;
}
