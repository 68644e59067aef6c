import { readdir, readFile } from 'node:fs/promises';
import { endProcess, processIdentity, type ProcessIdentity } from '../../children/index.js';

/** A program at work in a folder, by the name people know it by: `pg_dump (process 123)`. */
interface Worker {
  readonly identity: ProcessIdentity;
  readonly said: string;
}

/**
 * Ends the programs that a dead engine left at work in a folder which was made for one set alone: those that name it among their
 * arguments. Returns what was ended. Found through /proc; where there is none, nothing is ended.
 */
export async function endWorkersIn(directory: string): Promise<string[]> {
  const ended: string[] = [];
  for (const { identity, said } of await findWorkers(directory)) {
    // Its connections to the server close with it, and the server ends what it did for them.
    if ((await endProcess(identity)) !== 'gone') ended.push(said);
  }
  return ended;
}

/** The same programs, only looked at. */
export async function workersIn(directory: string): Promise<string[]> {
  return (await findWorkers(directory)).map(({ said }) => said);
}

async function findWorkers(directory: string): Promise<Worker[]> {
  const found: Worker[] = [];
  for (const name of await readdir('/proc').catch((): string[] => [])) {
    const identity =
      /^\d+$/.test(name) && Number(name) !== process.pid ? processIdentity(Number(name)) : null;
    if (identity === null) continue;
    const line = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    const [program = '', ...args] = line.split('\0');
    if (!args.some((arg) => arg === directory || arg.startsWith(`${directory}/`))) continue;
    const said = `${program.split('/').at(-1) ?? program} (process ${identity.pid})`;
    found.push({ identity, said });
  }
  return found;
}
