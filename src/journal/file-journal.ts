import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure, type Clock } from '../base/index.js';
import type { Actor, Entry, RunEvent } from '../run/index.js';
import type { Journal } from './journal.js';
import { openJournalFile } from './journal-file.js';
import { takeLease, type IdentityPort, type LeaseHolder } from './lease.js';
import { readJournal, type JournalReading } from './read-journal.js';
import { setTailAside } from './torn-tail.js';
import { encodeLine } from './wire.js';

export interface JournalLocation {
  readonly file: string;
  readonly session: string;
  readonly clock: Clock;
  /** Where leases and torn tails go; outside the record. */
  readonly leaseDirectory: string;
  readonly runId: string;
  readonly identity: IdentityPort;
}

export interface FileJournal extends Journal {
  /** Bytes of a torn last line that were set aside on opening; an entry has to say so. */
  readonly tornBytes: number;
  /** Where they are now. */
  readonly tornFile: string | null;
  /** The dead engine whose lease was taken over. */
  readonly replaced: LeaseHolder | null;
}

/**
 * Opens or begins the journal of a run for its one writer. Rejects with a `Failure`: `unavailable` when another live process
 * holds the lease or the disk will not have it, `refused` when what stands in the file does not verify.
 */
export async function openJournal(location: JournalLocation): Promise<FileJournal> {
  const { file, session, clock, leaseDirectory, runId, identity } = location;
  const lease = await takeLease({ directory: leaseDirectory, runId, session, atMs: clock.now(), identity });
  try {
    await mkdir(dirname(file), { recursive: true });
    const content = await readFile(file).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
      throw error;
    });
    const reading = readJournal(content);
    refuseBroken(file, reading);
    const tail = content.subarray(reading.wholeBytes);
    const tornFile = tail.length > 0 ? await setTailAside(leaseDirectory, runId, tail) : null;
    const hint = `Free space on the disk that holds ${dirname(file)}, then take the run up again with \`firedrill resume ${runId}\`.`;
    const lines = await openJournalFile(file, reading.wholeBytes, hint);
    const entries: Entry[] = [...reading.entries];
    let head = reading.head;
    let closed = false;
    let queue: Promise<unknown> = Promise.resolve();
    const write = async (event: RunEvent, actor: Actor): Promise<Entry> => {
      const at = new Date(clock.now()).toISOString();
      const seq = (entries.at(-1)?.seq ?? 0) + 1;
      const line = encodeLine({ seq, prev: head, at, mono: clock.mono(), session }, event, actor);
      await lines.append(line.text);
      head = line.sha256;
      entries.push(line.entry);
      return line.entry;
    };
    return {
      tornBytes: reading.tornBytes,
      tornFile,
      replaced: lease.replaced,
      entries,
      get head() {
        return head;
      },
      append: (event, actor) => {
        if (closed) return Promise.reject(new Error(`append to the closed journal ${file}`));
        const appended = queue.then(() => write(event, actor));
        queue = appended.catch(() => undefined);
        return appended;
      },
      close: async () => {
        if (closed) return;
        closed = true;
        await queue;
        await lines.close();
        await lease.release();
      },
    };
  } catch (error) {
    await lease.release();
    if (error instanceof Failure || !(error instanceof Error)) throw error;
    throw new Failure('unavailable', `journal ${file} cannot be opened: ${error.message}`, { cause: error });
  }
}

/** A torn end is an honest crash; anything else in the way of the chain is not continued. */
function refuseBroken(file: string, reading: JournalReading): void {
  const broken = reading.problems.filter((problem) => problem.kind !== 'torn');
  const [first] = broken;
  if (first === undefined) return;
  const more = broken.length > 1 ? ` (and ${broken.length - 1} more)` : '';
  throw new Failure('refused', `journal ${file} does not verify: ${first.message}${more}`, {
    hint: `See all of it with \`firedrill audit ${dirname(file)}\`; a broken record is not continued.`,
  });
}
