import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { hashFile, listBackups, requireKind, setContinuity } from '../../backup/index.js';
import { Failure, type Json, type JsonObject } from '../../base/index.js';
import { removeFile } from '../../damage/index.js';
import { textColumn, withSession, type ClusterLocation } from '../../postgres/index.js';
import { liesInside } from '../containment.js';
import { guardLab } from '../guard.js';
import type { Lab } from '../lab.js';
import { labStore, labTrustedKeys } from '../protect.js';
import { trafficTarget } from '../traffic-switch.js';
import { faultNote } from './fault-note.js';
import type { InjectedFault, LabFault } from './lab-fault.js';

const arrivalMs = 20_000;

/** Removes one whole segment from the middle of the streamed log, after the newest backup: what lies behind the gap is out of reach. */
export const removeWalSegment: LabFault = {
  name: 'remove-wal-segment',
  with: { type: 'object', additionalProperties: false, properties: {} },
  describe: () => 'removes one segment of the streamed log after the newest backup: there is a gap',
  preview: () => [
    'SELECT pg_switch_wal()',
    'rm <wal folder>/<segment>',
    'every WAL segment from the start of <newest set> on',
  ],
  async inject(lab, { id, signal }): Promise<InjectedFault> {
    const note = faultNote(lab, id);
    const location = trafficTarget(lab);
    const guard = async () =>
      guardLab(lab, location, `remove a piece of the log of ${location.dataDirectory}`);
    await guard();
    let plan: JsonObject | null = note.read();
    if (plan === null) {
      const segment = await makeSegment(lab, location, signal);
      const { bytes, sha256 } = await hashFile(join(lab.paths.wal, segment));
      plan = { v: 1, segment, bytes, sha256, at: null, seen: null };
      note.write(plan);
    }
    if (plan['at'] === null) {
      await guard();
      const at = new Date().toISOString();
      const path = join(lab.paths.wal, textOf(plan['segment']));
      if (!(await liesInside(lab.directory, lab.paths.wal)))
        throw new Failure(
          'refused',
          `${lab.paths.wal} does not lie in this lab: nothing in it is to be hurt`,
        );
      if (existsSync(path)) await removeFile({ path, allowedRoot: lab.paths.wal });
      plan = { ...plan, at, seen: await look(lab) };
      note.write(plan);
    }
    return { groundTruth: plan, proof: { at: plan['at'] ?? null, message: plan['seen'] ?? null } };
  },
};

/** Has the server finish a segment that was begun after the newest backup, and begin the next; waits until both have arrived. */
async function makeSegment(lab: Lab, location: ClusterLocation, signal: AbortSignal): Promise<string> {
  const current = async () =>
    withSession(location, { applicationName: 'firedrill fault' }, async (session) => {
      const [row] = await session.query(
        `select pg_walfile_name(pg_logical_emit_message(true, 'firedrill', 'a record')) as segment`,
      );
      await session.query('select pg_switch_wal()');
      return textColumn(row, 'segment');
    });
  const segment = await current();
  const next = await current();
  const deadline = performance.now() + arrivalMs;
  for (;;) {
    const names = await readdir(lab.paths.wal);
    if (names.includes(segment) && names.includes(next)) return segment;
    if (signal.aborted) throw new Failure('cancelled', 'waiting for the log was cancelled');
    if (performance.now() > deadline)
      throw new Failure('unavailable', `segment ${segment} did not arrive in ${lab.paths.wal}`, {
        hint: 'A receiver must be streaming before a piece of its log can be removed.',
      });
    await delay(50);
  }
}

/** What an honest look at the newest backup's log says. Rejects with `check` when it is unbroken. */
async function look(lab: Lab): Promise<string> {
  const { sets } = await listBackups(labStore(lab), labTrustedKeys(lab));
  const newest = sets.find((set) => set.manifest.kind === 'physical');
  if (newest === undefined)
    throw new Failure('unavailable', 'the lab has no backup whose log could be broken');
  const { unbroken, problem } = await setContinuity(requireKind(newest, 'physical'), lab.paths.wal);
  if (unbroken)
    throw new Failure('check', `the log after ${newest.id} is unbroken: the harm did not take effect`);
  return problem ?? 'its WAL is broken';
}

function textOf(value: Json | undefined): string {
  if (typeof value === 'string') return value;
  throw new Failure('refused', 'the note of this fault names no segment');
}
