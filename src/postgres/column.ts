import { Failure } from '../base/index.js';
import type { Row } from './session.js';

/** A text column of a row that must be there; anything else is a mistake in our own SQL. */
export function textColumn(row: Row | undefined, column: string): string {
  const value = row?.[column];
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  throw new Failure('check', `the server gave no text for ${column}`);
}

export function textOrNull(row: Row | undefined, column: string): string | null {
  const value = row?.[column];
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : null;
}
