import { afterEach, describe, expect, it } from 'vitest';
import {
  makeProgramme,
  nothingLeft,
  shippedDrill,
  shippedRunbook,
  type Programme,
} from './support/programme.js';
import { entriesOf, readReport } from './support/record.js';
import { expectExit } from './support/run-program.js';

let programme: Programme;
afterEach(() => programme.remove());

const drill = () => programme.run('drill', shippedDrill, '--unattended', '--view', 'plain');

describe('a recovery in which every step says "done" and does nothing', () => {
  it('is not met: nobody believes the steps, the acceptance checks decide', async () => {
    programme = makeProgramme();
    programme.edit(
      shippedRunbook,
      'timeout: 15m\n        onFailure: ask',
      'timeout: 5s\n        onFailure: ask',
    );
    for (const [step, action] of [
      ['set-aside', 'postgres.set-aside'],
      ['restore', 'postgres.restore'],
      ['switch-traffic', 'traffic.switch'],
    ])
      makeNoOp(step!, action!);
    const ended = await drill();
    if (ended.code !== 1) expectExit(ended, 4);
    const record = programme.record();
    expect(ended.stderr).not.toContain('a bug in firedrill');
    for (const step of ['set-aside', 'restore', 'switch-traffic'])
      expect(entriesOf(record, 'step-succeeded', { step })).toHaveLength(1);
    expect(entriesOf(record, 'step-succeeded', { step: 'verified' })).toEqual([]);
    expect(entriesOf(record, 'acceptance-probed').filter((one) => one.data['green'])).toEqual([]);
    expect(entriesOf(record, 'clock-marked', { point: 'service-verified' })).toEqual([]);

    const { outcome, score, measures } = readReport(record).assessment;
    expect(outcome.verdict).not.toBe('met');
    expect(['U', 'NOT RATED']).toContain(score.band);
    expect(measures.recoveryTime.durationMs.value).toBeNull();
    expect(ended.stdout).toMatch(/^Recovery time .*not measured/m);
    expect(ended.stdout).not.toMatch(/objectives met|, met:/);
    expect(programme.leftovers()).toEqual(nothingLeft);
    expectExit(await programme.run('audit', record), 0);
  });
});

describe('a drill in which nothing is broken', () => {
  it('finds nothing wrong, does not pretend to recover, and meets nothing', async () => {
    programme = makeProgramme();
    programme.edit(shippedDrill, /^faults:\n.*\n/m, 'faults: []\n');
    const checked = await programme.run('validate', shippedDrill);
    expect(checked.code).toBe(0);
    expect(checked.stdout).toMatch(
      /database-corruption\.yaml:\d+:\d+: warning: a drill in which nothing is broken/,
    );

    const ended = await programme.run('drill', shippedDrill, '--unattended', '--format', 'json');
    const record = programme.record();
    expectExit(ended, 1);
    // One JSON object a line, entry after entry, and at the end the summary.
    const lines = ended.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { seq?: number; kind?: string; data: unknown });
    const numbers = lines.slice(0, -1).map((line) => line.seq);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    expect(lines.at(-1)).toMatchObject({ v: 1, kind: 'summary', data: { exit: 1 } });
    expect(ended.stdout).toContain('detection found nothing wrong');
    for (const sign of entriesOf(record, 'detection-evaluated')[0]!.data['signs'] as {
      seen: boolean | null;
    }[])
      expect(sign.seen).not.toBe(true);
    expect(entriesOf(record, 'phase-entered').map((one) => one.data['stage'])).not.toContain('response');
    expect(entriesOf(record, 'message-sent')).toEqual([]);
    expect(entriesOf(record, 'clock-marked')).toEqual([]);
    expect(entriesOf(record, 'run-ended')[0]!.data).toMatchObject({ verdict: 'inconclusive' });
    expect(readReport(record).assessment.score.band).toBe('NOT RATED');
    expect(programme.leftovers()).toEqual(nothingLeft);
  });
});

/** The step stays, by name and role; what it does becomes nothing, and nothing checks it. */
function makeNoOp(step: string, action: string): void {
  const text = programme.read(shippedRunbook);
  const start = text.indexOf(`- id: ${step}\n`);
  const length = text.slice(start + 1).search(/\n +- id: |\n {8}timeout: 5m\n {8}onTimeout|\n\n/);
  const block = text.slice(start, start + 1 + length);
  const changed = block
    .replace(
      new RegExp(`( +)uses: ${action}(\\n +with: .*)?`),
      '$1uses: shell.run\n$1with: {command: ["true"]}',
    )
    .replace(/\n +check: .*/g, '')
    .replace(
      /( +saves: \{)(.*)\}/,
      (_, key: string, names: string) => `${key}${names.replace(/: \w+/g, ': lastLine')}}`,
    );
  if (changed === block) throw new Error(`step ${step} was not found`);
  programme.write(shippedRunbook, text.slice(0, start) + changed + text.slice(start + 1 + length));
}
