import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));
export const firedrill = fileURLToPath(new URL('../../dist/program/firedrill.js', import.meta.url));

/** Wall time in milliseconds of a Node program from spawn to exit. */
export function timeNode(args) {
  const begin = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ms = performance.now() - begin;
  if (status !== 0)
    throw new Error(`node ${args.join(' ')} exited with ${status}: ${stderr.toString().trim()}`);
  return ms;
}

export function timeFiredrill(args) {
  return timeNode([firedrill, ...args]);
}

/** Runs one of the bench's own programs in a process of its own; resolves to the JSON that it prints. */
export function askProgram(name, ...args) {
  const file = fileURLToPath(new URL(name, import.meta.url));
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [file, ...args],
      { cwd: root, maxBuffer: 2 ** 20 },
      (error, stdout, stderr) => {
        if (error === null) resolve(JSON.parse(stdout));
        else {
          const said = stderr.split('\n').find((line) => /^\w*(Error|Failure)\b/.test(line));
          reject(new Error(`${name} ${args[1] ?? ''}: ${said ?? error.message}`));
        }
      },
    );
  });
}

/**
 * The most memory that this process ever had resident, in bytes. Not `resourceUsage().maxRSS`: that one starts with what the
 * parent had when it forked (getrusage(2)).
 */
export function peakResidentBytes() {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024;
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1')) ?? [];
  return Number(kilobytes) * 1024;
}
