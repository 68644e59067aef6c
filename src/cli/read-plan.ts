import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Failure, isJsonObject, sha256Hex, type Json } from '../base/index.js';
import type { Plan } from '../language/index.js';
import type { Entry } from '../run/index.js';

/**
 * The plan of a record. A run is bound to the plan that its first entry names: another one, however slightly other, is neither carried
 * out nor shown as what happened. Rejects with `refused` for such a one, `invalid` for one that cannot be read.
 */
export async function readPlan(
  folder: string,
  first: Entry | undefined,
): Promise<{ readonly plan: Plan; readonly planText: string }> {
  const run = basename(folder);
  const hint = `See what else is wrong with \`firedrill audit ${folder}\`.`;
  const planText = await readFile(join(folder, 'plan.json'), 'utf8').catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    const why = code === 'ENOENT' ? 'there is no such file' : code;
    throw new Failure('invalid', `plan.json of run ${run} cannot be read: ${why}`, { hint, cause });
  });
  const isNamed = first?.type === 'run-opened' && first.data.planSha256 === sha256Hex(planText);
  if (first !== undefined && !isNamed)
    throw new Failure('refused', `plan.json of run ${run} is not the one that its journal names`, {
      hint: 'Put the original file back; nothing was carried out.',
    });
  const plan = parse(planText);
  if (!isJsonObject(plan) || !Array.isArray(plan['phases']))
    throw new Failure('invalid', `plan.json of run ${run} is no plan`, { hint });
  return { plan: plan as unknown as Plan, planText };
}

function parse(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
}
