import { Readable } from 'node:stream';
import { Failure } from '../base/index.js';
import { runChild } from '../children/index.js';
import type { Channel } from './message.js';

/** Runs a program with the message as one JSON object (`to`, `subject`, `body`) on its standard input. */
export function commandChannel(command: readonly string[], timeoutMs = 30_000): Channel {
  const [file = '', ...args] = command;
  return {
    describe: `command ${file}`,
    async deliver(message) {
      const result = await runChild({
        file,
        args,
        timeoutMs,
        input: Readable.from([`${JSON.stringify(message)}\n`]),
      });
      if (result.exitCode === 0) return;
      const how = result.signal ?? `exit code ${result.exitCode ?? 'none'}`;
      throw new Failure(
        'unavailable',
        `${file} ended with ${how}: ${result.tail.at(-1) ?? 'it printed nothing'}`,
      );
    },
  };
}
