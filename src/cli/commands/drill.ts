import { Exit } from '../exit.js';
import { loadDrill, loadLive } from '../load-programme.js';
import type { CommonOptions } from '../output.js';
import { overrideScale } from '../override-scale.js';
import { readInputs } from '../read-inputs.js';
import { runPlan } from '../run-plan.js';
import { settleRun } from '../settle-run.js';
import { chooseView } from '../show-run.js';
import { drillAll } from './drill-all.js';

export interface DrillOptions {
  readonly all: boolean;
  readonly sabotage: boolean;
  readonly unattended: boolean;
  readonly scale?: string;
  readonly input?: readonly string[];
  readonly view?: string;
}

export interface LiveOptions {
  readonly environment: string;
  readonly startedAt?: string;
  readonly input?: readonly string[];
  readonly view?: string;
}

/** `firedrill drill <drill>`, or with `--all` every one there is. */
export async function drill(
  file: string | undefined,
  own: DrillOptions,
  options: CommonOptions,
): Promise<void> {
  if (own.all) {
    if (file !== undefined)
      throw new Exit('usage', `--all and ${file}: one or the other`, 'Leave the file or --all away.');
    if (own.input !== undefined)
      throw new Exit('usage', '--input goes with one drill, not with --all', 'Type the path of one drill.');
    return drillAll(own, options);
  }
  if (own.sabotage)
    throw new Exit(
      'usage',
      '--sabotage goes with --all only',
      'Type the path of one drill, or `firedrill drill --all --sabotage`.',
    );
  if (file === undefined)
    throw new Exit(
      'usage',
      "missing required argument 'drill'",
      'Type the path of a drill, or --all for every one of drills/.',
    );
  const loaded = await loadDrill(file, own.unattended, options, readInputs(own.input));
  const plan = overrideScale(loaded, own.scale);
  const view = chooseView(own.view, options);
  const { session } = await runPlan(plan, view, options);
  await settleRun(session, view, options);
}

/** `firedrill run <runbook> --environment <name>`. */
export async function followLive(file: string, own: LiveOptions, options: CommonOptions): Promise<void> {
  const startedAt = own.startedAt === undefined ? undefined : Date.parse(own.startedAt);
  if (startedAt !== undefined && Number.isNaN(startedAt)) {
    throw new Exit(
      'usage',
      `--started-at ${own.startedAt ?? ''} is not a time`,
      'Type it like 2027-01-17T03:12:00+08:00.',
    );
  }
  const plan = await loadLive(file, own.environment, options, readInputs(own.input));
  const view = chooseView(own.view, options);
  const attested = startedAt === undefined ? {} : { attestedStart: new Date(startedAt).toISOString() };
  const { session } = await runPlan(plan, view, options, attested);
  await settleRun(session, view, options);
}
