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

describe('what the screen always shows, plain tells', () => {
  const told = (scene: string) => plain(playScene(new FakeRun(samplePlan), scene)).text();

  test('everybody of the run and how to reach them, before anything happens', () => {
    const text = told('opening');
    expect(text).toContain(
      '\n                   Database lead: Ben Cruz, +63 917 555 0102, ben@example.org\n',
    );
    expect(text).toContain('Observer: Dana Lim, dana@example.org\n');
  });

  test('who owns each step, the engine where nobody does', () => {
    expect(told('running')).toContain('start     Find the damaged relations (Database lead (Ben Cruz)): ');
    const run = playScene(new FakeRun(samplePlan), 'accepting');
    expect(plain(run.start('backup')).text()).toContain('start     Take a fresh base backup (engine)');
  });

  test('whose turn it is, anybody’s where nobody is named, and until when', () => {
    expect(told('ask')).toContain(
      'Fill in for Incident commander (Ana Reyes), within 5m 00s, Declare the incident',
    );
    expect(told('nothing-found')).toContain('go on or stop for anybody');
  });

  test('what is due, by when and by whom, as soon as its clock runs', () => {
    expect(told('instruct-two')).toMatch(
      /due by \d\d:\d\d:\d\dZ: Tell the users \(Communications lead \(Chie Mori\)\)/u,
    );
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

  test('clocks, owner, turn, people and steps can be asked for at any time, and change nothing', async () => {
    const { inputs, said } = await type('ask', ['now', 'people', 'steps']);
    expect(inputs).toEqual([]);
    for (const line of [
      /^DRILL: Database corruption, on lab, head \w+$/mu,
      /^recovery: \d:\d\d:\d\d of 4:00:00, left 3:\d\d:\d\d, forecast .+$/mu,
      /^phase: Assessment, \d:\d\d:\d\d of 0:15:00$/mu,
      /^data loss: not measured yet, 1240 writes acknowledged, failing for 0:00:45, RPO 1:00:00$/mu,
      /^now: Declare the incident, .+, Incident commander \(Ana Reyes\)$/mu,
      /^turn: Incident commander \(Ana Reyes\), Declare the incident, waiting 0:00:09 of 0:05:00$/mu,
      /^Communications lead: Chie Mori, chie@example.org$/mu,
      /^Assessment: active$/mu,
      /^ {4}succeeded @extent Find the damaged relations \(Database lead \(Ben Cruz\)\)$/mu,
    ])
      expect(said).toMatch(line);
    // Ways that nobody chose are not told as if they were to come.
    expect(said).not.toContain('@reindex');
  });

  test('who is at the keyboard is said once, and signs from then on', async () => {
    const { inputs, said } = await type('failure', [
      'i-am nobody',
      'i-am communications-lead',
      'note here',
      'retry',
    ]);
    expect(said).toContain('there is no role nobody; the roles are incident-commander, database-lead');
    expect(said).toContain('from now on you are Communications lead (Chie Mori)');
    const chie = by('Chie Mori', 'communications-lead');
    expect(inputs).toMatchObject([
      { kind: 'note', by: chie },
      { kind: 'answer', by: chie },
    ]);
  });

  test('an undo names its step and a reason, and means what ran after it, too', async () => {
    const { inputs, said } = await type('decide', ['undo', 'undo @fence', 'undo @fence wrong cluster']);
    expect(said).toContain('undo needs @<step> and a reason');
    expect(inputs).toMatchObject([{ kind: 'undo', steps: ['fence'], reason: 'wrong cluster' }]);
  });

  test('a name to be confirmed is an answer, even where it is one of these words', async () => {
    const run = playScene(new FakeRun(samplePlan), 'accepting');
    run.prompt('confirm', 'restore', { options: ['people'], text: 'This replaces the database people.' });
    const input = new PassThrough();
    let said = '';
    answerFromLines(run, input, (text) => (said += text), { kind: 'person', name: 'ops' });
    input.end('people\n');
    await new Promise((resolve) => input.once('close', resolve));
    await new Promise(setImmediate);
    expect(said).not.toContain('Ana Reyes');
    expect(run.inputs[0]).toMatchObject({ kind: 'answer', answer: { typed: 'people' } });
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
