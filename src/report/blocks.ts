/** How good or bad a fact is; every rendering says it by word and symbol, and colour only repeats it. */
export type Status = 'good' | 'bad' | 'warning' | 'open' | 'scripted';

/** One fact in a table, with what it rests on. */
export interface Cell {
  readonly text: string;
  readonly status?: Status;
  /** Sequence numbers of journal entries. */
  readonly evidence?: readonly number[];
  /** Files of the record. */
  readonly files?: readonly { readonly file: string; readonly title: string }[];
  /** Hashes, ids, raw data: shown in a fixed-width face. */
  readonly code?: boolean;
}

export interface FactsBlock {
  readonly kind: 'facts';
  readonly caption: string;
  readonly rows: readonly { readonly name: string; readonly value: Cell }[];
}
export interface TableBlock {
  readonly kind: 'table';
  readonly caption: string;
  readonly columns: readonly { readonly title: string; readonly numeric?: boolean }[];
  readonly rows: readonly (readonly Cell[])[];
  /** What stands there when there are no rows: `none`, `not measured`, `not exercised`. */
  readonly whenEmpty: string;
}
export interface TextBlock {
  readonly kind: 'text';
  readonly text: string;
  readonly status?: Status;
}
export interface ListBlock {
  readonly kind: 'list';
  readonly items: readonly string[];
}
/** Stands for the timeline picture, which the HTML draws from the report's `timeline`. */
export interface PictureBlock {
  readonly kind: 'picture';
}
export type Block = FactsBlock | TableBlock | TextBlock | ListBlock | PictureBlock;

export interface Section {
  readonly id: string;
  readonly title: string;
  readonly blocks: readonly Block[];
}

export function cell(text: string, more: Omit<Cell, 'text'> = {}): Cell {
  return { text, ...more };
}
export function text(said: string, status?: Status): TextBlock {
  return { kind: 'text', text: said, ...(status === undefined ? {} : { status }) };
}
export function facts(caption: string, rows: readonly (readonly [string, Cell | string])[]): FactsBlock {
  return {
    kind: 'facts',
    caption,
    rows: rows.map(([name, value]) => ({ name, value: typeof value === 'string' ? cell(value) : value })),
  };
}

/** A column title that begins with `#` is numeric. */
export function table(
  caption: string,
  columns: readonly string[],
  rows: readonly (readonly (Cell | string)[])[],
  whenEmpty = 'none',
): TableBlock {
  return {
    kind: 'table',
    caption,
    columns: columns.map((title) =>
      title.startsWith('#') ? { title: title.slice(1), numeric: true } : { title },
    ),
    rows: rows.map((row) => row.map((one) => (typeof one === 'string' ? cell(one) : one))),
    whenEmpty,
  };
}

export const statusMark: { readonly [status in Status]: string } = {
  good: '✓',
  bad: '✗',
  warning: '!',
  open: '–',
  scripted: '§',
};
