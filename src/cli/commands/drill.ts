import { randomInt } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { makeRunId, sha256Hex } from '../../base/index.js';
import { registerStart, writeWhole } from '../../evidence/index.js';
import type { Plan } from '../../language/index.js';
import { Exit } from '../exit.js';
import { reportsFolder } from '../find-run.js';
import { loadDrill, loadLive } from '../load-programme.js';
import { remark, type CommonOptions } from '../output.js';
import { preflight } from '../preflight.js';
import { openSession } from '../run-session.js';
import { chooseView, showRun } from '../show-run.js';
import { settleRun } from '../settle-run.js';

/** `firedrill drill <drill>`. */
export async function drill(
  file: string,
  own: { readonly unattended: boolean; readonly view?: string },
  options: CommonOptions,
): Promise<void> {
  const plan = await loadDrill(file, own.unattended, options);
  await begin(plan, own.view, undefined, options);
}

/** `firedrill run <runbook> --environment <name>`. */
export async function followLive(
  file: string,
  own: { readonly environment: string; readonly startedAt?: string; readonly view?: string },
  options: CommonOptions,
): Promise<void> {
  const startedAt = own.startedAt === undefined ? undefined : Date.parse(own.startedAt);
  if (startedAt !== undefined && Number.isNaN(startedAt)) {
    throw new Exit(
      'usage',
      `--started-at ${own.startedAt ?? ''} is not a time`,
      'Type it like 2027-01-17T03:12:00+08:00.',
    );
  }
  const plan = await loadLive(file, own.environment, options);
  await begin(
    plan,
    own.view,
    startedAt === undefined ? undefined : new Date(startedAt).toISOString(),
    options,
  );
}

async function begin(
  plan: Plan,
  givenView: string | undefined,
  attestedStart: string | undefined,
  options: CommonOptions,
): Promise<void> {
  const { keptLab } = await preflight(plan, options.directory);
  const view = chooseView(givenView, options);
  const runId = makeRunId(Date.now(), plan.runbook.id, nonce());
  const recordDirectory = join(reportsFolder(options.directory), runId);
  mkdirSync(join(recordDirectory, 'evidence'), { recursive: true });
  const planText = `${JSON.stringify(plan, null, 1)}\n`;
  await writeWhole(join(recordDirectory, 'plan.json'), planText);
  const register = join(reportsFolder(options.directory), 'register.jsonl');
  await registerStart(
    register,
    { runId, planSha256: sha256Hex(planText), mode: plan.mode },
    new Date().toISOString(),
  );
  remark(options, `run ${runId}`);
  const session = await openSession({
    colour: options.colour,
    directory: options.directory,
    runId,
    recordDirectory,
    plan,
    planText,
    keptLab,
    ...(attestedStart === undefined ? {} : { attestedStart }),
  });
  await showRun(session, view, options, runId);
  await settleRun(session, view, options);
}

/** Four letters and digits that nobody misreads over the phone. */
function nonce(): string {
  const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789';
  return Array.from({ length: 4 }, () => alphabet[randomInt(alphabet.length)]).join('');
}
