import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, unwatchFile, watchFile } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn, type IPty } from '@lydell/node-pty';
import { afterAll, afterEach, describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'firedrill-tui-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A shell in a real terminal that runs the screen and then says in which modes it found the terminal again. */
class RealTerminal {
  output = '';
  private readonly waiting = new Set<() => void>();
  readonly pty: IPty;
  readonly exited: Promise<number>;
  readonly lost = join(folder, `lost-${Math.random().toString(36).slice(2)}`);

  constructor(...scene: string[]) {
    const demo = `"${process.execPath}" --import ./test/tui/fixtures/resolve-ts.mjs test/tui/fixtures/demo.ts ${scene.join(' ')}`;
    const foreground = `before=$(stty -g); ${demo}; code=$?; [ "$(stty -g)" = "$before" ] && echo "modes restored, code $code" || echo "modes CHANGED, code $code"`;
    this.pty = spawn('/bin/bash', ['-c', foreground], {
      cols: 80,
      rows: 24,
      cwd: root,
      name: 'xterm-256color',
      env: { ...process.env, LANG: 'C.UTF-8', TERM: 'xterm-256color', DEMO_LOST: this.lost, NODE_ENV: '' },
    });
    this.pty.onData((data) => {
      this.output += data;
      for (const look of this.waiting) look();
    });
    this.exited = new Promise((resolve) => {
      this.pty.onExit(({ exitCode }) => resolve(exitCode));
    });
  }

  until(wanted: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(
        () => reject(new Error(`never seen: ${wanted}\n${this.output.slice(-2000)}`)),
        60_000,
      );
      const look = (): void => {
        if (!this.output.includes(wanted)) return;
        this.waiting.delete(look);
        clearTimeout(late);
        resolve();
      };
      this.waiting.add(look);
      look();
    });
  }

  /** The program itself, below the shell. */
  child(): number {
    return Number(
      execFileSync('ps', ['-o', 'pid=', '--ppid', String(this.pty.pid)], { encoding: 'utf8' })
        .trim()
        .split('\n')[0],
    );
  }
}

let terminal: RealTerminal;
afterEach(() => {
  try {
    terminal.pty.kill('SIGKILL');
  } catch {
    // It has ended by itself.
  }
});

/** What stands behind the last switch to the normal screen: what a person finds there. */
const left = (): string => terminal.output.slice(terminal.output.lastIndexOf('\u001b[?1049l'));
const expectRestored = (): void => {
  expect(terminal.output).toContain('\u001b[?1049h');
  expect(left()).toContain('\u001b[?25h');
  expect(terminal.output.lastIndexOf('\u001b[?2004l')).toBeGreaterThan(
    terminal.output.lastIndexOf('\u001b[?2004h'),
  );
  expect(left()).toContain('modes restored');
};

describe('the terminal is as it was', () => {
  test('after the end of the run', async () => {
    terminal = new RealTerminal('ended');
    await terminal.until('leave this screen');
    terminal.pty.write('\r');
    await terminal.exited;
    expectRestored();
    expect(left()).toContain('screen closed: left');
  });

  test('after Ctrl-C twice', async () => {
    terminal = new RealTerminal('running');
    await terminal.until('the engine works');
    terminal.pty.write('\u0003');
    await terminal.until('Type stop to stop the run');
    terminal.pty.write('\u0003');
    await terminal.exited;
    expectRestored();
    expect(left()).toContain('code 130');
  });

  test('after SIGTERM', async () => {
    terminal = new RealTerminal('running');
    await terminal.until('the engine works');
    process.kill(terminal.child(), 'SIGTERM');
    await terminal.exited;
    expectRestored();
    expect(left()).toContain('code 143');
  });

  test('after a crash, with the error on the normal screen', async () => {
    terminal = new RealTerminal('running', 'drill', 'crash');
    await terminal.exited;
    expectRestored();
    expect(left()).toContain('a bug somewhere in the program');
  });
});

test('a hang-up ends the screen and not the run', async () => {
  terminal = new RealTerminal('running');
  await terminal.until('the engine works');
  const child = terminal.child();
  process.kill(child, 'SIGHUP');
  await terminal.exited;
  expect(existsSync(terminal.lost)).toBe(true);
  expect(readFileSync(terminal.lost, 'utf8')).toBe('the run goes on\n');
});

test('a terminal that is closed under the program ends the screen and not the run', async () => {
  terminal = new RealTerminal('running');
  await terminal.until('the engine works');
  const { lost } = terminal;
  const seen = new Promise<void>((resolve) => {
    watchFile(lost, { interval: 50 }, () => {
      if (existsSync(lost) && readFileSync(lost, 'utf8') !== '') resolve();
    });
  });
  (terminal.pty as unknown as { destroy(): void }).destroy();
  await seen;
  unwatchFile(lost);
  expect(readFileSync(lost, 'utf8')).toBe('the run goes on\n');
});

test('a resize reaches the screen', async () => {
  terminal = new RealTerminal('decide');
  await terminal.until('suggested');
  terminal.pty.resize(160, 50);
  await terminal.until('━');
  terminal.pty.write('\u0003\u0003');
  await terminal.exited;
  expectRestored();
});
