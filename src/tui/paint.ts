import { widthOf, type Line, type Span, type Tone } from './line.js';

const codes: { readonly [tone in Tone]: string } = {
  plain: '',
  dim: '2',
  good: '32',
  warning: '33',
  bad: '31',
  accent: '36',
  drill: '36',
  live: '31',
};

/** The row with its styles as control sequences; without colour only bold, dim and inverse remain. */
export function paint(line: Line, colour: boolean): string {
  return line.map((span) => paintSpan(span, colour)).join('');
}

function paintSpan(span: Span, colour: boolean): string {
  const code = codes[span.tone ?? 'plain'];
  const tone = colour || code === '2' ? code : '';
  const parts = [span.bold === true ? '1' : '', span.inverse === true ? '7' : '', tone].filter(
    (part) => part !== '',
  );
  return parts.length === 0 || span.text === ''
    ? span.text
    : `\u001b[${parts.join(';')}m${span.text}\u001b[0m`;
}

/** Where the terminal's cursor stands, counted from 0, or null when no row says so. */
export function cursorOf(lines: readonly Line[]): { readonly x: number; readonly y: number } | null {
  for (const [y, line] of lines.entries()) {
    const at = line.findIndex((span) => span.cursor === true);
    if (at >= 0) return { x: widthOf(line.slice(0, at)), y };
  }
  return null;
}
