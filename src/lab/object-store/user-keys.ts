import { chmod, rename, writeFile } from 'node:fs/promises';
import { Failure, isJsonObject, type JsonObject } from '../../base/index.js';
import { serverAccount } from '../../postgres/index.js';
import { cephPrograms, type CephPrograms } from './ceph-programs.js';
import { objectStoreTools } from './tools.js';
import { credentialsFileOf, keysText, type ObjectStoreUser } from './users.js';

/** Takes every key of a user away; resolves to how many there were. The gateway refuses them from then on. */
export async function revokeKeys(
  directory: string,
  user: ObjectStoreUser,
  signal?: AbortSignal,
): Promise<number> {
  const programs = await programsIn(directory);
  const ids = accessKeysOf(await userFacts(programs, user, signal));
  for (const id of ids)
    await programs.run('radosgw-admin', ['key', 'rm', `--uid=${user}`, `--access-key=${id}`], signal);
  return ids.length;
}

/**
 * Gives a user a new key, drawn by the server, in place of all it had; resolves to the file that holds it (0600). A key that an
 * interrupted attempt has made is taken away with the others.
 */
export async function renewKeys(
  directory: string,
  user: ObjectStoreUser,
  signal?: AbortSignal,
): Promise<string> {
  await revokeKeys(directory, user, signal);
  const programs = await programsIn(directory);
  const answer = await programs.ask(
    'radosgw-admin',
    ['key', 'create', `--uid=${user}`, '--key-type=s3', '--gen-access-key', '--gen-secret'],
    signal,
  );
  const file = credentialsFileOf(directory, user);
  const fresh = `${file}.new`;
  await writeFile(fresh, keysText(answer), { mode: 0o600 });
  await chmod(fresh, 0o600);
  await rename(fresh, file);
  return file;
}

async function programsIn(directory: string): Promise<CephPrograms> {
  return cephPrograms(await objectStoreTools(), directory, await serverAccount());
}

async function userFacts(
  programs: CephPrograms,
  user: ObjectStoreUser,
  signal: AbortSignal | undefined,
): Promise<JsonObject> {
  return programs.ask('radosgw-admin', ['user', 'info', `--uid=${user}`], signal);
}

function accessKeysOf(facts: JsonObject): string[] {
  const keys: unknown = facts['keys'];
  if (!Array.isArray(keys)) throw new Failure('unavailable', 'the object store does not tell a user’s keys');
  return keys.flatMap((one: unknown) =>
    isJsonObject(one) && typeof one['access_key'] === 'string' ? [one['access_key']] : [],
  );
}
