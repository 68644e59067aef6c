import { afterEach, describe, expect, test } from 'vitest';
import { FakeRun } from './fixtures/fake-feed.js';
import { samplePlan } from './fixtures/sample-plan.js';
import { playScene } from './fixtures/scenes.js';
import { FakeTerminal, keys } from './fixtures/terminal.js';

const person = (name: string, role?: string) => ({
  kind: 'person',
  name,
  ...(role === undefined ? {} : { role }),
});
const ana = person('Ana Reyes', 'incident-commander');
const ben = person('Ben Cruz', 'database-lead');
const chie = person('Chie Mori', 'communications-lead');

let screen: FakeTerminal;
const open = (scene: string, columns = 80, rows = 24): FakeRun => {
  const run = playScene(new FakeRun(samplePlan), scene);
  screen = new FakeTerminal(columns, rows).show(run);
  return run;
};
afterEach(async () => {
  await screen.close();
});

/** The keys reach a run that admits or refuses as a real one does; what it admits closes the question. */
const accepted = async (run: FakeRun): Promise<void> => {
  await screen.until(() => run.inputs.length > 0 && run.entries().at(-1)?.type === 'prompt-answered');
};

describe('every kind of question can be answered by keyboard alone', () => {
  test.each([
    [80, 24],
    [200, 60],
    [40, 10],
  ])('a form, at %dx%d', async (columns, rows) => {
    const run = open('ask', columns, rows);
    await screen.until('How severe is it?');
    screen.press('2', keys.enter);
    await screen.until('Who is affected');
    screen.press(
      'anybody who boooks',
      keys.left,
      keys.left,
      keys.left,
      keys.backspace,
      keys.end,
      '!',
      keys.enter,
    );
    await screen.until('How many users?');
    screen.press('4', '2', keys.enter);
    await screen.until('Since when?');
    screen.press('00:58', keys.enter);
    await screen.until('Tell the public?');
    screen.press(keys.down, keys.down, keys.enter);
    await screen.until('Enter sends this answer');
    expect(run.inputs).toEqual([]);
    screen.press(keys.enter);
    await accepted(run);
    expect(run.inputs).toEqual([
      {
        kind: 'answer',
        prompt: 'p-ask-declare',
        answer: {
          severity: 'P1',
          users: 'anybody who books!',
          count: 42,
          since: '2027-01-17T00:58:00.000Z',
          public: false,
        },
        by: ana,
      },
    ]);
  });

  test('a decision: the suggestion is marked, Enter alone decides nothing', async () => {
    const run = open('decide');
    await screen.until('3 Restore the whole database  suggested');
    screen.press(keys.enter);
    await screen.until('nothing is chosen yet');
    expect(run.inputs).toEqual([]);
    screen.press('3');
    await screen.until('› 3 Restore the whole database');
    screen.press(keys.up, keys.down, keys.enter);
    await accepted(run);
    expect(run.inputs).toEqual([
      { kind: 'answer', prompt: 'p-decide-way-back', answer: { option: 'whole' }, by: ana },
    ]);
  });

  test('tasks side by side: done here, cannot with a reason there, Tab between them', async () => {
    const run = open('instruct-two');
    await screen.until('question 1 of 2');
    screen.press(keys.tab);
    await screen.until('Disable the scheduler.');
    screen.press('c');
    await screen.until('2/2 Why');
    screen.press(keys.enter);
    await screen.until('nothing typed yet');
    screen.press('no access', keys.enter);
    await screen.until(() => run.inputs.length === 1);
    await screen.until(
      (text) => text.includes('Do and report: Stop the application') && !text.includes('question 1'),
    );
    screen.press('d');
    await screen.until(() => run.inputs.length === 2);
    expect(run.inputs).toEqual([
      {
        kind: 'answer',
        prompt: 'p-instruct-stop-jobs',
        answer: { done: false },
        reason: 'no access',
        by: chie,
      },
      { kind: 'answer', prompt: 'p-instruct-stop-application', answer: { done: true }, by: ben },
    ]);
  });

  test('an approval: by one who may, yes in full', async () => {
    const run = open('approve');
    await screen.until('not possible: carries the step out');
    screen.press('2', keys.enter);
    await screen.until('Database lead (Ben Cruz): carries the step out');
    screen.press('1', keys.enter);
    await screen.until('Approve? Type yes or no');
    screen.press('y', keys.enter);
    await screen.until('"y" is not "yes" or "no"');
    screen.press('es', keys.enter);
    await accepted(run);
    expect(run.inputs).toEqual([
      { kind: 'answer', prompt: 'p-approve-restore', answer: { approve: true }, by: ana },
    ]);
  });

  test('a refusal and a broken glass both need a reason', async () => {
    const run = open('approve');
    await screen.until('Who are you?');
    screen.press('1', keys.enter, 'no', keys.enter);
    await screen.until('Why not');
    screen.press(keys.shiftTab);
    await screen.until('Approve? Type yes or no');
    screen.press(keys.shiftTab);
    await screen.until('Who are you?');
    screen.press('3', keys.enter);
    await screen.until('Go on alone? Type yes or no');
    expect(screen.text()).not.toContain('Why');
    screen.press('yes', keys.enter);
    await screen.until('Why alone');
    screen.press('nobody else can be reached', keys.enter);
    await screen.until(() => run.inputs.length === 1);
    expect(run.inputs).toEqual([
      {
        kind: 'answer',
        prompt: 'p-approve-restore',
        answer: { breakGlass: true },
        reason: 'nobody else can be reached',
        by: ana,
      },
    ]);
  });

  test('a confirmation: the name typed, nothing else will do', async () => {
    const run = open('confirm');
    await screen.until('Type the name lab to go on, or cancel');
    screen.press('l');
    await screen.until('─ Log ─');
    screen.press('l', keys.enter, 'labs', keys.enter);
    await screen.until('"labs" is not "lab"');
    expect(run.inputs).toEqual([]);
    screen.press(keys.backspace, keys.enter);
    await accepted(run);
    expect(run.inputs).toEqual([
      { kind: 'answer', prompt: 'p-confirm-fence', answer: { typed: 'lab' }, by: ben },
    ]);
  });

  test('a failure: retry at once, skip only with a reason', async () => {
    const run = open('failure');
    await screen.until('3 Skip it, with a reason');
    screen.press('3', keys.enter);
    await screen.until('2/2 Why');
    screen.press(keys.paste('known damage,\nwe restore all'), keys.enter);
    await accepted(run);
    expect(run.inputs).toEqual([
      {
        kind: 'answer',
        prompt: 'p-failure-extent',
        answer: { option: 'skip' },
        reason: 'known damage, we restore all',
        by: ben,
      },
    ]);
  });

  test.each([
    ['resume', '1', { option: 'again' }],
    ['nothing-found', '2', { option: 'stop' }],
  ])('%s', async (scene, key, answer) => {
    const run = open(scene);
    await screen.until('choose, then Enter');
    screen.press(key, keys.enter);
    await accepted(run);
    expect(run.inputs).toMatchObject([{ kind: 'answer', answer }]);
  });
});

