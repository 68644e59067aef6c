import {
  closeSync,
  futimesSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { processIdentity } from '../children/index.js';

const everyMs = 2000;

/**
 * Touches the file now and from then on, with this process's identity in it, so that it is known to live however old the file
 * looks; returns how to stop, which takes the identity away again. Keeps no process alive.
 */
export function keepBeating(file: string): () => void {
  const own = JSON.stringify(processIdentity(process.pid));
  const touch = () => {
    // Another process may have held the lab for a moment, and named itself.
    if (contentOf(file) !== own) attempt(file, () => writeFileSync(file, own));
    beat(file);
  };
  touch();
  const timer = setInterval(touch, everyMs);
  timer.unref();
  return () => {
    clearInterval(timer);
    if (contentOf(file) === own) attempt(file, () => truncateSync(file));
  };
}

export function beat(file: string): void {
  attempt(file, () => {
    const descriptor = openSync(file, 'a');
    const now = new Date();
    futimesSync(descriptor, now, now);
    closeSync(descriptor);
  });
}

function attempt(file: string, change: () => void): void {
  // A lab that was removed meanwhile is not made again by a late beat.
  if (statSync(dirname(file), { throwIfNoEntry: false }) === undefined) return;
  try {
    change();
  } catch {
    // A full disk must not end the engine; silence only brings the lab's own end nearer.
  }
}

function contentOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
