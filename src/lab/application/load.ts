import { closeSync, openSync, writeSync } from 'node:fs';
import { pause } from '../../sentinel/index.js';

export interface LoadFigures {
  readonly writesPerSecond: number;
  readonly acknowledged: number;
  readonly failed: number;
  /** Of the last acknowledged booking; null before the first. */
  readonly lastId: number | null;
}

/** The built-in load: so many bookings a second, each acknowledged id appended to a log of its own. */
export interface Load {
  set(writesPerSecond: number): void;
  figures(): LoadFigures;
}

export function runLoad(logFile: string, write: () => Promise<number>, signal: AbortSignal): Load {
  const log = openSync(logFile, 'a');
  let writesPerSecond = 0;
  let [acknowledged, failed] = [0, 0];
  let lastId: number | null = null;
  const run = async () => {
    // What could not be written in its turn is not made up for later: a backlog would be another load than the one declared.
    for (let due = performance.now(); !signal.aborted;) {
      if (writesPerSecond === 0) {
        await pause(50, signal);
        due = performance.now();
        continue;
      }
      await pause(due - performance.now(), signal);
      due = Math.max(due + 1000 / writesPerSecond, performance.now() - 1000);
      try {
        lastId = await write();
        acknowledged += 1;
        writeSync(log, `${JSON.stringify({ at: new Date().toISOString(), id: lastId })}\n`);
      } catch {
        failed += 1;
        await pause(100, signal);
      }
    }
    closeSync(log);
  };
  void run();
  return {
    set: (value) => (writesPerSecond = value),
    figures: () => ({ writesPerSecond, acknowledged, failed, lastId }),
  };
}
