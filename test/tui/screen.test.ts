import { describe, expect, test } from 'vitest';
import { FakeRun } from './fixtures/fake-feed.js';
import { samplePlan } from './fixtures/sample-plan.js';
import { playScene } from './fixtures/scenes.js';
import { keys } from './fixtures/terminal.js';
import { useScreens } from './fixtures/use-screens.js';

const { at, show } = useScreens();

describe('what is always visible', () => {
  test('at 80x24: mode, place, clocks, loss, head, step, owner and what to press', async () => {
    const { screen, run } = at(80, 24, 'running');
    const text = await screen.until('Now: Find the damaged relations');
    const head = run.state().head.slice(0, 12);
    for (const wanted of [
      'DRILL',
      'Database corruption',
      'lab system 7301889123',
      `head ${head}`,
      'Recovery  0:00:45 of 4:00:00   left 3:59:15   forecast 1:30:02, in time',
      'Phase     0:00:43 of 0:15:00   Assessment (2 of 6)',
      'not measured yet, RPO 1:00:00   failing for 0:00:45',
      'running Find the damaged relations',
      'Database lead (Ben Cruz)',
      'run pg_amcheck over every relation of app',
      'bookings: block 12 is damaged',
      'Nothing to answer: the engine works.',
      '? help',
    ])
      expect(text).toContain(wanted);
  });

  test('at 200x60: steps beside the question, bars, and the log in full', async () => {
    const { screen } = at(200, 60, 'decide');
    const text = await screen.until('Damaged: bookings, bookings_pkey');
    expect(text).toContain('Take a fresh base backup');
    expect(text).toContain('3 Restore the whole database  suggested');
    expect(text).toContain('━');
    expect(text).toContain('disruption detected at 01:00:07Z (engine), recovery clock 2.0s of 4h 00m 00s');
  });

  test('at 40x10: the essentials, the question and its keys', async () => {
    const { screen, run } = at(40, 10, 'ask');
    const text = await screen.until('How severe is it?');
    for (const wanted of [
      'DRILL',
      run.state().head.slice(0, 12),
      'Rec 0:00:54/4:00 left 3:59:06',
      'Ana Reyes',
      '1-4 choose',
    ])
      expect(text).toContain(wanted);
  });

  test('a live run says LIVE, never DRILL', async () => {
    const { screen } = at(80, 24, 'running', { ...samplePlan, mode: 'live' });
    const text = await screen.until('LIVE');
    expect(text).not.toContain('DRILL');
  });

  test('a due message counts down, and being late is said', async () => {
    const { screen, run } = at(80, 24, 'ask');
    run.mark('declared', 'Ana Reyes declared it').pass(60_000);
    expect(await screen.until('Due')).toMatch(/Due {7}in 0:09:0\d {3}Tell the users/u);
    run.pass(600_000).output('extent', 'x');
    await screen.until(/OVERDUE by 0:01:00 {3}Tell the users/u);
  });
});

describe('the clocks', () => {
  test('go on while a person thinks', async () => {
    const { screen, run } = at(80, 24, 'ask');
    await screen.until('Recovery  0:00:54');
    run.pass(61_000);
    await screen.until('Recovery  0:01:55');
    await screen.until('waiting 0:01:10 of 0:05:00');
  });

  test('no disruption, no recovery time', async () => {
    const { screen } = at(80, 24, 'opening');
    await screen.until('no disruption yet, not running   RTO 4:00:00');
  });

  test('over the RTO it says by how much; over the prompt limit the question is overdue', async () => {
    const { screen, run } = at(80, 24, 'ask');
    run.pass(5 * 3_600_000);
    const text = await screen.until(/OVER by 1:00:5\d/u);
    expect(text).toContain('LATE');
    expect(text).toContain('OVERDUE');
  });

  test('stopped at service verified, with the loss as it was counted', async () => {
    const { screen, run } = at(80, 24, 'ended');
    const text = await screen.until('stopped, within the RTO');
    expect(text).toContain('0 of 1240 acknowledged commits missing, counted');
    expect(text).toContain('Run completed. Objectives met.');
    const stopped = /Recovery {2}\S+ of 4:00:00/u.exec(text)?.[0];
    run.pass(3_600_000).record({ type: 'note-taken', data: { text: 'an hour later' } });
    expect(await screen.until('an hour later')).toContain(stopped);
  });

  test('without an observer the loss is not measured', async () => {
    const run = playScene(new FakeRun(samplePlan), 'running');
    run.figures = null;
    const terminal = show(run);
    await terminal.until('not measured, RPO 1:00:00: nothing observes from outside');
  });
});

describe('sizes', () => {
  test('shrinking and growing while it runs keeps every row within the terminal', async () => {
    const { screen, run } = at(200, 60, 'ask');
    await screen.until('How severe is it?');
    for (const [columns, rows] of [
      [80, 24],
      [40, 10],
      [20, 5],
      [10, 3],
      [133, 11],
      [40, 40],
      [200, 60],
    ] as const) {
      screen.resize(columns, rows);
      run.pass(1000).record({ type: 'note-taken', data: { text: `${columns}x${rows}` } });
      await screen.until((text) => text.includes(columns >= 40 ? 'How severe is it?' : 'DRILL'));
      // A frame taller than the terminal would have scrolled it: then there were rows above the screen.
      expect(screen.terminal.buffer.active.baseY).toBe(0);
      expect(screen.rows().length).toBe(rows);
      expect(screen.rows()[0]).toContain(columns >= 40 ? 'DRILL' : '');
    }
  });

  test('a terminal too small for anything else shows mode, clock, step and key', async () => {
    const { screen } = at(24, 6, 'instruct-two');
    const text = await screen.until('Stop the application');
    expect(text).toContain('DRILL 0:00:54');
    expect(text).toContain('d done');
    expect(text).toContain('enlarge the terminal');
  });
});

