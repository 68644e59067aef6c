import { join } from 'node:path';
import { Failure } from '../../base/index.js';
import { openS3Store, type S3Settings, type S3Store } from '../../store/index.js';
import { credentialsFileOf } from '../object-store/index.js';
import type { Lab } from '../lab.js';
import type { LabPaths } from '../paths.js';
import type { LabState } from '../lab-state.js';
import type { ImmutableState } from './immutable-state.js';

/** The keys with which the database's host puts its copies: what whoever takes over that host has. */
export function writerCredentials(paths: LabPaths): string {
  return join(paths.secrets, 'store-writer.credentials');
}

/** Every file of the lab that holds keys to the object store. */
export function storeCredentials(lab: Lab): string[] {
  const { immutable } = lab.state();
  if (immutable === undefined) return [];
  return [credentialsFileOf(immutable.directory, 'admin'), writerCredentials(lab.paths)];
}

/** Who can open the sets. Neither lies on the database's host: the one with the verifier, the other in a safe. */
export function identityOf(paths: LabPaths, holder: 'operations' | 'escrow'): string {
  return join(paths.outside, holder, 'identity');
}

/** Where the identity from escrow is put while a recovery needs it. */
export function borrowedIdentity(paths: LabPaths): string {
  return join(paths.outside, 'recovery', 'identity');
}

/** Throws `unavailable` where the lab has no immutable copy. */
export function immutableOf(state: LabState): ImmutableState & { readonly endpoint: string } {
  const { immutable } = state;
  if (immutable !== undefined && immutable.endpoint !== null)
    return { ...immutable, endpoint: immutable.endpoint };
  throw new Failure('unavailable', 'this lab has no immutable copy of its backups', {
    hint: 'Set `immutableStore: true` for its environment in firedrill.yaml.',
    retryable: false,
  });
}

/** As the host puts there: it can neither remove nor change what lies there. */
export function writerStore(paths: LabPaths, state: LabState): S3Store {
  const at = immutableOf(state);
  return openS3Store({ ...placeSettings(at, at.prefix), credentials: file(writerCredentials(paths)) });
}

/** As the owner of the bucket looks from outside, below the prefix given; without one at what a recovery reads. */
export function ownerStore(state: LabState, prefix?: string): S3Store {
  const at = immutableOf(state);
  const credentials = file(credentialsFileOf(at.directory, 'admin'));
  return openS3Store({ ...placeSettings(at, prefix ?? at.recoverFrom), credentials });
}

const file = (path: string) => ({ kind: 'file', path }) as const;

/** Where it is, without the keys to it. */
export function placeSettings(
  { endpoint, region, bucket }: ImmutableState & { readonly endpoint: string },
  prefix: string,
): Omit<S3Settings, 'credentials'> {
  return { bucket, prefix, region, endpoint, pathStyle: true, checksums: 'when-required' };
}
