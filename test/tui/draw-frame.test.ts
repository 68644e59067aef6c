import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { drawFrame } from '../../src/tui/draw-frame.js';
import { drawLinear } from '../../src/tui/draw-linear.js';
import type { Picture } from '../../src/tui/picture.js';
import { makeRunLog } from '../../src/tui/run-log.js';
import { initialScreen, type ScreenState } from '../../src/tui/screen-state.js';
import { asciiSymbols, unicodeSymbols } from '../../src/tui/symbols.js';
import { FakeRun } from './fixtures/fake-feed.js';
import { samplePlan } from './fixtures/sample-plan.js';
import { playScene, scenes } from './fixtures/scenes.js';

const pictureOf = (
  run: FakeRun,
  size: { columns: number; rows: number },
  screen: Partial<ScreenState> = {},
): Picture => {
  const log = makeRunLog(run.plan);
  for (const entry of run.entries()) log.add(entry, run.state());
  return {
    plan: run.plan,
    state: run.state(),
    screen: { ...initialScreen, ...screen },
    log: log.events(),
    describe: (step) => log.describe(step),
    tail: run.outputTail,
    observer: run.observer(),
    nowMs: run.now(),
    operator: { kind: 'person', name: 'ops' },
    symbols: unicodeSymbols,
    size,
  };
};
const runs = new Map(scenes.map((scene) => [scene, playScene(new FakeRun(samplePlan), scene)]));
const views = ['run', 'help', 'people', 'log', 'steps', 'text'] as const;
const dialogs = [null, 'note', 'skip', 'hold', 'stop', 'who', 'undo'] as const;
const textOf = (lines: readonly (readonly { text: string }[])[]): string[] =>
  lines.map((line) => line.map((span) => span.text).join(''));

describe('a frame', () => {
  test('is never taller or wider than the terminal, in any scene, view, dialog and size', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...scenes),
        fc.constantFrom(...views),
        fc.constantFrom(...dialogs),
        fc.integer({ min: 1, max: 220 }),
        fc.integer({ min: 1, max: 70 }),
        fc.integer({ min: 0, max: 50 }),
        fc.constantFrom(unicodeSymbols, asciiSymbols),
        (scene, view, dialog, columns, rows, scroll, symbols) => {
          const screen = {
            view,
            scroll,
            dialog: dialog && { name: dialog, draft: { values: {}, inputs: {}, picks: {}, at: null } },
          };
          const picture = { ...pictureOf(runs.get(scene)!, { columns, rows }, screen), symbols };
          for (const frame of [drawFrame(picture), drawLinear(picture)]) {
            const lines = textOf(frame.lines);
            expect(lines.length).toBeLessThanOrEqual(rows);
            for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(columns);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test.each([
    [40, 10],
    [80, 24],
    [200, 60],
  ])(
    'at %dx%d fills the screen and shows mode, clock and the key to press in every scene',
    (columns, rows) => {
      for (const [scene, run] of runs) {
        const lines = textOf(drawFrame(pictureOf(run, { columns, rows })).lines);
        expect(lines, scene).toHaveLength(rows);
        expect(lines[0], scene).toContain('DRILL');
        expect(lines[0], scene).toContain(run.state().head.slice(0, 12));
        expect(lines[1], scene).toMatch(/0:0\d:\d\d|not running/u);
        expect(lines.at(-1)?.trim(), scene).not.toBe('');
      }
    },
  );

  test('whatever a runbook and its people are called', () => {
    const nasty = fc.string({ unit: 'grapheme', maxLength: 120 });
    fc.assert(
      fc.property(
        nasty,
        nasty,
        fc.integer({ min: 8, max: 130 }),
        fc.integer({ min: 4, max: 40 }),
        (title, name, columns, rows) => {
          const plan = {
            ...samplePlan,
            runbook: { ...samplePlan.runbook, title },
            people: { 'database-lead': { name, contact: title } },
            phases: samplePlan.phases.map((phase) => ({ ...phase, title })),
          };
          const run = playScene(new FakeRun(plan), 'instruct-two').output('stop-application', title);
          const lines = textOf(drawFrame(pictureOf(run, { columns, rows })).lines);
          expect(lines.length).toBeLessThanOrEqual(rows);
          for (const line of lines) {
            expect(stringWidth(line)).toBeLessThanOrEqual(columns);
            expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/u);
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  test('folds finished phases when there is no room, and says what is above and below', () => {
    const text = textOf(drawFrame(pictureOf(runs.get('decide')!, { columns: 80, rows: 24 })).lines).join(
      '\n',
    );
    expect(text).toContain('waiting  Choose the way back');
    expect(text).not.toContain('done     Open the call bridge');
    expect(text).toMatch(/↑ \d+ more above/u);
    expect(text).toMatch(/↓ \d+ more below/u);
  });

  test('shows the options of a decision as steps only once one is chosen', () => {
    const before = textOf(drawFrame(pictureOf(runs.get('decide')!, { columns: 200, rows: 60 })).lines).join(
      '\n',
    );
    const after = textOf(drawFrame(pictureOf(runs.get('approve')!, { columns: 200, rows: 60 })).lines).join(
      '\n',
    );
    expect(before).not.toContain('Rebuild every index');
    expect(after).toContain('Restore the newest usable backup and replay the log');
    expect(after).not.toContain('Rebuild every index');
  });
});
