import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { deletionDrill, deletionProgramme, deletionRunbook, type RawLedgerLine } from './support/deletion.js';
import { nothingLeft, type Programme } from './support/programme.js';
import { recompute } from './support/recompute.js';
import { entriesOf, readLines, readReport } from './support/record.js';
import { expectExit } from './support/run-program.js';

let programme: Programme;
afterEach(() => programme.remove());

const drill = () => programme.run('drill', deletionDrill, '--unattended', '--view', 'plain');

describe('a data deletion, otherwise', () => {
  it('is not met when the copying is said to be done and was not', async () => {
    programme = deletionProgramme();
    const text = programme.read(deletionRunbook);
    const start = text.indexOf('                - id: copy-back\n');
    const end = text.indexOf('            whole:\n');
    const step = text
      .slice(start, end)
      .replace(
        /uses: postgres\.copy-back\n +with:\n(?: {20}.*\n)+/,
        'uses: shell.run\n                  with: {command: ["true"]}\n',
      )
      .replace(/ +check:\n +uses: postgres\.is-back\n +with:\n(?: {22}.*\n)+/, '')
      .replace(/ +saves: .*\n/, '');
    expect(step).not.toMatch(/postgres\./);
    programme.write(deletionRunbook, text.slice(0, start) + step + text.slice(end));
    programme.edit(
      deletionRunbook,
      'timeout: 5m\n        onFailure: ask',
      'timeout: 5s\n        onFailure: ask',
    );
    const ended = await drill();
    if (ended.code !== 1) expectExit(ended, 4);
    const record = programme.record();
    expect(entriesOf(record, 'step-succeeded', { step: 'copy-back' })).toHaveLength(1);
    expect(entriesOf(record, 'acceptance-probed').filter((one) => one.data['green'])).toEqual([]);
    const { outcome, score } = readReport(record).assessment;
    expect(outcome.verdict).not.toBe('met');
    expect(['U', 'NOT RATED']).toContain(score.band);
    expect(programme.leftovers()).toEqual(nothingLeft);
  });

  it('finds nothing wrong where nothing was deleted', async () => {
    programme = deletionProgramme();
    programme.edit(deletionDrill, /^faults:\n.*\n/m, 'faults: []\n');
    const ended = await drill();
    expectExit(ended, 1);
    const record = programme.record();
    for (const sign of entriesOf(record, 'detection-evaluated')[0]!.data['signs'] as {
      seen: boolean | null;
    }[])
      expect(sign.seen).not.toBe(true);
    expect(entriesOf(record, 'phase-entered').map((one) => one.data['stage'])).not.toContain('response');
    expect(entriesOf(record, 'run-ended')[0]!.data).toMatchObject({ verdict: 'inconclusive' });
    expect(programme.leftovers()).toEqual(nothingLeft);
  });

  it('restored as a whole loses what was computed and written until it stopped, counted by the observer', async () => {
    programme = deletionProgramme();
    programme.edit(deletionDrill, 'way-back: {option: selective}', 'way-back: {option: whole}');
    const ended = await drill();
    const record = programme.record();
    expectExit(ended, 0);
    const own = recompute(record);
    expect(readReport(record).assessment.measures.loss).toMatchObject({
      acknowledged: own.acknowledged,
      missing: own.lost,
    });
    const outputs = (step: string) =>
      entriesOf(record, 'step-succeeded', { step })[0]!.data['outputs'] as {
        readonly [name: string]: unknown;
      };
    const moment = Date.parse(String(outputs('transaction')['committedAt']));
    const commits = readLines(join(record, 'ledger.jsonl'))
      .map((line) => JSON.parse(line) as RawLedgerLine)
      .filter((line) => line.kind === 'commit');
    const at = new Map(commits.map((one) => [one.id!, Date.parse(one.at)]));
    // Acknowledged just after the harm, a commit may still stand before it in the log.
    const surely = own.lost.filter((id) => at.get(id)! > moment);
    expect(surely).toEqual(own.lost);
    expect(own.lost.length).toBeGreaterThanOrEqual(Number(outputs('whole-loss')['commits']) - 1);
    expect(Number(outputs('whole-loss')['commits'])).toBeGreaterThan(0);
    expect(readFileSync(join(record, 'report.html'), 'utf8')).toContain('(computed from its ledger)');
    expect(entriesOf(record, 'step-succeeded', { step: 'protect' })).toHaveLength(1);
    expect(programme.leftovers()).toEqual(nothingLeft);
  });
});
