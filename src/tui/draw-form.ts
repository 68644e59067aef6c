import type { FormField, PickOption } from '../run/index.js';
import { activeField, type FieldsOf } from './form.js';
import { cutText, splitGraphemes, widthOf, wrapText, type Line, type Span } from './line.js';
import type { Picture } from './picture.js';
import type { Draft } from './screen-state.js';
import { emptyInput } from './text-input.js';

/**
 * A form as far as it is filled in: answered fields in one row each, the field the keys go to in full, later ones dim. Options
 * take several rows where the form then still fits into `wanted`; else one each.
 */
export function drawForm(
  picture: Picture,
  draft: Draft,
  fieldsOf: FieldsOf,
  typing: boolean,
  width: number,
  height: number,
  wanted = height,
): Line[] {
  const draw = (whole: boolean) => formLines(picture, draft, fieldsOf, { typing, width, height, whole });
  const roomy = draw(true);
  return height >= 6 && roomy.length <= Math.min(height, wanted) ? roomy : draw(false);
}

interface FormRoom {
  readonly typing: boolean;
  readonly width: number;
  readonly height: number;
  /** Options in as many rows as they take. */
  readonly whole: boolean;
}

function formLines(
  picture: Picture,
  draft: Draft,
  fieldsOf: FieldsOf,
  { typing, width, height, whole }: FormRoom,
): Line[] {
  const fields = fieldsOf(draft.values);
  const active = activeField(draft, fields);
  const at = typeof active === 'object' ? fields.indexOf(active) : -1;
  const place = fields.length > 1 && at >= 0 ? `${at + 1}/${fields.length} ` : '';
  const short = height < 6;
  const lines: Line[] = [];
  let first = 0;
  for (const field of fields) {
    if (field !== active) {
      lines.push(restingLine(picture, draft, field, width));
      continue;
    }
    first = lines.length;
    if (field.kind === 'pick')
      lines.push(...pickLines(picture, draft, field, { width, place, short, whole }));
    else lines.push(...typedLines(picture, draft, field, typing, width, place, short));
  }
  if (active === 'send') {
    first = lines.length;
    lines.push([{ text: ` ${picture.symbols.pointer} Enter sends this answer`, bold: true, tone: 'accent' }]);
  }
  if (lines.length <= height || whole) return lines;
  const started = lines.length - fields.slice(at + 1).length;
  if (at >= 0 && started <= height) return lines.slice(0, height);
  const focus = Math.max(first, highlighted(draft, active) + first);
  const start = Math.max(0, Math.min(lines.length - height, focus - Math.floor(height / 2)));
  return lines.slice(start, start + height);
}

function highlighted(draft: Draft, active: FormField | 'send' | undefined): number {
  return typeof active === 'object' && active.kind === 'pick' ? (draft.picks[active.key] ?? 0) + 1 : 1;
}

function labelRows(label: string, width: number, short: boolean): string[] {
  return short ? [cutText(label, width - 2)] : wrapText(label, width - 2);
}

/** A long question gives way to what was answered. */
function restingLine({ symbols }: Picture, draft: Draft, field: FormField, width: number): Line {
  const value = draft.values[field.key];
  if (value === undefined) return [{ text: ` ${symbols.pending} ${field.label}`, tone: 'dim' }];
  const known =
    field.kind === 'pick' ? field.options.find((option) => option.value === value)?.label : undefined;
  const text = known ?? (typeof value === 'string' ? value : JSON.stringify(value));
  const room = Math.max(12, width - widthOf([{ text }]) - 6);
  return [{ text: ` ${symbols.done} ${cutText(field.label, room)}: `, tone: 'dim' }, { text }];
}

