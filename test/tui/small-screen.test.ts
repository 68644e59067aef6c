import { describe, expect, test } from 'vitest';
import { FakeRun } from './fixtures/fake-feed.js';
import { samplePlan } from './fixtures/sample-plan.js';
import { playScene } from './fixtures/scenes.js';
import { keys } from './fixtures/terminal.js';
import { useScreens } from './fixtures/use-screens.js';

const { at, show } = useScreens();

/** The sample plan with one text of it replaced. */
const withText = (from: string, to: string) => {
  const text = JSON.stringify(samplePlan);
  expect(text).toContain(JSON.stringify(from));
  return JSON.parse(text.replaceAll(JSON.stringify(from), JSON.stringify(to))) as typeof samplePlan;
};

describe('long texts in a question', () => {
  test('an option longer than a row is read to its end, and that it is suggested is seen', async () => {
    const long =
      'Restore the whole database: the slowest way, right for any damage; loses what the log does not have';
    const { screen } = at(80, 24, 'decide', withText('Restore the whole database', long));
    const text = await screen.until('suggested');
    expect(text).toMatch(/3 Restore the whole database: .* {2}suggested/u);
    expect(text.replace(/\s+/gu, ' ')).toContain('loses what the log does not have');
  });

  test('what was answered is seen beside a question longer than a row', async () => {
    const long =
      'How severe is it? P0: nobody can use it. P1: many cannot. P2: some are hindered. P3: hardly anybody notices.';
    const { screen } = at(80, 24, 'ask', withText('How severe is it?', long));
    expect((await screen.until('hardly anybody')).replace(/\s+/gu, ' ')).toContain(long);
    screen.press('2', keys.enter);
    await screen.until(/How severe is it\? .*…: P1/u);
  });
});

describe('what a question has to show on a small screen', () => {
  test('every short option is in sight, and the field that comes after it', async () => {
    const long =
      'How severe is it? P0: nobody can use the service. P1: many cannot, or data is missing. P2: some are hindered, there is a way around. P3: hardly anybody notices.';
    const { screen } = at(80, 24, 'ask', withText('How severe is it?', long));
    expect(await screen.until('hardly anybody')).toMatch(/1 P0.*2 P1.*3 P2.*4 P3/u);
  });

  test('reasons that do not fit say where they are', async () => {
    const why = 'Which indexes are damaged decides how we come back. '.repeat(12).trim();
    const plan = JSON.parse(JSON.stringify(samplePlan), (_, value: { form?: string } | null) =>
      value?.form === 'decide' ? { ...value, why } : value,
    ) as typeof samplePlan;
    const { screen } = at(80, 24, 'decide', plan);
    await screen.until('More of why and what if not: press i');
    screen.press('i');
    expect((await screen.until('Full text')).replace(/\s+/gu, ' ')).toContain(why.slice(-200));
  });

  test('an approval says what would be done, although nothing of it has begun', async () => {
    const run = playScene(new FakeRun(samplePlan), 'approve');
    run.described = 'Make a new cluster (replacement) from backup 2027-01-17T00:40';
    const terminal = show(run);
    expect((await terminal.until('Does')).replace(/\s+/gu, ' ')).toContain(
      'Does Make a new cluster (replacement) from backup 2027-01-17T00:40',
    );
  });

  test('a role that nobody has can be taken by whoever is at the keyboard', async () => {
    const plan = { ...samplePlan, people: {} };
    const { screen, run } = at(80, 24, 'ask', plan);
    await screen.until('How severe is it?');
    screen.press('p');
    await screen.until('Names and contacts stand under');
    screen.press('p');
    await screen.until('How severe is it?');
    screen.press('w');
    await screen.until(/1 Incident commander, under the name of this account/u);
    screen.press('1', keys.enter);
    screen.press('n');
    await screen.until('Note for the record');
    screen.press('here', keys.enter);
    await screen.until('here');
    expect(run.inputs.at(-1)).toMatchObject({ kind: 'note', by: { role: 'incident-commander' } });
  });
});
