import { randomBytes } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copySet, findAge, findBackup, newIdentity } from '../../backup/index.js';
import { Failure } from '../../base/index.js';
import type { Lab } from '../lab.js';
import {
  credentialsFileOf,
  objectStoreTools,
  startObjectStore,
  type ObjectStoreTools,
} from '../object-store/index.js';
import { labStore, labTrustedKeys } from '../protect.js';
import { identityOf, writerCredentials, writerStore } from './places.js';
import { shipOutside } from './ship-outside.js';
import { startShipper } from './start-shipper.js';

const bucket = 'backups';
/** Days for which nobody can remove what was put, the owner neither: the shortest that the protocol knows. */
const lockDays = 1;

/** Programs that an immutable copy needs and that are not here, in words; null when it can be made. */
export async function immutableLacks(
  tools?: ObjectStoreTools,
): Promise<{ readonly what: string; readonly hint: string } | null> {
  const { missing, hint } = tools ?? (await objectStoreTools());
  if (missing.length > 0) return { what: `an S3 server (${missing.join(', ')})`, hint: hint ?? '' };
  return findAge().then(
    () => null,
    (cause: unknown) => {
      if (!(cause instanceof Failure)) throw cause;
      return { what: 'age', hint: cause.hint ?? '' };
    },
  );
}

/**
 * Makes the copy outside: an S3 server with a bucket in which nobody can remove anything for a day, credentials for the host that
 * put, read and list, and two identities that the host never sees. Without the programs for it nothing is made.
 */
export async function makeImmutable(lab: Lab): Promise<void> {
  if ((await immutableLacks()) !== null) return;
  const directory = join(existsSync('/tmp') ? '/tmp' : tmpdir(), `fdo-${randomBytes(5).toString('hex')}`);
  const common = { directory, region: 'us-east-1', bucket, prefix: 'copy-1', recoverFrom: 'copy-1' };
  lab.update((state) => ({ ...state, immutable: { ...common, endpoint: null, recipients: [] } }));
  const server = await startObjectStore({ directory });
  await server.createBucket({ name: bucket, lock: { defaultDays: lockDays }, writer: true });
  mkdirSync(lab.paths.outside, { recursive: true, mode: 0o700 });
  chmodSync(lab.paths.outside, 0o700);
  const age = await findAge();
  const recipients: string[] = [];
  for (const holder of ['operations', 'escrow'] as const) {
    const { recipient } = await newIdentity({ age, path: identityOf(lab.paths, holder) });
    recipients.push(`${recipient} ${holder}`);
  }
  giveWriterKeys(lab, directory);
  lab.update((state) => ({ ...state, immutable: { ...common, endpoint: server.endpoint, recipients } }));
}

/** Puts the writer's credentials where the host's programs read them. */
export function giveWriterKeys(lab: Lab, directory: string): void {
  const file = writerCredentials(lab.paths);
  copyFileSync(credentialsFileOf(directory, 'writer'), file);
  chmodSync(file, 0o600);
}

/** Copies a set outside and the log that it needs, and keeps shipping from then on. Nothing to do in a lab without such a copy. */
export async function copyOutside(lab: Lab, backup: string): Promise<void> {
  if (lab.state().immutable === undefined) return;
  const from = labStore(lab);
  const set = await findBackup(from, labTrustedKeys(lab), backup);
  await copySet({ from, to: writerStore(lab.paths, lab.state()), set });
  await shipOutside(lab.paths, lab.state());
  await startShipper(lab);
}
