import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { Failure, isJsonObject } from '../base/index.js';

/**
 * Reads the ground truth of one kind; null when nothing was begun under this file's name. Throws `refused` when the file is of another
 * kind, or lacks the list that every truth of this kind has.
 */
export function readTruth<T extends { readonly kind: string }>(
  file: string,
  is: { readonly kind: T['kind']; readonly what: string; readonly list?: keyof T & string },
): T | null {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const value: unknown = JSON.parse(text);
  const fits =
    isJsonObject(value) &&
    value['kind'] === is.kind &&
    (is.list === undefined || Array.isArray(value[is.list]));
  if (!fits) throw new Failure('refused', `${file} is not the ground truth of ${is.what}`);
  return value as unknown as T;
}

/** On disk, whole, when it returns. */
export function writeTruth(file: string, truth: object): void {
  const fresh = `${file}.new`;
  const descriptor = openSync(fresh, 'w', 0o644);
  try {
    writeSync(descriptor, `${JSON.stringify(truth, null, 2)}\n`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(fresh, file);
}
