import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { sleep } from './sleep.js';

/** The program as it is shipped: `npm test` builds it first. */
const program = resolve('dist/program/firedrill.js');

/** A program that hangs is ended before the test is, so that what it had said can be shown. */
const limitMs = 100_000;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  stdout(): string;
  stderr(): string;
  signal(name: NodeJS.Signals): void;
  type(line: string): void;
  endInput(): void;
  /** Stops reading what it prints, as `head` does when it has its line. */
  closeOutput(): void;
  hasEnded(): boolean;
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

/** Its path. Throws when it is older than what was compiled last: compiling alone does not change it, and yesterday's would be tested. */
export function builtProgram(): string {
  const compiled = resolve('dist/.tsbuildinfo');
  const made = (path: string) => (existsSync(path) ? statSync(path).mtimeMs : 0);
  if (made(program) > 0 && made(program) >= made(compiled)) return program;
  throw new Error(`${program} is not built, or older than what it is built of: type \`npm run build\``);
}

/** Starts the program; its standard input is open and empty until something is typed. */
export function startProgram(args: readonly string[], options: RunOptions = {}): Running {
  const child = spawn(process.execPath, [builtProgram(), ...args], {
    cwd: options.cwd ?? resolve('.'),
    env: { ...process.env, NO_COLOR: '1', CI: '1', ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  let over = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.on('error', () => undefined);
  // The end of the process counts, not of its pipes: a child that it left behind must not hold the test up.
  const limit = setTimeout(() => void child.kill('SIGKILL'), limitMs);
  const ended = new Promise<Ended>((settle) => {
    child.once('exit', (code, signal) => {
      over = true;
      clearTimeout(limit);
      const done = () => settle({ code, signal, stdout, stderr });
      void Promise.race([new Promise((closed) => child.once('close', closed)), sleep(2000)]).then(done);
    });
  });
  return {
    pid: child.pid ?? -1,
    ended,
    stdout: () => stdout,
    stderr: () => stderr,
    signal: (name) => void child.kill(name),
    type: (line) => void child.stdin.write(`${line}\n`),
    endInput: () => void child.stdin.end(),
    closeOutput: () => void child.stdout.destroy(),
    hasEnded: () => over,
  };
}

/** Runs it to its end with nothing on standard input. */
export async function runProgram(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const running = startProgram(args, options);
  running.endInput();
  return running.ended;
}

/** The exit code, or, where it is another one, everything that helps to see why. */
export function expectExit(ended: Ended, code: number): void {
  if (ended.code === code) return;
  const how = ended.code === null ? `by ${ended.signal ?? 'nothing'}` : `with exit code ${ended.code}`;
  const told = ended.stdout.trimEnd().split('\n').slice(-40).join('\n');
  throw new Error(
    `ended ${how}, expected ${code}\n--- standard error\n${ended.stderr}\n--- end of output\n${told}`,
  );
}
