import { manifestBytes, newestOutside } from '../../backup/index.js';
import { formatSize, sha256Hex, type JsonObject } from '../../base/index.js';
import type { ActionContext, ActionResult } from '../action.js';
import { originalsOf } from '../immutable/outside.js';

/** The same answer as for the environment's own store, for the copy outside. */
export async function usableOutside(
  given: JsonObject,
  { environment, signal, output }: ActionContext,
): Promise<ActionResult> {
  const store = await originalsOf(environment, given['before']);
  const { trusted } = environment;
  const { set, logUntil, segments, verifiedAt, rejected } = await newestOutside({ store, trusted, signal });
  const { manifest } = set;
  const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
  const passedOver = rejected.map((one) => `${one.id}: ${one.problem}`);
  for (const one of passedOver) output(`not usable: ${one}\n`);
  const said = `every commit up to log position ${logUntil}, where the log that was brought outside in time ends`;
  output(`usable: ${set.id}, ${formatSize(bytes)}, and ${segments} segments of log\n`);
  output(`a restore brings back ${said}\n`);
  return {
    outputs: {
      backup: set.id,
      takenAt: manifest.times.engineEnded,
      bytes,
      place: store.describe,
      manifestSha256: sha256Hex(manifestBytes(manifest)),
      encryption: manifest.encryption.length === 0 ? 'none' : manifest.encryption.join(', '),
      verifiedAt,
      // What was committed after the last segment had been brought outside is lost.
      reach: 'incomplete',
      reachSaid: said,
      promised: false,
      promisedSaid:
        'the log is brought outside a segment at a time: the commits since the last one are not promised',
      passedOver,
    },
  };
}
