import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Entry, EventOf } from '../../../src/run/index.js';
import { builtProgram } from '../../end-to-end/support/run-program.js';

const running = new Set<ChildProcess>();

/** Ends every program that a test has left running, whatever became of the test. */
export function endPrograms(): void {
  for (const child of running) child.kill('SIGKILL');
}

export interface LiveRun {
  readonly child: ChildProcess;
  /** All that it has printed so far, errors too. */
  text(): string;
  /** Waits until it prints this after what was waited for before. */
  sees(pattern: RegExp): Promise<RegExpExecArray>;
  type(line: string): void;
  readonly ended: Promise<number | null>;
}

/** The real program, driven by typed lines. */
export function firedrill(programme: string, args: readonly string[]): LiveRun {
  const home = join(programme, '..', 'config');
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const child = spawn(process.execPath, [builtProgram(), ...args, '--directory', programme], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, FIREDRILL_CONFIG_HOME: home, NO_COLOR: '1' },
  });
  running.add(child);
  let text = '';
  let from = 0;
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      for (const listen of listeners) listen();
    });
  }
  const ended = new Promise<number | null>((done) => {
    child.on('close', (code) => {
      running.delete(child);
      done(code);
      for (const listen of listeners) listen();
    });
  });
  let over = false;
  void ended.then(() => (over = true));
  const sees = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((done, fail) => {
      const giveUp = setTimeout(() => {
        listeners.delete(look);
        fail(new Error(`waited a minute for ${String(pattern)}:\n${text}`));
      }, 60_000);
      const look = () => {
        const found = pattern.exec(text.slice(from));
        if (found !== null) {
          from += found.index + found[0].length;
          listeners.delete(look);
          clearTimeout(giveUp);
          done(found);
        } else if (over) {
          listeners.delete(look);
          clearTimeout(giveUp);
          fail(new Error(`it ended without printing ${String(pattern)}:\n${text}`));
        }
      };
      listeners.add(look);
      look();
      void ended.then(() => setTimeout(look, 0));
    });
  return { child, text: () => text, sees, type: (line) => child.stdin.write(`${line}\n`), ended };
}

export interface LiveRecord {
  readonly runId: string;
  readonly folder: string;
  readonly entries: readonly Entry[];
  of<T extends Entry['type']>(type: T): readonly Extract<Entry, EventOf<T>>[];
}

/** The newest record of a programme. */
export function readNewest(programme: string): LiveRecord {
  const reports = join(programme, 'reports');
  const runId = readdirSync(reports)
    .filter((name) => name.startsWith('20'))
    .sort()
    .at(-1)!;
  const folder = join(reports, runId);
  const entries = readFileSync(join(folder, 'journal.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Entry);
  return {
    runId,
    folder,
    entries,
    of: <T extends Entry['type']>(type: T) =>
      entries.filter((entry) => entry.type === type) as Extract<Entry, EventOf<T>>[],
  };
}
