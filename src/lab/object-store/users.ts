import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure, isJsonObject, type JsonObject } from '../../base/index.js';
import type { CephPrograms } from './ceph-programs.js';

export type ObjectStoreUser = 'admin' | 'writer';

/** An INI file of the AWS form, readable for its owner alone. */
export function credentialsFileOf(directory: string, user: ObjectStoreUser): string {
  return join(directory, `${user}.credentials`);
}

/**
 * Makes a user with keys that the server draws itself, because a key given to it would show in its arguments. The writer may
 * own no bucket: what it may do is written in the policies of the admin's buckets.
 */
export async function makeUser(
  programs: CephPrograms,
  directory: string,
  user: ObjectStoreUser,
  signal?: AbortSignal,
): Promise<void> {
  const limit = user === 'writer' ? ['--max-buckets=-1'] : [];
  const answer = await programs.ask(
    'radosgw-admin',
    ['user', 'create', `--uid=${user}`, `--display-name=${user}`, ...limit],
    signal,
  );
  const file = credentialsFileOf(directory, user);
  await writeFile(file, keysText(answer), { mode: 0o600 });
  await chmod(file, 0o600);
}

/** Of the answer to a command that made a key. */
export function keysText(answer: JsonObject): string {
  const keys: unknown = answer['keys'];
  const first: unknown = Array.isArray(keys) ? keys[0] : undefined;
  if (isJsonObject(first)) {
    const { access_key: id, secret_key: secret } = first;
    if (typeof id === 'string' && typeof secret === 'string')
      return `[default]\naws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n`;
  }
  throw new Failure('unavailable', 'the new user of the object store has no keys');
}
