import { Failure } from '../../base/index.js';
import {
  findPostmaster,
  readFingerprint,
  wasTurnedAway,
  type Fingerprint,
  type Postmaster,
} from '../../postgres/index.js';
import { readClusterFiles } from './cluster-files.js';
import { misplacedPaths } from './real-paths.js';
import type { DeclaredSettings } from './settings.js';

/** The declared cluster as it stands at this moment. */
export interface Sighting {
  readonly inode: number | null;
  readonly postmaster: Postmaster | null;
  /** Null when the server does not answer. */
  readonly fingerprint: Fingerprint | null;
  /** Why it does not. */
  readonly silence: string | null;
  /** What speaks against its being the cluster that the configuration means. */
  readonly wrong: readonly string[];
}

/**
 * Looks at the declared cluster and holds it against the configuration. One that is down has its path, its files and its
 * address only. `mayFollow`: the other region was promoted, so that it may be a standby by now. Rejects when it answers but does not let
 * us in.
 */
export async function judgeDeclared(settings: DeclaredSettings, mayFollow = false): Promise<Sighting> {
  const { primary, dataDirectory, declared, outside } = settings;
  const expected = declared.fingerprint.systemIdentifier;
  const wrong = dataDirectory === null ? [] : await misplacedPaths(dataDirectory, outside);
  // What leads elsewhere is not even connected to.
  if (wrong.length > 0)
    return { inode: null, postmaster: null, fingerprint: null, silence: 'not asked', wrong };
  const files = await readClusterFiles(primary.dataDirectory);
  const postmaster = await findPostmaster(primary.dataDirectory);
  const { fingerprint, silence } = await ask(settings, wrong);
  if (files !== null) {
    differ(wrong, 'system identifier in its files', files.systemIdentifier, expected);
    if (files.standby && !mayFollow)
      wrong.push('its files make it a standby, or a copy that is still recovering');
    // Behind a fence its server has a port of its own; clients come by the declared one.
    if (postmaster !== null && files.port !== declared.fence?.behind?.port)
      differ(wrong, 'port in its postmaster.pid', files.port, primary.port);
  }
  if (fingerprint !== null) {
    differ(wrong, 'system identifier', fingerprint.systemIdentifier, expected);
    if (fingerprint.inRecovery && !mayFollow)
      wrong.push('it is a standby, or a copy that is still recovering');
    if (dataDirectory !== null) {
      differ(wrong, 'data directory', fingerprint.dataDirectory, dataDirectory);
      if (files === null || postmaster === null)
        wrong.push(`a server answers at its address that does not run on ${dataDirectory}`);
      else if (files.startedS !== null && !startedAt(fingerprint, files.startedS))
        wrong.push(`the server at its address started at another time than the one on ${dataDirectory}`);
    }
  }
  return { inode: files?.inode ?? null, postmaster, fingerprint, silence, wrong: [...new Set(wrong)] };
}

/** postmaster.pid has whole seconds, and both are taken at nearly the same moment. */
function startedAt({ postmasterStart }: Fingerprint, seconds: number): boolean {
  return Math.abs(Date.parse(postmasterStart) / 1000 - seconds) < 5;
}

async function ask(
  { primary }: DeclaredSettings,
  wrong: string[],
): Promise<Pick<Sighting, 'fingerprint' | 'silence'>> {
  try {
    return { fingerprint: await readFingerprint(primary), silence: null };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.reason === 'invalid') throw error;
    if (error.reason === 'refused' || wasTurnedAway(error)) wrong.push(error.message);
    return { fingerprint: null, silence: error.message };
  }
}

function differ(
  wrong: string[],
  part: string,
  found: string | number | null,
  expected: string | number,
): void {
  if (found === expected || found === null) return;
  wrong.push(`${part} is ${found}, declared is ${expected}`);
}
