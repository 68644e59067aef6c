import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { Failure } from '../base/index.js';
import { guardLab, immutableLacks, labFaults, openLab, trafficTarget } from '../lab/index.js';
import type { Plan } from '../language/index.js';
import { findTools } from '../postgres/index.js';

/**
 * What must be true before a record is begun or anything is touched. A drill runs on a lab of ours and on nothing else;
 * a lab that was made beforehand must be complete and carry the fingerprint that it was recorded with.
 */
export async function preflight(plan: Plan, directory: string): Promise<{ readonly keptLab: string | null }> {
  if (plan.mode === 'drill' && plan.environment.kind !== 'lab') {
    throw new Failure(
      'refused',
      `a drill injects a real disaster, and environment "${plan.environment.name}" is not a lab`,
      {
        hint: 'Name an environment of kind lab in the drill; to follow the runbook in a real incident, type `firedrill run`.',
      },
    );
  }
  await findTools();
  await requireWhatFaultsNeed(plan);
  const keptLab = keptLabOf(plan, directory);
  if (keptLab !== null) await requireOurs(keptLab);
  return { keptLab };
}

/** A fault that cannot be made real is never faked, and never found out half-way. */
async function requireWhatFaultsNeed(plan: Plan): Promise<void> {
  const needing = plan.faults.find(({ inject }) => labFaults.get(inject)?.needs === 'immutable-store');
  if (needing === undefined) return;
  const what = `fault "${needing.inject}" attacks an immutable copy of the backups, and`;
  if (plan.environment.settings['immutableStore'] !== true) {
    throw new Failure('refused', `${what} environment "${plan.environment.name}" has none`, {
      hint: 'Set `immutableStore: true` for it in firedrill.yaml, or name an environment that has it.',
    });
  }
  const lacks = await immutableLacks();
  if (lacks === null) return;
  throw new Failure('unavailable', `${what} this machine lacks ${lacks.what} to make one`, {
    hint: lacks.hint,
    retryable: false,
  });
}

/** Folder of the lab that `firedrill.yaml` names, where it names one. */
export function keptLabOf(plan: Plan, directory: string): string | null {
  const named = plan.environment.settings['directory'];
  if (typeof named !== 'string') return null;
  return isAbsolute(named) ? named : join(directory, named);
}

async function requireOurs(labDirectory: string): Promise<void> {
  if (!existsSync(join(labDirectory, 'lab.json'))) {
    throw new Failure('refused', `${labDirectory} is not a lab that firedrill made`, {
      hint: 'Make one with `firedrill lab up`.',
    });
  }
  const lab = await openLab(labDirectory);
  try {
    await guardLab(lab, trafficTarget(lab), 'run a drill');
  } finally {
    lab.release();
  }
}
