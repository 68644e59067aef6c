import { chmodSync, copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { acceptsKeys, openS3Store, type S3Store } from '../../store/index.js';
import type { Lab } from '../lab.js';
import { renewKeys, revokeKeys } from '../object-store/index.js';
import { giveWriterKeys } from './make-immutable.js';
import { immutableOf, placeSettings, writerCredentials, writerStore } from './places.js';
import { stopShipper } from './start-shipper.js';

/** The keys that were taken away, kept where the host cannot read them: to show that they open nothing any more. */
const formerKeys = (lab: Lab) => join(lab.paths.outside, 'former', 'store-writer.credentials');

/** Takes the host's keys to the store away and stops its shipper; nothing to do when that was done. */
export async function revokeWriter(lab: Lab, signal?: AbortSignal): Promise<void> {
  const { directory } = immutableOf(lab.state());
  if (!existsSync(formerKeys(lab))) {
    mkdirSync(dirname(formerKeys(lab)), { recursive: true, mode: 0o700 });
    copyFileSync(writerCredentials(lab.paths), formerKeys(lab));
    chmodSync(formerKeys(lab), 0o600);
  }
  await stopShipper(lab);
  await revokeKeys(directory, 'writer', signal);
}

/** Whether the store refuses the keys that were taken away; false while none were. Rejects when the store does not answer. */
export async function isWriterRevoked(lab: Lab): Promise<boolean> {
  if (!existsSync(formerKeys(lab))) return false;
  const at = immutableOf(lab.state());
  const credentials = { kind: 'file', path: formerKeys(lab) } as const;
  return !(await acceptsKeys(openS3Store({ ...placeSettings(at, at.recoverFrom), credentials })));
}

/** New keys for the host, and a new prefix: nothing that the thief put there can meet what is put from now on. */
export async function renewWriter(lab: Lab, signal?: AbortSignal): Promise<S3Store> {
  const { directory, prefix } = immutableOf(lab.state());
  await renewKeys(directory, 'writer', signal);
  giveWriterKeys(lab, directory);
  const number = Number(/\d+$/.exec(prefix)?.[0] ?? '1');
  lab.update((state) =>
    state.immutable === undefined
      ? state
      : { ...state, immutable: { ...state.immutable, prefix: `copy-${number + 1}` } },
  );
  return writerStore(lab.paths, lab.state());
}

/** Whether the host writes with keys that the store takes, below another prefix than the thief knew. */
export async function isWriterRenewed(lab: Lab): Promise<boolean> {
  const { prefix, recoverFrom } = immutableOf(lab.state());
  return prefix !== recoverFrom && (await acceptsKeys(writerStore(lab.paths, lab.state())));
}
