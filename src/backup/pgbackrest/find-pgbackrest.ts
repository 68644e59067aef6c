import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { Failure } from '../../base/index.js';
import { runChild } from '../../children/index.js';

/** The program that drives a repository. */
export interface PgbackrestTool {
  readonly path: string;
  readonly version: string;
}

/** Finds `pgbackrest` in PATH. Rejects with `unavailable` when it is not there or does not say its version. */
export async function findPgbackrest(env: NodeJS.ProcessEnv = process.env): Promise<PgbackrestTool> {
  for (const directory of (env['PATH'] ?? '').split(delimiter).filter((one) => one !== '')) {
    const path = join(directory, 'pgbackrest');
    const there = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (!there) continue;
    const { exitCode, tail } = await runChild({ file: path, args: ['version'], env: { LC_ALL: 'C' } });
    const version = /pgBackRest (\S+)/.exec(tail.join('\n'))?.[1];
    if (exitCode === 0 && version !== undefined) return { path, version };
  }
  throw new Failure('unavailable', 'no pgbackrest found', {
    hint: 'Install it (`apt-get install pgbackrest`), or put its folder into PATH.',
  });
}
