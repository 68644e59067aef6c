import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { makeProgramme, nothingLeft, shippedDrill, type Programme } from './support/programme.js';
import { entriesOf, readReport } from './support/record.js';
import { expectExit } from './support/run-program.js';
import { until } from './support/sleep.js';

let programme: Programme;
afterEach(() => programme.remove());

describe('a run on plain lines that a person answers', () => {
  it('asks the person for everything, believes nobody else, and is met', async () => {
    programme = makeProgramme();
    const engine = programme.start('drill', shippedDrill, '--view', 'plain');
    const refusals = () => engine.stdout().split(/^not (?:understood|accepted): /m).length - 1;
    const typeWrong = async (line: string) => {
      const before = refusals();
      engine.type(line);
      await until(`a refusal of "${line}"`, () => refusals() > before);
    };
    const asked = async (step: string) => {
      const opened = await programme.entry('prompt-opened', { step });
      // A person answers what stands on the screen, and that comes after what stands in the record.
      const questions = () => entriesOf(programme.record(), 'prompt-opened').length;
      await until(
        'the question on the screen',
        () => engine.stdout().split(' WAITING ').length > questions(),
      );
      return opened;
    };
    const answer = async (step: string, ...lines: string[]) => {
      const { data } = await asked(step);
      for (const line of lines) engine.type(line);
      await programme.entry('prompt-answered', { prompt: data['prompt'] });
    };
    for (const step of ['before-aim', 'before-people', 'before-stop']) await answer(step, 'done');
    await asked('declare');
    await typeWrong('severity: P9');
    await typeWrong('everything is broken');
    await answer('declare', 'severity: P0', 'users: everybody who books a ride');
    engine.type('note the first error was seen by a customer');
    await programme.entry('note-taken');
    await asked('way-back');
    await typeWrong('hope');
    await answer('way-back', 'whole');
    await asked('restore');
    await typeWrong('yes database-lead');
    await typeWrong('break-glass incident-commander');
    expect(entriesOf(programme.record(), 'step-started', { step: 'restore' })).toEqual([]);
    await answer('restore', 'yes incident-commander');
    for (const step of ['hand-over', 'after-notes', 'after-actions']) await answer(step, 'done');
    const ended = await engine.ended;
    expectExit(ended, 0);

    const record = programme.record();
    const answers = entriesOf(record, 'prompt-answered');
    expect(new Set(answers.map(({ actor }) => actor.kind))).toEqual(new Set(['person']));
    expect(entriesOf(record, 'clock-marked', { point: 'declared' })[0]!.data['by']).toBe('person');
    const { outcome, score } = readReport(record).assessment;
    expect(outcome).toMatchObject({ status: 'completed', verdict: 'met' });
    expect(score.band).not.toBe('NOT RATED');
    expect(ended.stdout).not.toContain('scripted operator');
    expect(readFileSync(join(record, 'report.json'), 'utf8')).toContain(
      'the first error was seen by a customer',
    );
    expect(programme.leftovers()).toEqual(nothingLeft);
    expectExit(await programme.run('audit', record), 0);
  });

  it('takes the end of input for no answer at all', async () => {
    programme = makeProgramme();
    const engine = programme.start('drill', shippedDrill, '--view', 'plain');
    engine.endInput();
    const asked = await programme.entry('prompt-opened', { step: 'before-aim' });
    // The run is alive and waits: the sentinel's first observations arrive after the question.
    await programme.entry('observed', { what: 'write', state: 'ok' });
    expect(entriesOf(programme.record(), 'prompt-answered')).toEqual([]);
    expect(engine.hasEnded()).toBe(false);
    engine.signal('SIGTERM');
    expectExit(await engine.ended, 143);
    expect(entriesOf(programme.record(), 'prompt-withdrawn', { prompt: asked.data['prompt'] })).toHaveLength(
      1,
    );
    expect(entriesOf(programme.record(), 'prompt-answered')).toEqual([]);
    expect(programme.leftovers()).toEqual(nothingLeft);
  });
});
