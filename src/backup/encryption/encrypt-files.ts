import { chmod, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { bothOrNeither, Failure } from '../../base/index.js';
import { syncFile, syncFolder } from '../../store/index.js';
import { inParallel } from '../set/in-parallel.js';
import type { SetFile } from '../set/manifest.js';
import { hashFile } from '../set/set-files.js';
import { runAge, saidBy, type AgeTool } from './age-tool.js';
import { hashWhileWritten } from '../set/hash-while-written.js';
import { recipientKeys } from './recipients.js';
import { stopWhenBroken } from './stop-when-broken.js';

interface Hashed {
  readonly bytes: number;
  readonly sha256: string;
}

/** What age keeps busy beside our hashing. */
const atOnce = 2;

/**
 * Encrypts files of a folder, each into one named `.age` beside it, which the stock program opens. A plain file is removed
 * when its encrypted one is durable. Rejects with `invalid` for a wrong recipient, before anything is written; after a failure what
 * was encrypted already stays so.
 */
export async function encryptFiles(request: {
  readonly age: AgeTool;
  readonly directory: string;
  readonly files: readonly Pick<SetFile, 'name'>[];
  readonly recipients: readonly string[];
  readonly signal?: AbortSignal;
  /** Plain bytes that were encrypted since the last call. */
  readonly encrypted?: (bytes: number) => void;
}): Promise<SetFile[]> {
  const { age, directory, files, signal, encrypted } = request;
  const recipients = recipientKeys(request.recipients);
  return inParallel(
    files,
    atOnce,
    async ({ name }, either) => {
      const [from, to] = [join(directory, name), join(directory, `${name}.age`)];
      const { plain, cipher } = await encryptFile({ age, from, to, recipients, signal: either });
      await rm(from);
      encrypted?.(plain.bytes);
      return { name: `${name}.age`, ...cipher, plain: { name, ...plain } };
    },
    signal,
  );
}

/** Encrypts what comes from elsewhere into a new file; a broken source fails as the source does and leaves no file. */
export async function encryptStream(request: {
  readonly age: AgeTool;
  readonly from: Readable;
  /** For people. */
  readonly what: string;
  readonly to: string;
  /** Keys that were looked at. */
  readonly recipients: readonly string[];
  readonly signal?: AbortSignal;
}): Promise<void> {
  const { age, from, what, to, recipients } = request;
  const { signal, cause } = stopWhenBroken(from, request.signal);
  try {
    await (await open(to, 'wx', 0o600)).close();
    const args = ['-e', ...recipients.flatMap((one) => ['-r', one]), '-o', to];
    const result = await runAge(age.age, args, { signal, input: from });
    if (result.cancelled) throw cause() ?? new Failure('cancelled', `encrypting ${what} was cancelled`);
    if (result.exitCode !== 0)
      throw new Failure('exit-code', `age could not encrypt ${what}: ${saidBy(result)}`);
  } catch (failure) {
    await rm(to, { force: true });
    throw failure;
  } finally {
    from.destroy();
  }
}

/** Encrypts one file beside its final name, durably, for keys that were looked at. The plain file stays. */
export async function encryptFile(request: {
  readonly age: AgeTool;
  readonly from: string;
  readonly to: string;
  readonly recipients: readonly string[];
  readonly signal?: AbortSignal;
}): Promise<{ readonly plain: Hashed; readonly cipher: Hashed }> {
  const { age, from, to, recipients, signal } = request;
  const partial = `${to}.partial`;
  const args = ['-e', ...recipients.flatMap((one) => ['-r', one]), '-o', partial, from];
  try {
    // Made first: age would leave its mode to chance.
    await (await open(partial, 'wx', 0o600)).close();
    let ended = false;
    const encrypt = async (either: AbortSignal) => {
      const result = await runAge(age.age, args, { signal: either });
      if (result.cancelled) throw new Failure('cancelled', `encrypting ${from} was cancelled`);
      if (result.exitCode !== 0)
        throw new Failure('exit-code', `age could not encrypt ${from}: ${saidBy(result)}`);
      ended = true;
    };
    const [[plain, cipher]] = await bothOrNeither(
      async (either) =>
        bothOrNeither(
          async (both) => hashFile(from, both),
          async (both) => hashWhileWritten(partial, () => ended, { signal: both }),
          either,
        ),
      encrypt,
      signal,
    );
    await chmod(partial, 0o400);
    await syncFile(partial);
    await rename(partial, to);
    await syncFolder(dirname(to));
    return { plain, cipher };
  } catch (failure) {
    await rm(partial, { force: true });
    throw failure;
  }
}