describe('text from elsewhere', () => {
  test('wide characters keep the columns, control sequences and emoji never reach the terminal', async () => {
    const run = playScene(new FakeRun(samplePlan), 'running');
    run.output('extent', 'a\u001b]0;owned\u0007b\u001b[2Jc', '進捗 50% 🎉 \u202eevil', '\u001b[?1049lgone\r');
    const terminal = show(run);
    const text = await terminal.until('進捗 50% ? evil');
    expect(text).toContain('abc');
    expect(text).toContain('gone');
    expect(terminal.stdout.written).not.toContain('owned');
    expect(terminal.stdout.written).not.toContain('\u001b[?1049l');
  });

  test('titles in wide characters are measured right', async () => {
    const [first, ...rest] = samplePlan.phases;
    const plan = {
      ...samplePlan,
      phases: [{ ...first!, title: '障害訓練の前の確認事項をすべて読み上げる' }, ...rest],
    };
    const { screen } = at(80, 40, 'running', plan);
    await screen.until('障害訓練');
    const row = screen.rows().find((one) => one.includes('障害訓練'));
    expect(row).toMatch(/0:00:05/u);
    expect(screen.terminal.buffer.active.baseY).toBe(0);
  });
});

describe('kinds of terminal', () => {
  const written = async (env: Record<string, string>): Promise<string> => {
    const terminal = show(playScene(new FakeRun(samplePlan), 'running'), { env });
    await terminal.until('Nothing to answer');
    return terminal.stdout.written;
  };

  test('colour where it is wanted, none under NO_COLOR', async () => {
    expect(await written({ LANG: 'C.UTF-8', TERM: 'xterm' })).toMatch(/\u001b\[(?:[\d;]*;)?3[1-6]m/u);
    expect(await written({ LANG: 'C.UTF-8', TERM: 'xterm', NO_COLOR: '1' })).not.toMatch(
      /\u001b\[(?:[\d;]*;)?3\d(?:;\d+)*m/u,
    );
  });

  test('without UTF-8 nothing but ASCII is written', async () => {
    expect(await written({ LANG: 'C', TERM: 'xterm' })).not.toMatch(/[^\u0000-\u007f]/u);
  });

  test('for a screen reader: sentences, no alternate screen, no redraw by the second', async () => {
    const run = playScene(new FakeRun(samplePlan), 'instruct-two');
    const terminal = show(run, {
      env: { LANG: 'C.UTF-8', TERM: 'xterm', INK_SCREEN_READER: 'true' },
    });
    const text = await terminal.until('Do and report: Stop the application');
    expect(text).toContain('DRILL: Database corruption, on lab.');
    expect(text).toContain('Now: Stop the application, waiting, Database lead (Ben Cruz).');
    expect(terminal.stdout.written).not.toContain('\u001b[?1049h');
    expect(text).not.toMatch(/[─━│]/u);
    terminal.press('d');
    await terminal.until('Do and report: Stop the nightly jobs');
    expect(run.inputs).toHaveLength(1);
  });
});

describe('looking around', () => {
  test('help shows the whole key table, people their contacts, steps the whole tree', async () => {
    const { screen } = at(80, 40, 'running');
    await screen.until('Nothing to answer');
    screen.press('?');
    expect(await screen.until('once: ask to stop; twice: stop now')).toContain(
      'write a note into the record',
    );
    screen.press(keys.escape);
    await screen.until('Nothing to answer');
    screen.press('p');
    expect(await screen.until('+63 917 555 0101')).toContain('Dana Lim');
    screen.press('t');
    await screen.until('Take a fresh base backup');
    screen.press('i');
    await screen.until('Treat the whole cluster as damaged');
    screen.press(keys.enter);
    await screen.until('Now: Find the damaged relations');
  });

  test('the log scrolls by page, to the first event and back, and stays put while new events come', async () => {
    const { screen, run } = at(80, 24, 'ended');
    await screen.until('END');
    screen.press(keys.home);
    await screen.until('newer; End follows the log again');
    expect(screen.text()).toContain('DRILL    Database corruption, run');
    run.record({ type: 'note-taken', data: { text: 'later' } });
    await screen.until(
      (text) => text.includes('DRILL    Database corruption, run') && !text.includes('later'),
    );
    screen.press(keys.end);
    await screen.until('later');
  });

  test('the whole log shows long events in full', async () => {
    const { screen } = at(60, 24, 'running');
    screen.press('l');
    const text = await screen.until('sentinel saw writes fail');
    expect(text.replace(/\n\s+/gu, ' ')).toContain(
      'recovery clock 2.0s of 4h 00m 00s: the sentinel saw writes fail',
    );
  });
});
