import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Failure } from '../base/index.js';

/** The compiled program at `path` below `dist/`, also when this very code runs from `src/`. */
export function programPath(path: string): string {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const program = `${root}dist/${path}`;
  if (!existsSync(program))
    throw new Failure('unavailable', `program ${program} is not there`, {
      hint: 'Build it first: `npm run build`.',
    });
  return program;
}
