import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readRegister } from '../evidence/index.js';
import { reportsFolder } from './find-run.js';

/**
 * Whether an engine was killed between the end of this run and the last act of sealing, its line in the register. Such a
 * run may be sealed once more: the same bytes come out. One that is registered as finished is never touched again.
 */
export async function hasUnfinishedSeal(directory: string, runId: string): Promise<boolean> {
  const bytes = await readFile(join(reportsFolder(directory), 'register.jsonl')).catch(() => Buffer.alloc(0));
  const kinds = readRegister(bytes).lines.flatMap((line) => (line.runId === runId ? [line.kind] : []));
  return kinds.includes('run-started') && !kinds.includes('run-finished');
}
