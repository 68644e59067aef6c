import { open, readFile, rename, unlink } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { Failure } from '../base/index.js';

const waitMs = 20;
const patienceMs = 10_000;

/**
 * Does `work` while holding a lock file that only one process can have made. A lock whose process is gone is broken.
 * Rejects with `unavailable` when a live process keeps it for more than ten seconds.
 */
export async function withLock<T>(lock: string, work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + patienceMs;
  while (!(await take(lock))) {
    const holder = await readFile(lock, 'utf8').catch(() => '');
    if (isGone(holder)) await breakLock(lock, holder);
    else if (performance.now() > deadline) {
      throw new Failure(
        'unavailable',
        `${lock} has been held by process ${holder.trim() || 'unknown'} for 10 s`,
        {
          hint: `If no firedrill is running, type \`rm ${lock}\`.`,
        },
      );
    } else await pause(waitMs);
  }
  try {
    return await work();
  } finally {
    await unlink(lock).catch(() => undefined);
  }
}

async function take(lock: string): Promise<boolean> {
  try {
    const handle = await open(lock, 'wx', 0o600);
    await handle.writeFile(`${process.pid}\n`);
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function isGone(holder: string): boolean {
  const pid = Number(holder.trim());
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** Takes the dead lock away by renaming it, so that of several that try only one does, and looks once more what it took. */
async function breakLock(lock: string, holder: string): Promise<void> {
  const aside = `${lock}.${process.pid}.dead`;
  try {
    await rename(lock, aside);
    const taken = await readFile(aside, 'utf8');
    await unlink(aside);
    if (taken !== holder) throw new Failure('unavailable', `${lock} changed hands while it was broken`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
