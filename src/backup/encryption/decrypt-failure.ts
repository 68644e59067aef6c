import { Failure } from '../../base/index.js';
import type { ChildResult } from '../../children/index.js';
import { saidBy, type AgeTool } from './age-tool.js';
import { publicKeysOf } from './identities.js';
import { describeRecipient } from './recipients.js';

export interface Sealed {
  /** For people: `backup 2027-…`, or a path. */
  readonly what: string;
  /** Recipients that its manifest names, where there is one: the file itself does not tell. */
  readonly encryptedFor?: readonly string[];
}

/**
 * Why something could not be decrypted: the key is missing (`unavailable`), an identity file is none (`invalid`), or what was to
 * be opened is damaged (`check`). Says whose identity would open it, whose were given, and what to do.
 */
export async function decryptFailure(
  age: AgeTool,
  sealed: Sealed,
  identities: readonly string[],
  result: ChildResult,
): Promise<Failure> {
  if (result.cancelled) return new Failure('cancelled', `decrypting ${sealed.what} was cancelled`);
  const said = saidBy(result);
  // What age says about an identity file may hold a piece of it.
  const unreadable = /^reading "([^"]*)":/.exec(said)?.[1];
  if (unreadable !== undefined)
    return new Failure('invalid', `${unreadable} is no identity file that age can read`);
  if (said.includes('no identity matched'))
    return keyMissing(sealed, await describeIdentities(age, identities));
  return new Failure('check', `${sealed.what} cannot be decrypted to its last byte: ${said}`, {
    hint: 'It is damaged or cut, and nothing of it was used: take another copy of the set.',
  });
}

/** Nothing was given that opens it. */
export function keyMissing(sealed: Sealed, given: readonly string[]): Failure {
  const recipients = (sealed.encryptedFor ?? []).map(describeRecipient).join(', ');
  const wanted = recipients === '' ? 'is encrypted' : `is encrypted for ${recipients}`;
  const had =
    given.length === 0
      ? 'and no identity file was given'
      : `and none of the identity files given opens it: ${given.join(', ')}`;
  return new Failure('unavailable', `${sealed.what} ${wanted}, ${had}`, {
    hint: 'Bring the identity of one of these recipients, the offline escrow one when the others are lost, and give its file with `--identity PATH`. Without any of them nobody can open this set: choose one that is encrypted for a key you have.',
    retryable: false,
  });
}

async function describeIdentities(age: AgeTool, paths: readonly string[]): Promise<string[]> {
  return Promise.all(
    paths.map(async (path) => {
      const keys = await publicKeysOf(age, path);
      return keys.length === 0 ? path : `${path} (that of ${keys.join(', ')})`;
    }),
  );
}
