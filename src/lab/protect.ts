import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  generateSigningKey,
  isReceiving,
  signerFrom,
  startWalReceiver,
  stopWalReceiver,
  takeBackup,
  trustedKeys,
  type Signer,
  type TrustedKeys,
} from '../backup/index.js';
import type { ClusterLocation } from '../postgres/index.js';
import type { LocalStore } from '../store/index.js';
import { writeDurably } from './durable-file.js';
import type { Lab } from './lab.js';
import { labPolicy } from './lab-roles.js';
import type { LabPaths } from './paths.js';
import { throughDoor } from './regions/addresses.js';
import { homeStore } from './regions/region-stores.js';

/** Replication slot, and application name, of the lab's WAL receiver. */
export const labSlot = 'firedrill_lab';

export function labStore(lab: Lab): LocalStore {
  return homeStore(lab);
}

/** Starts streaming WAL from this cluster into the lab's WAL folder; nothing to do while it streams. */
export async function startLabWal(lab: Lab, location: ClusterLocation): Promise<void> {
  const from = throughDoor(lab, location, 'link');
  await startWalReceiver({ tools: lab.tools, location: from, directory: lab.paths.wal, slot: labSlot });
}

export async function stopLabWal(lab: Lab): Promise<void> {
  await stopWalReceiver(lab.paths.wal);
}

export async function isLabReceiving(lab: Lab): Promise<boolean> {
  return isReceiving(lab.paths.wal);
}

/** Takes a physical backup of this cluster into the lab's store; resolves to the set's id. */
export async function backUpLab(lab: Lab, location: ClusterLocation, signal?: AbortSignal): Promise<string> {
  const { manifest } = await takeBackup({
    tools: lab.tools,
    location,
    store: labStore(lab),
    policy: labPolicy(lab.state()),
    kind: 'physical',
    source: 'lab',
    walDirectory: lab.paths.wal,
    signer: labSigner(lab),
    recipients: lab.state().immutable?.recipients ?? [],
    ...(signal === undefined ? {} : { signal }),
  });
  return manifest.id;
}

export const labKeyFile = ({ paths }: { readonly paths: LabPaths }) => join(paths.secrets, 'backup-key.pem');

/** The lab's own signing key: it is thrown away with the lab, and so is everything it has signed. */
export function labSigner(lab: Lab): Signer {
  if (!existsSync(labKeyFile(lab))) writeDurably(labKeyFile(lab), generateSigningKey().privateKey, 0o600);
  return signerFrom(readFileSync(labKeyFile(lab), 'utf8'));
}

/** Which signatures the lab's restores and verifications accept. */
export function labTrustedKeys(lab: Lab): TrustedKeys {
  labSigner(lab);
  return trustedKeys(readFileSync(labKeyFile(lab), 'utf8'));
}