describe('what a person may do at any time', () => {
  test('note, hold and release, skip with a reason', async () => {
    const run = open('running');
    await screen.until('Nothing to answer');
    screen.press('n');
    await screen.until('Note for the record');
    screen.press('phones are down', keys.enter);
    await screen.until('note     phones are down (ops)');
    screen.press('h');
    await screen.until('Hold: no new step starts');
    screen.press('waiting for Ben', keys.enter);
    await screen.until('HELD');
    screen.press('h');
    await screen.until('released');
    screen.press('s');
    await screen.until('not possible: it is under way');
    screen.press('3', keys.enter);
    await screen.until('2/2 Why');
    screen.press('told by phone', keys.enter);
    await screen.until('skipped  Tell the users: told by phone');
    const by = person('ops');
    expect(run.inputs).toEqual([
      { kind: 'note', text: 'phones are down', by },
      { kind: 'hold', reason: 'waiting for Ben', by },
      { kind: 'release', by },
      { kind: 'skip', step: 'tell-users', reason: 'told by phone', by },
    ]);
  });

  test('who is at the keyboard is recorded from then on', async () => {
    const run = open('running');
    await screen.until('Nothing to answer');
    screen.press('w');
    await screen.until('Chie Mori, Communications lead');
    screen.press('3', keys.enter, 'n', 'here', keys.enter);
    await screen.until(() => run.inputs.length === 1);
    expect(run.inputs).toEqual([{ kind: 'note', text: 'here', by: chie }]);
  });

  test('an undo is typed in full and reaches back to the step that was chosen', async () => {
    const run = open('decide');
    await screen.until('Damaged:');
    screen.press('u');
    await screen.until('back to before "Stop the damaged cluster and put it aside"');
    screen.press('1', keys.enter, 'undo', keys.enter, 'wrong cluster', keys.enter);
    await screen.until(() => run.inputs.length === 1);
    expect(run.inputs).toMatchObject([{ kind: 'undo', steps: ['fence'], reason: 'wrong cluster' }]);
  });

  test('Ctrl-C once asks, Esc takes it back; typed, it stops the run', async () => {
    const run = open('running');
    await screen.until('Nothing to answer');
    screen.press(keys.ctrlC);
    await screen.until('Type stop to stop the run');
    screen.press(keys.escape);
    await screen.until('nothing was done');
    screen.press(keys.ctrlC);
    await screen.until('Type stop to stop the run');
    screen.press('stop', keys.enter, 'the wrong drill', keys.enter);
    await screen.until('STOPPING');
    expect(run.inputs).toMatchObject([{ kind: 'stop', reason: 'the wrong drill' }]);
    expect(screen.calls).toEqual(['first', 'first']);
  });

  test('Ctrl-C twice leaves at once and says so', async () => {
    const run = open('running');
    await screen.until('Nothing to answer');
    screen.press(keys.ctrlC, keys.ctrlC);
    expect(await screen.tui.exited).toEqual({ reason: 'interrupted' });
    expect(screen.calls).toEqual(['first', 'second']);
    expect(run.inputs).toEqual([]);
  });
});

