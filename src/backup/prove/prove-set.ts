import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Failure } from '../../base/index.js';
import { requireFreePlace } from '../verify/require-free-place.js';
import type { VerifyRequest } from '../verify/verify-request.js';
import { controls as allControls } from './controls.js';
import type { Control, Tried } from './control.js';
import type { ProvedControl, Proof, SkippedControl } from './proof.js';
import { closeProofGround, openProofGround, type ProofGround } from './proof-ground.js';

export type ProofRequest = Omit<VerifyRequest, 'full' | 'required'> & {
  /** All there are unless told. */
  readonly controls?: readonly Control[];
};

/**
 * Shows that the tests can fail: makes copies of a sound set, and of a cluster restored from it, harms each in one known way, and asks
 * the test that must notice. A control is caught only when its test is green without the fault, red with it, and names what was hurt.
 * The set, its store, its log and the source server are only read. Rejects with `check` when the set is not sound.
 */
export async function proveSet(request: ProofRequest): Promise<Proof> {
  const startedAt = new Date().toISOString();
  const { controls: chosen = allControls, ...verify } = request;
  const { set, scratch, signal, output, progress } = request;
  await requireFreePlace(scratch);
  if (existsSync(request.stagingDirectory))
    throw new Failure('refused', `${request.stagingDirectory} exists already, and would be removed`, {
      hint: 'Choose a folder that is not there yet.',
    });
  const ownPassfile = scratch.passfile !== null && !existsSync(scratch.passfile) ? scratch.passfile : null;
  const proved: ProvedControl[] = [];
  const skipped: SkippedControl[] = [];
  try {
    const ground = await openProofGround({ ...verify, full: true });
    for (const control of chosen) {
      if (signal?.aborted === true) throw new Failure('cancelled', 'the proof was cancelled');
      progress?.({ stage: `proving: ${control.title}` });
      const found = await prove(control, ground);
      if ('why' in found) skipped.push(found);
      else proved.push(found);
      output?.(`${describe(found)}\n`);
    }
  } finally {
    await closeProofGround({ ...verify, full: true });
    if (ownPassfile !== null) await rm(ownPassfile, { force: true });
  }
  return {
    set: set.id,
    controls: proved,
    skipped,
    caught: proved.filter((one) => one.caught).length,
    total: proved.length,
    startedAt,
    endedAt: new Date().toISOString(),
  };
}

async function prove(control: Control, ground: ProofGround): Promise<ProvedControl | SkippedControl> {
  const { id, title, test, kinds, lacks } = control;
  const { kind } = ground.opened.manifest;
  if (!kinds.includes(kind)) return { id, title, test, why: `does not apply to a ${kind} set` };
  try {
    const tried = await control.attempt(ground);
    return tried === null ? { id, title, test, why: lacks } : { id, title, test, ...judgeControl(tried) };
  } catch (failure) {
    if (!(failure instanceof Failure) || failure.reason === 'cancelled') throw failure;
    // A fault that could not be made proves nothing, and is not left out of the count.
    return {
      ...{ id, title, test, caught: false, verdictWithout: 'not-run', verdictWith: 'not-run', done: '' },
      evidence: [`the control could not be carried out: ${failure.message}`],
    };
  }
}

function judgeControl(tried: Tried): Omit<ProvedControl, 'id' | 'title' | 'test'> {
  const { harm, without } = tried;
  const said = tried.with.evidence.join('\n');
  const unnamed = harm.names.filter((name) => !said.includes(name));
  const why = [
    ...(without.verdict === 'pass'
      ? []
      : [`the test is not green without the fault: ${without.evidence[0] ?? without.verdict}`]),
    ...(tried.with.verdict === 'fail' ? [] : ['the test is not red with the fault']),
    ...(tried.with.verdict === 'fail' && unnamed.length > 0
      ? [`the test is red for another reason: it does not name ${unnamed.join(', ')}`]
      : []),
  ];
  return {
    caught: why.length === 0,
    verdictWithout: without.verdict,
    verdictWith: tried.with.verdict,
    done: harm.done,
    evidence: [...why, ...tried.with.evidence.slice(0, 10)],
  };
}

function describe(found: ProvedControl | SkippedControl): string {
  if ('why' in found) return `control ${found.title}: not counted, ${found.why}`;
  const verdict = found.caught ? 'caught' : 'NOT CAUGHT';
  return `control ${found.title}: ${verdict} by test ${found.test}: ${found.evidence[0] ?? ''}`;
}