function pickLines(
  { symbols }: Picture,
  draft: Draft,
  field: FormField & { kind: 'pick' },
  { width, place, short, whole }: { width: number; place: string; short: boolean; whole: boolean },
): Line[] {
  const at = draft.picks[field.key];
  const title: Line[] =
    place !== '' || field.key !== 'option'
      ? labelRows(place + field.label, width, short).map((row) => [{ text: ` ${row}`, bold: true }])
      : [];
  const packed = whole ? null : optionsSideBySide(symbols.pointer, field, at, width);
  if (packed) return [...title, ...packed];
  const options = field.options.flatMap((option, index): Line[] => {
    const here = index === at;
    const number = option.key ?? (index < 9 ? String(index + 1) : ' ');
    const pointer: Span = { text: ` ${here ? symbols.pointer : ' '} `, tone: 'accent', bold: true };
    const notes = optionNotes(option);
    const tone = option.barred !== undefined ? 'dim' : here ? 'accent' : 'plain';
    // What is suggested or not possible must be seen, however long the option.
    const room = Math.max(10, width - 5 - widthOf(notes));
    const rows = whole ? wrapText(option.label, room) : [cutText(option.label, room)];
    return rows.map((row, n): Line => [
      ...(n === 0 ? [pointer, { text: number, bold: true }] : [{ text: ' '.repeat(4) }]),
      { text: ` ${row}`, bold: here, tone },
      ...(n === 0 ? notes : []),
    ]);
  });
  return [...title, ...options];
}

/** Short options side by side, in fewer rows than there are options, where nothing has to be said of any. */
function optionsSideBySide(
  pointer: string,
  { options }: FormField & { kind: 'pick' },
  at: number | undefined,
  width: number,
): Line[] | null {
  if (options.length > 9 || options.some((one) => optionNotes(one).length > 0)) return null;
  const rows: Span[][] = [];
  options.forEach((option, index) => {
    const here = index === at;
    const cell: Span[] = [
      { text: ` ${here ? pointer : ' '} `, tone: 'accent', bold: true },
      { text: option.key ?? String(index + 1), bold: true },
      { text: ` ${option.label}`, bold: here, tone: here ? 'accent' : 'plain' },
    ];
    const last = rows.at(-1);
    if (last && widthOf([...last, ...cell]) <= width) last.push(...cell);
    else rows.push(cell);
  });
  return rows.length < options.length && rows.every((row) => widthOf(row) <= width) ? rows : null;
}

function optionNotes({ suggested, barred }: PickOption): Span[] {
  return [
    ...(suggested ? [{ text: '  suggested', tone: 'accent' } as const] : []),
    ...(barred === undefined ? [] : [{ text: `  not possible: ${barred}`, tone: 'warning' } as const]),
  ];
}

function typedLines(
  { symbols }: Picture,
  draft: Draft,
  field: FormField & { kind: 'line' },
  typing: boolean,
  width: number,
  place: string,
  short: boolean,
): Line[] {
  const input = draft.inputs[field.key] ?? emptyInput;
  const title = labelRows(place + field.label, width, short).map((row): Line => [
    { text: ` ${row}`, bold: true },
  ]);
  const used = `${input.text.length}/${field.maxLength}`;
  const hint: Line = [{ text: `   ${field.hint}  ${used}`, tone: 'dim' }];
  if (!typing && input.text === '')
    return [
      ...title,
      [
        { text: ` ${symbols.pointer} `, tone: 'accent', bold: true },
        { text: 'press Enter to type', tone: 'accent' },
      ],
      hint,
    ];
  const { before, after } = visiblePart(input.text, input.cursor, Math.max(4, width - 6));
  const typed: Line = [
    { text: ` ${symbols.pointer} `, tone: 'accent', bold: true },
    { text: before },
    ...(typing ? [{ text: '', cursor: true }] : []),
    { text: after },
  ];
  return [...title, typed, hint];
}

/** The part of a long line around the cursor that fits; a double-width character counts as two. */
function visiblePart(text: string, cursor: number, width: number): { before: string; after: string } {
  const before = text.slice(0, cursor);
  const rows = wrapCells(before, width);
  const shown = rows.at(-1) ?? '';
  const after = wrapCells(text.slice(cursor), Math.max(1, width - widthOf([{ text: shown }])))[0] ?? '';
  return { before: rows.length > 1 ? shown : before, after };
}

function wrapCells(text: string, width: number): string[] {
  // Blanks are kept: a typed line is shown as it was typed.
  const rows: string[] = [''];
  let used = 0;
  for (const one of splitGraphemes(text)) {
    const next = widthOf([{ text: one }]);
    if (used + next > width) {
      rows.push('');
      used = 0;
    }
    rows[rows.length - 1] = (rows.at(-1) ?? '') + one;
    used += next;
  }
  return rows;
}
