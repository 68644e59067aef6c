import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EarlierRun } from '../language/index.js';
import type { Report } from '../report/index.js';
import { reportsFolder, runIds } from './find-run.js';

/** Figures of the last sealed run of the same runbook, to be frozen into the next plan; null when there is none. */
export async function earlierRun(directory: string, runbookId: string): Promise<EarlierRun | null> {
  for (const runId of runIds(directory)) {
    if (!runId.includes(`-${runbookId}-`)) continue;
    const found = await readFigures(join(reportsFolder(directory), runId, 'report.json'), runId);
    if (found !== null) return found;
  }
  return null;
}

async function readFigures(file: string, runId: string): Promise<EarlierRun | null> {
  let report: Partial<Report>;
  try {
    report = JSON.parse(await readFile(file, 'utf8')) as Partial<Report>;
  } catch {
    return null;
  }
  try {
    const { measures, score } = report.assessment ?? {};
    const ended = report.journal?.findLast((entry) => entry.type === 'run-ended');
    if (measures === undefined || score === undefined || ended === undefined) return null;
    return {
      runId,
      endedAt: ended.at,
      rtaMs: measures.recoveryTime.durationMs.value,
      lostCommits: measures.loss.windowMs.value === null ? null : measures.loss.missing.length,
      score: score.final,
      rating: score.band,
    };
  } catch {
    // A report of another version, or one that somebody changed, tells nothing.
    return null;
  }
}
