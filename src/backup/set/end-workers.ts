import { readdir, readFile } from 'node:fs/promises';
import { endProcess, processIdentity } from '../../children/index.js';

/**
 * Ends the programs that a dead engine left at work in a folder which was made for one set alone: those that name it among their
 * arguments. Returns what was ended, `pg_dump (process 123)`. Found through /proc; where there is none, nothing is ended.
 */
export async function endWorkersIn(directory: string): Promise<string[]> {
  const ended: string[] = [];
  for (const name of await readdir('/proc').catch((): string[] => [])) {
    const identity =
      /^\d+$/.test(name) && Number(name) !== process.pid ? processIdentity(Number(name)) : null;
    if (identity === null) continue;
    const line = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    const [program = '', ...args] = line.split('\0');
    if (!args.some((arg) => arg === directory || arg.startsWith(`${directory}/`))) continue;
    // Its connections to the server close with it, and the server ends what it did for them.
    if ((await endProcess(identity)) !== 'gone')
      ended.push(`${program.split('/').at(-1) ?? program} (process ${identity.pid})`);
  }
  return ended;
}
