import { Failure } from '../base/index.js';
import { findTools, type PostgresTools } from '../postgres/index.js';
import { readLabState } from './lab-state.js';
import { holdLab, type Lab } from './lab.js';
import { labPaths } from './paths.js';
import { startWatchdog } from './start-watchdog.js';

/** Finds the lab that an engine made in `directory`; rejects with `unavailable` when there is none that is complete. */
export async function openLab(directory: string, tools?: PostgresTools): Promise<Lab> {
  const state = readLabState(labPaths(directory));
  if (state?.phase !== 'ready') {
    throw new Failure('unavailable', `there is no complete lab in ${directory}`, {
      hint: 'Make one with `firedrill lab up`.',
    });
  }
  const lab = holdLab(directory, tools ?? (await findTools()));
  await startWatchdog(lab);
  return lab;
}
