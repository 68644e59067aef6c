import { randomInt } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { makeRunId, sha256Hex } from '../base/index.js';
import { registerStart, writeWhole } from '../evidence/index.js';
import type { Plan } from '../language/index.js';
import { reportsFolder } from './find-run.js';
import { remark, type CommonOptions } from './output.js';
import { preflight } from './preflight.js';
import { openSession, type Session } from './run-session.js';
import { showRun, type View, type Write } from './show-run.js';

export interface BegunRun {
  readonly session: Session;
  readonly runId: string;
  readonly recordDirectory: string;
}

/**
 * Begins a record for this plan and shows the run until it ends; what came of it is the session's `finished`. Rejects, with
 * nothing begun, when the preflight does.
 */
export async function runPlan(
  plan: Plan,
  view: View,
  options: CommonOptions,
  more: { readonly attestedStart?: string; readonly write?: Write } = {},
): Promise<BegunRun> {
  const { keptLab } = await preflight(plan, options.directory);
  const runId = makeRunId(Date.now(), plan.runbook.id, nonce());
  const recordDirectory = join(reportsFolder(options.directory), runId);
  mkdirSync(join(recordDirectory, 'evidence'), { recursive: true });
  const planText = `${JSON.stringify(plan, null, 1)}\n`;
  await writeWhole(join(recordDirectory, 'plan.json'), planText);
  await registerStart(
    join(reportsFolder(options.directory), 'register.jsonl'),
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
    ...(more.attestedStart === undefined ? {} : { attestedStart: more.attestedStart }),
  });
  await showRun(session, view, options, runId, more.write);
  return { session, runId, recordDirectory };
}

/** Four letters and digits that nobody misreads over the phone. */
function nonce(): string {
  const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789';
  return Array.from({ length: 4 }, () => alphabet[randomInt(alphabet.length)]).join('');
}
