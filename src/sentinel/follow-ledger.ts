import { open } from 'node:fs/promises';
import { Failure } from '../base/index.js';
import { parseLedgerLine, type LedgerLine } from './ledger-line.js';
import { ledgerHead } from './read-ledger.js';

const everyMs = 100;
const chunkBytes = 1 << 20;

/**
 * Hands every line after line `afterSeq` to `listener`, those that stand there already first, then each as it is written.
 * An absent file is waited for; a line that cannot be read is passed over (`readLedger` names it). Returns how to stop.
 */
export function followLedger(
  file: string,
  afterSeq: number,
  listener: (line: LedgerLine) => void,
): () => void {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  /** Where the first line begins that has not been handed out: a torn line is read again when it is whole. */
  let offset = 0;
  const deliver = (bytes: Buffer): number => {
    let start = 0;
    for (let end = bytes.indexOf(0x0a); end >= 0 && !stopped; end = bytes.indexOf(0x0a, start)) {
      const line = parseLedgerLine(bytes.subarray(start, end).toString('utf8'));
      start = end + 1;
      if (!('problem' in line) && line.seq > afterSeq) listener(line);
    }
    return start;
  };
  const look = async () => {
    const handle = await open(file, 'r');
    try {
      for (let more = true; more && !stopped;) {
        const { bytesRead, buffer } = await handle.read(Buffer.alloc(chunkBytes), 0, chunkBytes, offset);
        const delivered = deliver(buffer.subarray(0, bytesRead));
        offset += delivered;
        more = delivered > 0;
      }
    } finally {
      await handle.close();
    }
  };
  const again = () => {
    if (stopped) return;
    void look()
      .catch(() => undefined)
      .then(() => {
        if (!stopped) timer = setTimeout(again, everyMs);
      });
  };
  again();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

/** Waits until a commit is acknowledged after this call. Rejects with reason `timeout` or `cancelled`. */
export async function nextAcknowledged(
  file: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<{ readonly id: number; readonly latencyMs: number }> {
  const { seq } = await ledgerHead(file);
  return await new Promise((resolve, reject) => {
    const finish = (act: () => void) => {
      stop();
      clearTimeout(timer);
      signal.removeEventListener('abort', cancel);
      act();
    };
    const cancel = () =>
      finish(() => reject(new Failure('cancelled', 'waiting for an acknowledged write was cancelled')));
    const timer = setTimeout(
      () =>
        finish(() =>
          reject(new Failure('timeout', `the sentinel had no write acknowledged within ${timeoutMs} ms`)),
        ),
      timeoutMs,
    );
    const stop = followLedger(file, seq, (line) => {
      if (line.kind === 'commit') finish(() => resolve({ id: line.id, latencyMs: line.latencyMs }));
    });
    signal.addEventListener('abort', cancel);
    if (signal.aborted) cancel();
  });
}
