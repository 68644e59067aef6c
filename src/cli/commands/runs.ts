import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isAlive } from '../../children/index.js';
import { readHolder, readJournalFile } from '../../journal/index.js';
import { findRecord, reportsFolder, runIds } from '../find-run.js';
import { print, printJson, type CommonOptions } from '../output.js';
import { statePaths } from '../programme-paths.js';
import { hasUnfinishedSeal } from '../unfinished-seal.js';

export interface RunSummary {
  readonly runId: string;
  readonly title: string;
  readonly mode: string;
  /** `running`: an engine holds it; `interrupted`: nobody does and it has no end; else how it ended. */
  readonly status: 'running' | 'interrupted' | 'completed' | 'failed' | 'cancelled' | 'unreadable';
  readonly verdict: string | null;
  readonly score: number | null;
  readonly rating: string | null;
}

/** `firedrill runs`. */
export async function listRuns(options: CommonOptions): Promise<void> {
  const summaries = await Promise.all(
    runIds(options.directory).map((id) => summariseRun(options.directory, id)),
  );
  if (options.format === 'json') {
    printJson('runs', summaries);
    return;
  }
  if (summaries.length === 0) {
    print(`no runs in ${reportsFolder(options.directory)} yet; type \`firedrill drill drills/<name>.yaml\``);
    return;
  }
  for (const run of summaries) print(runLine(run));
  const open = summaries.find((run) => run.status === 'interrupted');
  if (open !== undefined) print(`\nTake an interrupted run up again: firedrill resume ${open.runId}`);
  const draft = summaries.find((run) => run.rating === 'not sealed');
  if (draft !== undefined) print(`\nSeal a run that has ended: firedrill resume ${draft.runId}`);
}

export function runLine(run: RunSummary): string {
  const score = run.score === null ? (run.rating ?? '') : `${run.score} ${run.rating ?? ''}`;
  return `${run.runId.padEnd(46)}  ${run.status.padEnd(11)}  ${(run.verdict ?? '').padEnd(12)}  ${score}`.trimEnd();
}

/** `given`: what `findRecord` takes, a folder elsewhere among it. */
export async function summariseRun(directory: string, given: string): Promise<RunSummary> {
  const folder = findRecord(directory, given);
  const runId = basename(folder);
  const { entries, problems } = await readJournalFile(join(folder, 'journal.jsonl'));
  const [opened] = entries;
  const ended = entries.findLast((entry) => entry.type === 'run-ended');
  const mode = opened?.type === 'run-opened' ? opened.data.mode : 'unknown';
  const base = { runId, mode, title: runId, verdict: null, score: null, rating: null };
  if (opened === undefined || problems.some((problem) => problem.kind !== 'torn'))
    return { ...base, status: 'unreadable' };
  if (ended?.type !== 'run-ended') {
    const holder = await readHolder(join(statePaths(directory, runId).leases, `${runId}.json`));
    return { ...base, status: holder !== null && isAlive(holder) ? 'running' : 'interrupted' };
  }
  return {
    ...base,
    status: ended.data.status,
    verdict: ended.data.verdict,
    ...(await sealedScore(directory, folder)),
  };
}

/** What the sealed report says; `audit` tells whether to believe it. */
async function sealedScore(
  directory: string,
  folder: string,
): Promise<{ score: number | null; rating: string | null }> {
  const file = join(folder, 'report.json');
  if (!existsSync(file) || (await hasUnfinishedSeal(directory, basename(folder))))
    return { score: null, rating: 'not sealed' };
  try {
    const report = JSON.parse(await readFile(file, 'utf8')) as {
      assessment?: { score?: { final?: number | null; band?: string } };
    };
    return { score: report.assessment?.score?.final ?? null, rating: report.assessment?.score?.band ?? null };
  } catch {
    return { score: null, rating: 'report unreadable' };
  }
}
