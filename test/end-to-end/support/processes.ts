import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { spawnSync } from 'node:child_process';

export interface FoundProcess {
  readonly pid: number;
  readonly command: string;
}

/** Living processes whose command line or working directory mentions `text`, this one and its like aside. */
export function processesAbout(text: string): FoundProcess[] {
  return process.platform === 'linux' ? fromProc(text) : fromPs(text);
}

/** The environment that a process was started with; null: it has ended. */
export function startedWith(pid: number): readonly string[] | null {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return null;
  }
}

function fromProc(text: string): FoundProcess[] {
  return readdirSync('/proc').flatMap((name) => {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) return [];
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      // A zombie has neither; it waits for its parent, not for us.
      const folder = readlinkSync(`/proc/${name}/cwd`);
      return command.includes(text) || folder.includes(text) ? [{ pid, command }] : [];
    } catch {
      return [];
    }
  });
}

function fromPs(text: string): FoundProcess[] {
  const { stdout } = spawnSync('ps', ['-Aww', '-o', 'pid=,command='], { encoding: 'utf8' });
  return stdout
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(.*)$/.exec(line))
    .flatMap((match) => (match ? [{ pid: Number(match[1]), command: match[2] ?? '' }] : []))
    .filter(({ pid, command }) => pid !== process.pid && command.includes(text));
}
