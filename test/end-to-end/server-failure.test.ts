import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeProgramme, nothingLeft, type Programme } from './support/programme.js';
import { recompute } from './support/recompute.js';
import { entriesOf, readEntries, readReport, type RawEntry } from './support/record.js';
import { expectExit, type Ended } from './support/run-program.js';

const drill = 'drills/server-failure.yaml';
const runbook = 'runbooks/server-failure.yaml';

/** Short waits; what is waited for stays the same. */
function makeQuick(): Programme {
  const programme = makeProgramme();
  programme.edit(drill, 'delay: 5s', 'delay: 500ms');
  programme.edit(runbook, 'hold: 5s', 'hold: 2s');
  programme.edit(runbook, 'wait: {until: acceptance, every: 1s}', 'wait: {until: acceptance, every: 250ms}');
  return programme;
}

const follow = (programme: Programme) => programme.run('drill', drill, '--unattended', '--view', 'plain');

describe('the drill of a lost server, unattended', () => {
  let programme: Programme;
  let ended: Ended;
  let record: string;
  let entries: RawEntry[];
  beforeAll(async () => {
    programme = makeQuick();
    ended = await follow(programme);
    record = programme.record();
    entries = readEntries(record);
  });
  afterAll(() => programme.remove());

  const only = (type: string, data: Record<string, unknown> = {}) => {
    const found = entriesOf(record, type, data);
    expect(found, `entries of type ${type}`).toHaveLength(1);
    return found[0]!;
  };
  const outputs = (step: string) => only('step-succeeded', { step }).data['outputs'] as Outputs;

  it('is met, rated S, sealed, intact, and leaves nothing behind', async () => {
    expectExit(ended, 0);
    const { outcome, score } = readReport(record).assessment;
    expect(outcome).toMatchObject({ status: 'completed', verdict: 'met' });
    expect(score.caps.map((cap) => cap.id)).toEqual(['CF-10']);
    expect(score.band).toBe('S');
    expect(programme.leftovers()).toEqual(nothingLeft);
    expectExit(await programme.run('audit', record), 0);
  });

  it('was a real loss: processes and files gone, a write failed, and the sentinel saw it before the runbook', () => {
    const { groundTruth, proof } = only('fault-injected').data as unknown as Injected;
    expect(groundTruth.killed.length).toBeGreaterThan(5);
    expect(groundTruth.folders[0]).toBe(groundTruth.dataDirectory);
    expect(groundTruth.application.folder).toContain('/hosts/application-');
    expect(proof.message).toMatch(/^cannot connect to/);
    expect(proof.firstFailedWriteAt >= groundTruth.at).toBe(true);
    expect(only('clock-marked', { point: 'disruption' }).data['at']).toBe(groundTruth.at);
    const seen = entries.find((one) => one.type === 'observed' && one.data['state'] === 'failing')!;
    expect(seen.seq).toBeLessThan(only('detection-evaluated').seq);
    const signs = only('detection-evaluated').data['signs'] as readonly Sign[];
    expect(signs.filter((sign) => sign.seen === true).map((sign) => sign.id)).toEqual([
      'failed-writes',
      'no-answer',
      'files-gone',
      'application-down',
    ]);
  });

  it('recovered onto another place, another port and another host', () => {
    const { groundTruth } = only('fault-injected').data as unknown as Injected;
    const made = outputs('provision')['made'] as readonly string[];
    expect(made.join('\n')).toMatch(/replacement-[0-9a-f]+\/data[^]*hosts\/application-[0-9a-f]+$/);
    expect(made.join('\n')).not.toContain(groundTruth.application.folder);
    expect(outputs('restore')).toMatchObject({ timeline: 2 });
    const { port } = only('environment-opened').data['values'] as { port: number };
    expect(outputs('switch-traffic')).toMatchObject({ ok: true });
    expect(outputs('switch-traffic')['port']).not.toBe(port);
    expect(Number(outputs('test-write')['id'])).toBeGreaterThan(0);
  });

  it('reports the recovery time and loss that an independent reading of the record gives', () => {
    const own = recompute(record);
    const { recoveryTime, loss } = readReport(record).assessment.measures;
    expect(own.acknowledged).toBeGreaterThan(5);
    expect(loss).toMatchObject({ acknowledged: own.acknowledged, missing: own.lost });
    // Streamed without synchronous commit: at most what was under way in the last moment may be gone.
    expect(own.lost.length).toBeLessThanOrEqual(2);
    expect(Math.abs(recoveryTime.durationMs.value! - own.recoveryMs)).toBeLessThanOrEqual(5);
    expect(clientOutageMs(record)).toBeLessThanOrEqual(own.recoveryMs + 1000);
  });

  it('says both losses, where each comes from, and what the stream had promised', () => {
    const { lookedAt } = outputs('server') as { lookedAt: string };
    const { acknowledged, lost, lostWithout, how } = outputs('count-loss');
    const before = commitsOf(record).filter((one) => one.at <= lookedAt);
    const { lost: missing } = recompute(record);
    expect(acknowledged).toBe(before.length);
    expect(lost).toBe(before.filter((one) => missing.includes(one.id)).length);
    // The sentinel began after the backup was taken: without the stream nothing it saw would be there.
    expect(lostWithout).toBe(before.length);
    expect(how).toBe('measured');
    const report = readFileSync(join(record, 'report.md'), 'utf8');
    expect(report).toMatch(new RegExp(`With the stream of the log \\| ${String(lost)} of ${before.length} `));
    expect(report).toMatch(
      new RegExp(`Without it, from the backup alone \\| ${before.length} of ${before.length} `),
    );
    expect(report).toMatch(/What the stream promised \| the server waited for nobody/);
  });

  it('told each audience what it had to know, the loss at the end', () => {
    const sent = entriesOf(record, 'message-sent');
    expect(sent.map((one) => [one.data['message'], one.data['unfilled']])).toEqual(
      ['internal-initial', 'customers-initial', 'management-initial', 'internal-restored']
        .concat('customers-resolved', 'management-closed')
        .map((id) => [id, []]),
    );
    const texts = readdirSync(join(record, 'evidence')).map((name) =>
      readFileSync(join(record, 'evidence', name), 'utf8'),
    );
    expect(texts.some((text) => text.includes('Without it, from backup'))).toBe(true);
  });
});

