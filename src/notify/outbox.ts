import { mkdir, open, readdir, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../base/index.js';
import type { Channel } from './message.js';

/** A folder with one text file a message, in the order in which they were sent: for labs, and for people who carry messages by hand. */
export function outboxChannel(folder: string): Channel {
  return {
    describe: 'outbox',
    async deliver(message) {
      try {
        await mkdir(folder, { recursive: true });
        const file = await openNext(folder, message.to);
        try {
          await file.writeFile(`To: ${message.to}\nSubject: ${message.subject}\n\n${message.body}`);
          await file.sync();
        } finally {
          await file.close();
        }
      } catch (cause) {
        throw new Failure(
          'unavailable',
          `the message could not be written into ${folder}: ${String(cause)}`,
          { cause },
        );
      }
    },
  };
}

/** One number after the greatest there is: whoever carries messages by hand may take those away that are done. */
async function openNext(folder: string, to: string): Promise<FileHandle> {
  for (;;) {
    const numbers = (await readdir(folder)).map((name) => Number(/^(\d+)-/.exec(name)?.[1] ?? 0));
    const number = String(Math.max(0, ...numbers) + 1).padStart(3, '0');
    try {
      return await open(join(folder, `${number}-${to}.txt`), 'wx');
    } catch (cause) {
      // Another message took the number meanwhile.
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    }
  }
}
