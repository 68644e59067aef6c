import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { hashWhileWritten } from '../set/hash-while-written.js';
import type { SetFile } from '../set/manifest.js';
import { archivesOf } from './archives.js';

/** Between two looks for an archive that begins. */
const pauseMs = 25;

/**
 * Hashes the archives of a base backup while `write` writes them, one after the other, and never again: reading them afterwards
 * costs the backup a tenth of its time. A failure of the hashing is none of the backup's: what is missing here is hashed at its end.
 */
export async function hashArchives<R>(
  directory: string,
  write: () => Promise<R>,
  signal?: AbortSignal,
): Promise<{ readonly result: R; readonly hashed: readonly SetFile[] }> {
  let done = false;
  const following = new Map<string, Promise<SetFile | null>>();
  const follow = (name: string) => {
    const one = hashWhileWritten(join(directory, name), () => done, signal === undefined ? {} : { signal });
    following.set(
      name,
      one.then(
        (hash) => ({ name, ...hash }),
        () => null,
      ),
    );
  };
  const look = async () => {
    while (!done) {
      const names = await readdir(directory).catch(() => []);
      for (const { name } of archivesOf(names.map((one) => ({ name: one, bytes: 0, sha256: '' }))))
        if (!following.has(name)) follow(name);
      await delay(pauseMs);
    }
  };
  const looking = look();
  try {
    const result = await write();
    done = true;
    await looking;
    const hashed = (await Promise.all(following.values())).filter((one) => one !== null);
    return { result, hashed };
  } finally {
    done = true;
    await looking;
    await Promise.all(following.values());
  }
}