describe('a lost server whose recovery steps do nothing', () => {
  it('is not met: the acceptance checks decide', async () => {
    const programme = makeQuick();
    try {
      programme.edit(runbook, /timeout: 20m\n {8}onFailure: ask/, 'timeout: 4s\n        onFailure: ask');
      // Waiting for an answer that cannot come would only take longer.
      programme.edit(
        runbook,
        /timeout: 15m\n {8}onFailure: ask/,
        'timeout: 2s\n        onFailure: continue\n        because: of the test',
      );
      programme.edit(runbook, /( +)- id: test-write\n[^]*?(?= +- id: verified)/, '');
      for (const action of ['postgres.restore', 'service.deploy', 'service.start', 'traffic.switch'])
        makeNoOp(programme, action);
      const ended = await follow(programme);
      if (ended.code !== 1) expectExit(ended, 4);
      const record = programme.record();
      expect(ended.stderr).not.toContain('a bug in firedrill');
      for (const step of ['restore', 'deploy', 'start-application', 'switch-traffic'])
        expect(entriesOf(record, 'step-succeeded', { step })).toHaveLength(1);
      expect(entriesOf(record, 'step-succeeded', { step: 'verified' })).toEqual([]);
      expect(entriesOf(record, 'acceptance-probed').filter((one) => one.data['green'])).toEqual([]);
      const { outcome, score, measures } = readReport(record).assessment;
      expect(outcome.verdict).not.toBe('met');
      expect(['U', 'NOT RATED']).toContain(score.band);
      expect(measures.recoveryTime.durationMs.value).toBeNull();
      // Obligations that cannot be met are not called met.
      for (const step of ['protect', 'new-backup'])
        expect(entriesOf(record, 'step-succeeded', { step })).toEqual([]);
      expect(programme.leftovers()).toEqual(nothingLeft);
    } finally {
      await programme.remove();
    }
  });
});

describe('the runbook of a lost server where nothing is broken', () => {
  it('finds nothing wrong and changes nothing', async () => {
    const programme = makeQuick();
    try {
      programme.edit(drill, /^faults:\n.*\n/m, 'faults: []\n');
      const ended = await follow(programme);
      expectExit(ended, 1);
      const record = programme.record();
      expect(ended.stdout).toContain('detection found nothing wrong');
      const signs = entriesOf(record, 'detection-evaluated')[0]!.data['signs'] as readonly Sign[];
      expect(signs.map((sign) => [sign.id, sign.seen])).toEqual([
        ['failed-writes', false],
        ['no-answer', false],
        ['files-gone', false],
        ['application-down', false],
        ['console', null],
      ]);
      expect(entriesOf(record, 'phase-entered').map((one) => one.data['stage'])).not.toContain('response');
      expect(entriesOf(record, 'run-ended')[0]!.data).toMatchObject({ verdict: 'inconclusive' });
      expect(programme.leftovers()).toEqual(nothingLeft);
    } finally {
      await programme.remove();
    }
  });
});

type Outputs = Record<string, unknown>;

interface Sign {
  readonly id: string;
  readonly seen: boolean | null;
}

interface Injected {
  readonly groundTruth: {
    readonly at: string;
    readonly dataDirectory: string;
    readonly killed: readonly number[];
    readonly folders: readonly string[];
    readonly application: { readonly folder: string };
  };
  readonly proof: { readonly message: string; readonly firstFailedWriteAt: string };
}

interface LedgerLine {
  readonly kind: string;
  readonly at: string;
  readonly id: number;
  readonly what?: string;
  readonly state?: string;
}

function ledgerOf(record: string): LedgerLine[] {
  const lines = readFileSync(join(record, 'ledger.jsonl'), 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as LedgerLine);
}

const commitsOf = (record: string) => ledgerOf(record).filter((line) => line.kind === 'commit');

/** How long a client could not write, from the ledger alone. */
function clientOutageMs(record: string): number {
  const states = ledgerOf(record).filter((line) => line.what === 'write');
  const from = states.find((line) => line.state === 'failing')!;
  const until = states.find((line) => line.state === 'ok' && line.at > from.at)!;
  return Date.parse(until.at) - Date.parse(from.at);
}

/** The steps with this action stay, by name and role; what they do becomes nothing, and nothing checks it. */
function makeNoOp(programme: Programme, action: string): void {
  const text = programme.read(runbook);
  const step = new RegExp(
    `( +)uses: ${action.replace('.', '\\.')}\n(?: +with: .*\n)?([^]*?)(?=\n +- id: |\n\n)`,
  );
  const changed = text.replace(step, (_all, indent: string, rest: string) => {
    const saves = /( +saves: \{)(.*)\}/;
    const kept = rest
      .replace(/\n? +check: .*/g, '')
      .replace(saves, (_, key: string, names: string) => `${key}${names.replace(/: \w+/g, ': lastLine')}}`);
    return `${indent}uses: shell.run\n${indent}with: {command: ["true"]}\n${kept}`;
  });
  if (changed === text) throw new Error(`no step uses ${action}`);
  programme.write(runbook, changed);
}
