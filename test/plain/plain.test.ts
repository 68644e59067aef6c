import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { answerFromLines, showJson, showPlain } from '../../src/plain/index.js';
import { FakeRun } from '../tui/fixtures/fake-feed.js';
import { samplePlan } from '../tui/fixtures/sample-plan.js';
import { playScene, scenes } from '../tui/fixtures/scenes.js';

const plain = (run: FakeRun, options = { colour: false }) => {
  let text = '';
  const stop = showPlain(run, (more) => (text += more), options);
  return { text: () => text, stop };
};

describe('plain text', () => {
  test('one timestamped line an event, what was there before and what comes, once each', () => {
    const run = playScene(new FakeRun(samplePlan), 'running');
    const view = plain(run);
    run.succeed('extent');
    const lines = view
      .text()
      .split('\n')
      .filter((line) => /^\d\d:\d\d:\d\dZ /u.test(line));
    expect(lines).toHaveLength(run.entries().length);
    expect(lines.at(-1)).toBe('01:00:50Z done      Find the damaged relations in 42.0s');
    expect(view.text()).toContain('this is 2027-01-17');
    view.stop();
    run.record({ type: 'note-taken', data: { text: 'unheard' } });
    expect(view.text()).not.toContain('unheard');
    expect(run.subscribers).toBe(0);
  });

  test('the output of a step is told only when it fails, without control sequences', () => {
    const run = playScene(new FakeRun(samplePlan), 'running');
    const view = plain(run);
    expect(view.text()).not.toContain('block 12 is damaged');
    run.fail('extent', 'exit code 2');
    expect(view.text()).toContain('| bookings: block 12 is damaged\n');
    expect(view.text()).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/u);
  });

  test.each([
    ['ask', 'type: severity: <How severe is it?; P0 | P1 | P2 | P3>'],
    ['decide', 'type: whole   (Restore the whole database, suggested)'],
    ['instruct-two', 'type: cannot <reason>'],
    ['approve', 'type: yes incident-commander   (approves as Incident commander (Ana Reyes))'],
    ['confirm', 'type: lab'],
    ['failure', 'type: skip <reason>'],
    ['resume', 'type: again'],
    ['nothing-found', 'type: go-on'],
  ])('an open question says what may be typed: %s', (scene, wanted) => {
    expect(plain(playScene(new FakeRun(samplePlan), scene)).text()).toContain(wanted);
  });

  test('an unattended run tells nobody to type', () => {
    expect(plain(playScene(new FakeRun({ ...samplePlan, unattended: true }), 'ask')).text()).not.toContain(
      'type:',
    );
  });

  test('after a resume only what is new, and colour only where it is wanted', () => {
    const run = playScene(new FakeRun(samplePlan), 'ended');
    let text = '';
    showPlain(run, (more) => (text += more), { colour: true, afterSeq: run.entries().length - 1 });
    expect(text.trim().split('\n')).toHaveLength(1);
    expect(text).toContain('\u001b[32mEND');
  });
});

test('JSON tells the same story, one object a line', () => {
  for (const scene of scenes) {
    const run = playScene(new FakeRun(samplePlan), scene);
    let json = '';
    showJson(run, (more) => (json += more));
    const told = plain(run).text();
    const objects = json
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { v: number; seq: number; text: string });
    expect(objects.map(({ v, seq }) => [v, seq])).toEqual(run.entries().map(({ seq }) => [1, seq]));
    for (const { text } of objects) expect(told).toContain(text);
  }
});

