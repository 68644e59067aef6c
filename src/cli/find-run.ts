import { existsSync, readdirSync, statSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { didYouMean, isRunId } from '../base/index.js';
import { Exit } from './exit.js';

export function reportsFolder(directory: string): string {
  return join(directory, 'reports');
}

/** Ids of all runs of a programme, newest first. */
export function runIds(directory: string): string[] {
  const folder = reportsFolder(directory);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => isRunId(name) && existsSync(join(folder, name, 'journal.jsonl')))
    .sort()
    .reverse();
}

/** The record's folder for what somebody typed: a run id, the beginning of one, `latest`, or a folder. */
export function findRecord(directory: string, given: string): string {
  const asFolder = isAbsolute(given) ? given : resolve(directory, given);
  if (existsSync(join(asFolder, 'journal.jsonl')) && statSync(asFolder).isDirectory()) return asFolder;
  const ids = runIds(directory);
  const found = given === 'latest' ? ids.slice(0, 1) : ids.filter((id) => id.startsWith(given));
  const [only] = found;
  if (found.length === 1 && only !== undefined) return join(reportsFolder(directory), only);
  if (found.length > 1) {
    throw new Exit(
      'usage',
      `"${given}" fits ${found.length} runs: ${found.slice(0, 5).join(', ')}`,
      'Type more of the run id.',
    );
  }
  if (given !== '' && existsSync(asFolder)) {
    const isFolder = statSync(asFolder).isDirectory();
    throw new Exit(
      'usage',
      `${given} is no record of a run: ${isFolder ? 'it has no journal.jsonl' : 'it is a file'}`,
      'Type the folder of a record, or the id of a run; `firedrill runs` lists them.',
    );
  }
  const near = didYouMean(given, ids);
  const hint =
    near === undefined ? 'Type `firedrill runs` to see the runs there are.' : `Did you mean ${near}?`;
  throw new Exit('usage', `no run "${given}" in ${reportsFolder(directory)}`, hint);
}
