import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Replaces a file so that a crash at any instant leaves the old one or the new one, whole and on disk. */
export function writeDurably(file: string, text: string, mode = 0o644): void {
  const fresh = `${file}.${process.pid}.new`;
  const descriptor = openSync(fresh, 'w', mode);
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(fresh, file);
  const folder = openSync(dirname(file), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
