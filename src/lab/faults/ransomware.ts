import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Failure, type JsonObject } from '../../base/index.js';
import {
  encryptCluster,
  firstFailedRead,
  missingFrom,
  inventory,
  readRansomTruth,
  storeAttempts,
  tablesToRead,
  writeRansomTruth,
  type RansomTruth,
  type Thief,
} from '../../damage/index.js';
import { connectTo } from '../../postgres/index.js';
import { guardLab } from '../guard.js';
import { attackOutside, removeLocalCopies } from '../immutable/attack-outside.js';
import { implantMalware } from '../immutable/implant-malware.js';
import { immutableOf, ownerStore } from '../immutable/places.js';
import type { Lab } from '../lab.js';
import { trafficTarget } from '../traffic-switch.js';
import type { FaultRequest, InjectedFault, LabFault } from './lab-fault.js';

/** Encrypts the database under its running server, after everything that stolen keys allow was tried against its backups. */
export const ransomware: LabFault = {
  name: 'ransomware',
  needs: 'immutable-store',
  with: {
    type: 'object',
    additionalProperties: false,
    properties: {
      megabytes: {
        ...{ type: 'integer', minimum: 1, maximum: 64, default: 2 },
        description: 'how much of every relation file is overwritten, from its start',
      },
      keys: {
        ...{ type: 'string', enum: ['writer', 'owner'], default: 'writer' },
        description:
          'whose keys to the store are stolen: the database host’s, or those of the bucket’s owner',
      },
      implant: {
        ...{ type: 'boolean', default: false },
        description: 'leave a way back in first, long enough before for it to be in the backups',
      },
    },
  },
  describe: (args) =>
    `tries with the stolen keys of the ${thiefOf(args)} to destroy every copy of the backups, then overwrites the first ${megabytesOf(args)} MiB of every relation file with noise`,
  preview: (args) => [
    ...(args['implant'] === true
      ? ['CREATE ROLE … SUPERUSER, CREATE FUNCTION … SECURITY DEFINER, CREATE EVENT TRIGGER …']
      : []),
    ...storeAttempts.map(
      ({ what, expected }) => `S3 as ${thiefOf(args)}: ${what} (expected: ${expected[thiefOf(args)]})`,
    ),
    'rm -r <backup folder>/* <WAL folder>/*',
    `write ${megabytesOf(args)} MiB of noise over the start of every file in <data directory>/base, global, pg_tblspc`,
    'select count(*) from only <each table>, until the server cannot',
  ],
  async inject(lab, request): Promise<InjectedFault> {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(request.id))
      throw new Failure('invalid', `fault id '${request.id}' is no file name`);
    const file = join(lab.paths.faults, `${request.id}.json`);
    const begun = readRansomTruth(file);
    const truth = begun?.lostVersions != null ? begun : await attack(lab, request, file, begun);
    return { groundTruth: shownTruth(truth), proof: proofOf(truth) };
  },
};

/** What an interrupted attempt has done is not done again. */
async function attack(
  lab: Lab,
  { args, signal }: FaultRequest,
  file: string,
  begun: RansomTruth | null,
): Promise<RansomTruth> {
  immutableOf(lab.state());
  const location = trafficTarget(lab);
  const guard = () => guardLab(lab, location, `encrypt ${location.dataDirectory}`);
  await guard();
  // Opened while the catalogue can still be read.
  const session = await connectTo(location, { applicationName: 'firedrill fault' });
  try {
    const tables = await tablesToRead(session);
    if (begun === null && args['implant'] === true) await implantMalware(lab, location, signal);
    const look = ownerStore(lab.state());
    let truth: RansomTruth = begun ?? {
      ...{ v: 1, kind: 'ransomware', plannedAt: new Date().toISOString() },
      ...{ keyHex: randomBytes(32).toString('hex'), versionsBefore: await inventory(look) },
      ...{ attempts: null, localRemoved: [], encrypted: null, failedRead: null, lostVersions: null },
    };
    const keep = (more: Partial<RansomTruth>) => {
      truth = { ...truth, ...more };
      writeRansomTruth(file, truth);
    };
    keep({});
    if (truth.attempts === null)
      keep({ attempts: await attackOutside(lab, thiefOf(args), truth.versionsBefore, signal) });
    await guard();
    const localRemoved = await removeLocalCopies(lab);
    keep({ localRemoved: [...new Set([...truth.localRemoved, ...localRemoved])].sort() });
    await guard();
    const earlier = truth.encrypted?.firstByteAt;
    // On record before the first byte: killed in between, the next attempt still knows when it was.
    const now = new Date().toISOString();
    if (earlier === undefined) keep({ encrypted: { files: 0, bytes: 0, firstByteAt: now, lastByteAt: now } });
    const encrypted = await encryptCluster({
      ...{ dataDirectory: location.dataDirectory, allowedRoot: lab.paths.clusters, signal },
      ...{ bytesPerFile: megabytesOf(args) * 1024 ** 2, keyHex: truth.keyHex },
    });
    // The same noise was written over itself: the first byte is the first attempt's.
    keep({ encrypted: { ...encrypted, firstByteAt: earlier ?? encrypted.firstByteAt } });
    keep({ failedRead: await firstFailedRead(session, tables) });
    keep({ lostVersions: missingFrom(truth.versionsBefore, await inventory(look)) });
    return truth;
  } finally {
    await session.end();
  }
}

/** The key stays in the lab: in a record it would look like a secret of ours. */
function shownTruth(truth: RansomTruth): JsonObject {
  const shown = Object.entries(truth).filter(([name]) => name !== 'keyHex');
  return Object.fromEntries<unknown>(shown) as JsonObject;
}

function proofOf({ encrypted, failedRead, attempts, versionsBefore, lostVersions }: RansomTruth): JsonObject {
  const wrong = (attempts ?? []).filter((one) => one.answer !== one.expected);
  return {
    at: encrypted?.firstByteAt ?? null,
    firstFailedReadAt: failedRead?.at ?? null,
    sqlState: failedRead?.sqlState ?? null,
    message: failedRead?.message ?? null,
    encryptedFiles: encrypted?.files ?? 0,
    attempts: attempts?.length ?? 0,
    denied: (attempts ?? []).filter((one) => one.answer === 'denied').length,
    answeredOtherwise: wrong.map((one) => one.id),
    versionsBefore: versionsBefore.length,
    lostVersions: [...(lostVersions ?? [])],
  };
}

function thiefOf(args: JsonObject): Thief {
  return args['keys'] === 'owner' ? 'owner' : 'writer';
}

function megabytesOf(args: JsonObject): number {
  return typeof args['megabytes'] === 'number' ? args['megabytes'] : 2;
}
