import { open, rename, rm } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { bothOrNeither, Failure } from '../../base/index.js';
import { runAge, type AgeTool } from './age-tool.js';
import { decryptFailure, keyMissing, type Sealed } from './decrypt-failure.js';
import { hashWhileWritten } from '../set/hash-while-written.js';
import { requireIdentities } from './identities.js';
import { stopWhenBroken } from './stop-when-broken.js';

export interface DecryptRequest extends Partial<Sealed> {
  readonly age: AgeTool;
  /** Written beside it, and renamed to it only when age has read and authenticated the last byte. */
  readonly to: string;
  /** Files; one of them has to open it. */
  readonly identities: readonly string[];
  readonly signal?: AbortSignal;
  /** Plain bytes since the last call. */
  readonly decrypted?: (bytes: number) => void;
}

/** What lies there now. */
export interface Decrypted {
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Decrypts a file with the stock program. Nothing of a failed decryption is left, neither of a wrong key nor of a file that is
 * cut, longer or changed. Rejects as `decryptFailure` says.
 */
export async function decryptFile(request: DecryptRequest & { readonly from: string }): Promise<Decrypted> {
  const { from } = request;
  return decrypt({ what: from, ...request }, [from], undefined);
}

/** As `decryptFile`, for bytes that come from elsewhere; a broken source fails as the source does. */
export async function decryptStream(
  request: DecryptRequest & Sealed & { readonly from: Readable },
): Promise<Decrypted> {
  const { from } = request;
  const { signal, cause } = stopWhenBroken(from, request.signal);
  try {
    return await decrypt({ ...request, signal }, [], from);
  } catch (failure) {
    throw cause() ?? failure;
  } finally {
    from.destroy();
  }
}

async function decrypt(
  request: DecryptRequest & Sealed,
  source: readonly string[],
  input: Readable | undefined,
): Promise<Decrypted> {
  const { age, to, identities, signal, decrypted } = request;
  if (identities.length === 0) throw keyMissing(request, []);
  await requireIdentities(identities);
  const partial = `${to}.partial`;
  const args = ['-d', ...identities.flatMap((one) => ['-i', one]), '-o', partial, ...source];
  try {
    await rm(partial, { force: true });
    // Made first: age would leave its mode to chance, and makes no file at all of an empty one.
    await (await open(partial, 'wx', 0o600)).close();
    let ended = false;
    const [, plain] = await bothOrNeither(
      async (either) => {
        const result = await runAge(age.age, args, {
          signal: either,
          ...(input === undefined ? {} : { input }),
        });
        if (result.exitCode !== 0) throw await decryptFailure(age, request, identities, result);
        ended = true;
      },
      async (either) => hashWhileWritten(partial, () => ended, { signal: either, written: decrypted }),
      signal,
    );
    // Asked to stop after the last byte: whoever asked does not expect a file.
    if (signal?.aborted === true) throw new Failure('cancelled', `decrypting ${request.what} was cancelled`);
    await rename(partial, to);
    return plain;
  } catch (failure) {
    await rm(partial, { force: true });
    throw failure;
  }
}
