import { afterEach, describe, expect, test } from 'vitest';
import { canShowScreen } from '../../src/tui/index.js';
import { FakeRun } from './fixtures/fake-feed.js';
import { samplePlan } from './fixtures/sample-plan.js';
import { playScene } from './fixtures/scenes.js';
import { FakeTerminal, keys } from './fixtures/terminal.js';

let screen: FakeTerminal;
const open = (scene: string): FakeRun => {
  const run = playScene(new FakeRun(samplePlan), scene);
  screen = new FakeTerminal(80, 24).show(run);
  return run;
};
afterEach(() => {
  screen.tui.unmount();
});

describe('leaving', () => {
  test('unmount restores the terminal and stops listening to the run', async () => {
    const run = open('running');
    await screen.until('Nothing to answer');
    expect(screen.stdin.raw).toBe(true);
    expect(await screen.close()).toEqual({ reason: 'unmounted' });
    expect(screen.stdin.raw).toBe(false);
    expect(run.subscribers).toBe(0);
    const restored = screen.stdout.written.slice(screen.stdout.written.lastIndexOf('\u001b[?1049l'));
    expect(restored).toContain('\u001b[?25h');
    expect(screen.stdout.written).toContain('\u001b[?2004l');
  });

  test('after the end, Enter leaves', async () => {
    open('ended');
    await screen.until('Enter leave this screen');
    screen.press(keys.enter);
    expect(await screen.tui.exited).toEqual({ reason: 'left' });
  });

  test('unmounted before the screen was up: nothing is left behind', async () => {
    const run = open('running');
    screen.tui.unmount();
    expect(await screen.tui.exited).toEqual({ reason: 'unmounted' });
    expect(run.subscribers).toBe(0);
    expect(screen.stdout.written).toBe('');
    expect(screen.stdin.raw).toBe(false);
  });

  test('a bug while drawing ends the screen, not the run', async () => {
    const run = open('running');
    await screen.until('Nothing to answer');
    run.outputTail = () => {
      throw new Error('no such file');
    };
    run.record({ type: 'note-taken', data: { text: 'still here' } });
    expect(await screen.tui.exited).toMatchObject({ reason: 'broken', error: { message: 'no such file' } });
    expect(screen.stdin.raw).toBe(false);
    expect(run.entries().at(-1)?.type).toBe('note-taken');
  });
});

describe('a lost terminal', () => {
  test.each(['EIO', 'EPIPE'])('%s while writing ends the screen quietly, once', async (code) => {
    const run = open('running');
    await screen.until('Nothing to answer');
    screen.stdout.fail = Object.assign(new Error(`write ${code}`), { code });
    run.record({ type: 'note-taken', data: { text: 'goes nowhere' } });
    expect(await screen.tui.exited).toEqual({ reason: 'terminal-lost' });
    expect(screen.calls).toEqual(['lost']);
    // The run goes on: a later error of the dead stream is nobody's business.
    screen.stdout.emit('error', new Error('write EIO'));
    run.record({ type: 'note-taken', data: { text: 'after the loss' } });
    expect(screen.calls).toEqual(['lost']);
  });

  test('end of input is a hang-up, and answers nothing', async () => {
    const run = open('confirm');
    await screen.until('Type the name lab');
    screen.stdin.end();
    expect(await screen.tui.exited).toEqual({ reason: 'terminal-lost' });
    expect(run.inputs).toEqual([]);
  });
});

test('a screen is for two terminals that can move the cursor, and not for CI', () => {
  const tty = { isTTY: true };
  expect(canShowScreen({ TERM: 'xterm' }, tty, tty)).toBe(true);
  expect(canShowScreen({ TERM: 'dumb' }, tty, tty)).toBe(false);
  expect(canShowScreen({}, tty, tty)).toBe(false);
  expect(canShowScreen({ TERM: 'xterm', CI: '' }, tty, tty)).toBe(false);
  expect(canShowScreen({ TERM: 'xterm' }, {}, tty)).toBe(false);
  expect(canShowScreen({ TERM: 'xterm' }, tty, {})).toBe(false);
});