describe('answers typed as lines', () => {
  const type = async (scene: string, lines: string[]) => {
    const run = playScene(new FakeRun(samplePlan), scene);
    const input = new PassThrough();
    let said = '';
    const stop = answerFromLines(run, input, (text) => (said += text), { kind: 'person', name: 'ops' });
    const read = new Promise((resolve) => input.once('close', resolve));
    input.end(lines.map((line) => `${line}\n`).join(''));
    await read;
    await new Promise(setImmediate);
    stop();
    return { run, said, inputs: run.inputs };
  };
  const by = (name: string, role: string) => ({ kind: 'person', name, role });

  test('a form, field by field; a wrong value is said and changes nothing', async () => {
    const { inputs, said } = await type('ask', [
      'severity: P9',
      'severity: P1',
      'users: all of them',
      'count: 42',
      'nobody: 1',
      'since: 00:58',
      'public: no',
    ]);
    expect(said).toContain('not understood: How severe is it?: not one of P0, P1, P2, P3');
    expect(said).toContain('there is no field nobody');
    expect(inputs).toEqual([
      {
        kind: 'answer',
        prompt: 'p-ask-declare',
        answer: {
          severity: 'P1',
          users: 'all of them',
          count: 42,
          since: '2027-01-17T00:58:00.000Z',
          public: false,
        },
        by: by('Ana Reyes', 'incident-commander'),
      },
    ]);
  });

  test.each([
    ['decide', 'whole', { answer: { option: 'whole' }, by: by('Ana Reyes', 'incident-commander') }],
    [
      'failure',
      'skip nothing to find',
      { answer: { option: 'skip' }, reason: 'nothing to find', by: by('Ben Cruz', 'database-lead') },
    ],
    ['failure', 'retry', { answer: { option: 'retry' } }],
    ['confirm', 'lab', { answer: { typed: 'lab' } }],
    [
      'approve',
      'yes incident-commander',
      { answer: { approve: true }, by: by('Ana Reyes', 'incident-commander') },
    ],
    ['approve', 'no incident-commander too early', { answer: { approve: false }, reason: 'too early' }],
    [
      'approve',
      'break-glass incident-commander nobody else',
      { answer: { breakGlass: true }, reason: 'nobody else' },
    ],
    ['resume', 'done', { answer: { option: 'done' } }],
    ['nothing-found', 'stop', { answer: { option: 'stop' } }],
    [
      'instruct-two',
      'cannot no access',
      { answer: { done: false }, reason: 'no access', by: by('Ben Cruz', 'database-lead') },
    ],
    [
      'instruct-two',
      '@stop-jobs done',
      { answer: { done: true }, by: by('Chie Mori', 'communications-lead') },
    ],
  ])('%s: %s', async (scene, line, wanted) => {
    const { inputs } = await type(scene, [line]);
    expect(inputs).toHaveLength(1);
    expect(inputs[0]).toMatchObject({ kind: 'answer', ...wanted });
  });

  test.each([
    ['instruct-two', 'cannot'],
    ['instruct-two', 'yes'],
    ['instruct-two', ''],
    ['failure', 'skip'],
    ['confirm', 'labs'],
    ['approve', 'yes'],
    ['approve', 'yes database-lead'],
    ['approve', 'y incident-commander'],
    ['decide', '3'],
    ['decide', 'WHOLE'],
  ])('%s is not answered by "%s"', async (scene, line) => {
    expect((await type(scene, [line])).inputs).toEqual([]);
  });

  test.each(scenes)('the end of input answers nothing: %s', async (scene) => {
    const { inputs, run } = await type(scene, []);
    expect(inputs).toEqual([]);
    expect(
      Object.values(run.state().prompts).filter((prompt) => !prompt.closed && prompt.answer !== null),
    ).toEqual([]);
  });

  test('orders at any time, help, and a refusal with its reason', async () => {
    const { inputs, said } = await type('running', [
      'note phones are down',
      'hold',
      'hold wait for Ben',
      'hold again',
      'release',
      'skip @tell-users by phone',
      'help',
      'stop wrong drill',
      'done',
    ]);
    expect(inputs.map((input) => input.kind)).toEqual(['note', 'hold', 'hold', 'release', 'skip', 'stop']);
    expect(said).toContain('hold needs a reason');
    expect(said).toContain('not accepted: the run is held already; Release it first.');
    expect(said).toContain('no question is open');
    expect(said).toContain('at any time: note <text>');
  });
});
