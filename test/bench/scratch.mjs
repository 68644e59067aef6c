import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const waiting = new Set();

/** A folder for the time of `work`, removed afterwards, also when the bench is interrupted. Servers' accounts may pass. */
export async function withScratch(work) {
  const directory = mkdtempSync(join(tmpdir(), 'firedrill-bench-'));
  chmodSync(directory, 0o755);
  return withCleanUp(
    () => rmSync(directory, { recursive: true, force: true }),
    () => work(directory),
  );
}

/** Calls `cleanUp` once after `work`, whatever happens to it. */
export async function withCleanUp(cleanUp, work) {
  waiting.add(cleanUp);
  try {
    return await work();
  } finally {
    if (waiting.delete(cleanUp)) await cleanUp();
  }
}

/** For an interrupted bench: the last made first. */
export async function cleanUpAll() {
  for (const cleanUp of [...waiting].reverse()) {
    waiting.delete(cleanUp);
    await cleanUp();
  }
}