describe('what can go wrong', () => {
  test('wrong keys do nothing and say where help is', async () => {
    const run = open('running');
    await screen.until('Nothing to answer');
    screen.press('z');
    await screen.until('"z" does nothing here; press ? for the keys');
    screen.press(keys.enter);
    await screen.until('nothing is asked right now');
    screen.press(keys.paste('rm -rf /\n'));
    await screen.until('the pasted text was dropped');
    expect(run.inputs).toEqual([]);
  });

  test('a refusal of the run is shown, and what was typed is kept', async () => {
    const run = open('confirm');
    run.reply = () => ({ accepted: false, why: 'the lease is lost', hint: 'Wait a moment.' });
    await screen.until('press Enter to type');
    screen.press(keys.enter, 'lab', keys.enter);
    await screen.until('not accepted: the lease is lost; Wait a moment.');
    expect(screen.text()).toContain('3/26');
  });

  test('a submit that breaks is shown as not accepted', async () => {
    const run = open('instruct-two');
    run.reply = () => Promise.reject(new Error('disk full'));
    await screen.until('question 1 of 2');
    screen.press('d');
    await screen.until('not accepted: disk full');
  });

  test('a question withdrawn while somebody types swallows the keys that were meant for it', async () => {
    const run = open('confirm');
    await screen.until('press Enter to type');
    screen.press(keys.enter, 'la');
    await screen.until('2/26');
    run.record({ type: 'prompt-withdrawn', data: { prompt: 'p-confirm-fence', because: 'the run stops' } });
    await screen.until('closed while you were typing');
    screen.press('qns');
    await screen.until('press Esc to go on');
    screen.press(keys.escape);
    await screen.until('Nothing to answer');
    expect(run.inputs).toEqual([]);
  });

  test('a line that is full takes no more, and the limit is in sight', async () => {
    open('ask');
    await screen.until('How severe');
    screen.press('1', keys.enter);
    await screen.until('0/60');
    screen.press(keys.paste('x'.repeat(59)), '日', 'y');
    await screen.until('at most 60 characters fit');
    expect(screen.text()).toContain('60/60');
  });

  test('typed text that is wider than the screen follows the cursor', async () => {
    open('ask', 40, 12);
    await screen.until('How severe');
    screen.press('1', keys.enter);
    await screen.until('0/60');
    screen.press('日本語'.repeat(15), 'END');
    await screen.until('END');
    screen.press(keys.home, '首');
    await screen.until('首日本語');
  });
});
