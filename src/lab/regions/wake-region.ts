import { Failure } from '../../base/index.js';
import {
  findPostmaster,
  readFingerprint,
  startCluster,
  stopCluster,
  thawCluster,
  withSession,
  type ClusterLocation,
} from '../../postgres/index.js';
import { guardLab } from '../guard.js';
import { judgePlace, noteRestarted } from '../clusters.js';
import type { Lab } from '../lab.js';
import { bothRegions, throughDoor } from './addresses.js';
import { writeAsClient, type ClientWrite } from './write-as-client.js';

const writeTimeoutMs = 3000;

export interface Woken {
  /** Whether the server itself answered, on its own host: a write to a frozen one proves nothing. */
  readonly awake: boolean;
  /** Whether it still takes itself for a primary. */
  readonly takesWrites: boolean;
  readonly timeline: number;
  /** What became of a client's write at the old address. */
  readonly write: ClientWrite;
}

/**
 * Region A comes back, as it does after an outage: first its processes go on where they were frozen, then its database is started
 * anew; each time a client writes at its old address. Nothing else in region A is changed.
 */
export async function wakeAndWrite(
  lab: Lab,
  signal: AbortSignal,
): Promise<{ readonly continued: Woken; readonly restarted: Woken }> {
  const { a } = bothRegions(lab);
  await requireRecorded(lab, a);
  await thawCluster(a);
  const continued = await knock(lab, a);
  if (signal.aborted) throw new Failure('cancelled', 'waking region A was cancelled');
  await guardLab(lab, a, 'restart the database of region A');
  await stopCluster(lab.tools, a, 'fast');
  await startCluster(lab.tools, a);
  await noteRestarted(lab, a);
  return { continued, restarted: await knock(lab, a) };
}

/** A frozen server cannot be asked who it is: its place and its very process must be those on record. */
async function requireRecorded(lab: Lab, location: ClusterLocation): Promise<void> {
  const wrong = await judgePlace(lab, location);
  const record = lab.state().clusters.find((one) => one.location.dataDirectory === location.dataDirectory);
  const found = await findPostmaster(location.dataDirectory);
  const recorded = record?.postmaster;
  if (found === null) wrong.push('no server runs there that could be woken');
  else if (recorded?.pid !== found.pid || recorded.startTicks !== found.startTicks)
    wrong.push(`postmaster is ${found.pid}, recorded ${recorded?.pid ?? 'none'}`);
  if (wrong.length > 0)
    throw new Failure('refused', `refused to wake the database of region A: ${wrong.join('; ')}`);
}

async function knock(lab: Lab, a: ClusterLocation): Promise<Woken> {
  // On its own host, behind the fence.
  const { inRecovery, timeline } = await readFingerprint(a);
  const [row] = await withSession(a, { readOnly: true }, async (session) => session.query('select 1 as one'));
  const write = await writeAsClient(
    lab,
    throughDoor(lab, a, 'clients'),
    'client of region a',
    writeTimeoutMs,
  );
  return { awake: row?.['one'] === 1, takesWrites: !inRecovery, timeline, write };
}
