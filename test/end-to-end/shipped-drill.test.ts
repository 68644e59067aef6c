import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeProgramme, nothingLeft, shippedDrill, type Programme } from './support/programme.js';
import { recompute } from './support/recompute.js';
import { entriesOf, readEntries, readReport, type RawEntry } from './support/record.js';
import { expectExit, type Ended } from './support/run-program.js';
import { tamperings } from './support/tamperings.js';

let programme: Programme;
let before: string[];
let planned: Ended;
let afterPlan: string[];
let ended: Ended;
let record: string;
let entries: RawEntry[];

beforeAll(async () => {
  programme = makeProgramme('shipped');
  before = listing(programme.directory);
  planned = await programme.run('plan', shippedDrill);
  afterPlan = listing(programme.directory);
  ended = await programme.run('drill', shippedDrill, '--unattended', '--view', 'plain');
  record = programme.record();
  entries = readEntries(record);
});
afterAll(() => programme.remove());

const listing = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.startsWith('config'))
    .sort();
const only = (type: string, data: Record<string, unknown> = {}) => {
  const found = entriesOf(record, type, data);
  expect(found, `entries of type ${type}`).toHaveLength(1);
  return found[0]!;
};

describe('the plan of the shipped drill', () => {
  it('names every command and statement of the way back that will be taken', () => {
    expect(planned.code).toBe(0);
    for (const said of [
      'write 16 inverted bytes into up to three rows',
      'SELECT sum(checksum_failures)',
      'bt_index_check',
      'postgres.set-aside',
      'postgres.restore',
      'pg_ctl',
      'pg_receivewal',
      'pg_basebackup',
      'traffic.switch',
      'GET <environment.application>/health',
      'INSERT INTO firedrill.canary',
    ])
      expect(planned.stdout).toContain(said);
  });

  it('has an entry for every step of the runbook', () => {
    for (const step of Object.keys(stepIds())) expect(planned.stdout).toMatch(new RegExp(`- ${step}: `));
  });

  it('touches nothing: no file is made', () => {
    expect(afterPlan).toEqual(before);
  });
});

describe('the shipped drill, unattended', () => {
  it('ends with exit code 0 and says the figures at the end', () => {
    expectExit(ended, 0);
    const last = ended.stdout.trimEnd().split('\n').slice(-9).join('\n');
    expect(last).toMatch(/^Recovery time +✓ \d+(\.\d+)?s of 4h 00m 00s \(RTO\)$/m);
    expect(last).toMatch(/^Data loss +✓ 0 of [1-9]\d* acknowledged commits lost/m);
    expect(last).toMatch(
      /^Score +! ([1-7]?\d) S — CF-10: nobody independent took part \(scripted operator\)$/m,
    );
    const report = /^Report +(.*)$/m.exec(last)![1]!;
    expect(existsSync(report)).toBe(true);
    expect(report).toBe(join(record, 'report.html'));
  });

  it('leaves a sealed record and nothing else', () => {
    for (const file of [
      'report.html',
      'report.md',
      'report.json',
      'junit.xml',
      'VERIFY.md',
      'statement.dsse.json',
    ])
      expect(existsSync(join(record, file)), file).toBe(true);
    expect(entries.at(-1)!.type).toBe('run-sealed');
    expect(programme.leftovers()).toEqual(nothingLeft);
  });

  it('is rated S at most, for no independent person took part', () => {
    const { score, outcome } = readReport(record).assessment;
    expect(outcome).toMatchObject({ status: 'completed', verdict: 'met' });
    expect(score.caps.map((cap) => cap.id)).toEqual(['CF-10']);
    expect(score.band).toBe('S');
    expect(score.final).toBeLessThan(80);
  });

  it('reports the very recovery time and loss that an independent reading of the record gives', () => {
    const own = recompute(record);
    const { recoveryTime, loss } = readReport(record).assessment.measures;
    expect(own.acknowledged).toBeGreaterThan(20);
    expect(own.lost).toEqual([]);
    expect(loss).toMatchObject({ acknowledged: own.acknowledged, missing: own.lost, windowMs: { value: 0 } });
    // The program measures within a session by the monotonic clock, this by the wall clock.
    expect(Math.abs(recoveryTime.durationMs.value! - own.recoveryMs)).toBeLessThanOrEqual(5);
    expect(only('survivors-listed').data).toMatchObject({ present: own.survivors, missing: own.lost.length });
    expect(own.survivors).toBe(own.acknowledged - own.lost.length);
  });

  it('chains its journal so that a shell loop can follow it', () => {
    const loop = new URL('support/chain-loop.sh', import.meta.url).pathname;
    const { stdout, status } = spawnSync('sh', [loop, join(record, 'journal.jsonl')], { encoding: 'utf8' });
    expect(stdout.trim()).toMatch(new RegExp(`^${entries.length} lines, head [0-9a-f]{64}$`));
    expect(status).toBe(0);
    expect(readFileSync(join(record, '..', 'register.jsonl'), 'utf8')).toContain(stdout.trim().slice(-64));
  });

  it('found every table with an expectation equal in content, in every round of the acceptance window', () => {
    const rounds = entriesOf(record, 'acceptance-probed');
    expect(rounds.length).toBeGreaterThan(2);
    for (const round of rounds) {
      const checks = round.data['checks'] as Probe[];
      expect(checks.map(({ id, check }) => [id, check.verdict])).toEqual([
        ['writes', 'pass'],
        ['content', 'pass'],
        ['readable', 'pass'],
        ['application', 'pass'],
      ]);
      const file = checks.find(({ id }) => id === 'content')!.check.evidence![0]!.file;
      expect(readFileSync(join(record, file), 'utf8')).toMatch(
        /^pass: \d+ tables, \d+ rows equal in count and content hash/,
      );
    }
  });
});

describe('the disaster', () => {
  it('was real: a read failed after the damage was done, and not before', () => {
    const { groundTruth, proof } = only('fault-injected').data as unknown as Injected;
    expect(proof).toMatchObject({ relation: 'public.bookings', sqlState: 'XX001', unreadablePages: 3 });
    expect(proof.message).toContain('invalid page in block');
    const written = groundTruth.pages.map((page) => page.at).sort();
    expect(proof.firstFailedReadAt >= written[0]!).toBe(true);
    for (const page of groundTruth.pages) {
      expect(page.beforeSha256).not.toBe(page.afterSha256);
      expect(page.failedRead.at >= page.at).toBe(true);
    }
  });

  it('starts the recovery clock at the first damage', () => {
    const { groundTruth } = only('fault-injected').data as unknown as Injected;
    const first = groundTruth.pages.map((page) => page.at).sort()[0];
    expect(only('clock-marked', { point: 'disruption' }).data['at']).toBe(first);
  });

  it('was seen by the sentinel before the runbook found it', () => {
    const seen = entries.find((one) => one.type === 'observed' && one.data['state'] === 'failing')!;
    expect(seen.actor.kind).toBe('sentinel');
    expect(seen.data['detail']).toContain('invalid page');
    expect(seen.seq).toBeLessThan(only('detection-evaluated').seq);
    expect(seen.seq).toBeLessThan(only('step-succeeded', { step: 'extent' }).seq);
    expect(only('clock-marked', { point: 'detected' }).data['by']).toBe('sentinel');
  });
});

describe('the scripted operator', () => {
  it('is never taken for a person', () => {
    expect(entries.filter((entry) => entry.actor.kind === 'person')).toEqual([]);
    const answers = entries.filter((entry) => entry.type === 'prompt-answered');
    expect(answers.length).toBeGreaterThanOrEqual(8);
    expect(answers.every((entry) => entry.actor.kind === 'scripted')).toBe(true);
    expect(only('clock-marked', { point: 'declared' }).data['by']).toBe('scripted');
  });

  it('is named as such wherever the run is told', () => {
    expect(readReport(record).unattended).toBe(true);
    const answersOnScreen = ended.stdout.split('\n').filter((line) => / answer {4}/.test(line));
    expect(answersOnScreen.length).toBeGreaterThanOrEqual(8);
    for (const line of answersOnScreen) expect(line).toContain('by scripted answer');
    expect(ended.stdout).toMatch(/^Operator .*scripted operator/m);
    for (const file of ['report.html', 'report.md'])
      expect(readFileSync(join(record, file), 'utf8')).toMatch(/scripted operator/i);
  });
});

describe('what others make of the record', () => {
  it('audit finds it intact', async () => {
    const audit = await programme.run('audit', record);
    expect(audit).toMatchObject({ code: 0 });
    expect(audit.stdout).toContain('INTACT');
  });

  it('score gives the same score once more', async () => {
    const score = await programme.run('score', programme.runId(), '--explain');
    expect(score).toMatchObject({ code: 0 });
    expect(score.stdout).toContain('same as the sealed score, byte for byte');
    expect(score.stdout).toContain(`score: ${readReport(record).assessment.score.final} S`);
  });

  it('--format json prints nothing but one JSON document', async () => {
    for (const [kind, ...args] of [
      ['audit', 'audit', record],
      ['score', 'score', 'latest'],
      ['runs', 'runs'],
      ['plan', 'plan', shippedDrill],
      ['labs', 'lab', 'status'],
    ]) {
      const { code, stdout } = await programme.run('--format', 'json', ...args);
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ v: 1, kind });
    }
  });

  it('the next plan of the same runbook holds its figures to be compared with', async () => {
    const { stdout } = await programme.run('plan', shippedDrill, '--format', 'json');
    const { data } = JSON.parse(stdout) as { data: { earlier: unknown } };
    const { measures, score } = readReport(record).assessment;
    expect(data.earlier).toMatchObject({
      runId: programme.runId(),
      rtaMs: measures.recoveryTime.durationMs.value,
      lostCommits: 0,
      score: score.final,
      rating: 'S',
    });
  });

  it('resume refuses to touch a sealed run', async () => {
    const { code, stderr } = await programme.run('resume', programme.runId());
    expect(code).toBe(2);
    expect(stderr).toContain('has ended and is sealed');
  });
});

describe('a record that somebody changed', () => {
  it.each(Object.entries(tamperings))(
    '%s: audit ends with 1 and names it',
    async (name, { change, names }) => {
      const copies = join(programme.directory, 'tampered', name.replaceAll(/\W+/g, '-'));
      mkdirSync(copies, { recursive: true });
      const copy = change(record, copies);
      const { code, stdout } = await programme.run('audit', copy, '--format', 'json');
      const { data } = JSON.parse(stdout) as {
        data: { verdict: string; findings: { file?: string; text: string }[] };
      };
      expect(code).toBe(1);
      expect(data.verdict).toBe('tampered');
      expect(data.findings.map((finding) => `${finding.file ?? ''} ${finding.text}`).join('\n')).toMatch(
        names,
      );
    },
  );
});

interface Probe {
  readonly id: string;
  readonly check: { readonly verdict: string; readonly evidence?: readonly { readonly file: string }[] };
}

interface Injected {
  readonly groundTruth: {
    readonly pages: readonly {
      readonly at: string;
      readonly beforeSha256: string;
      readonly afterSha256: string;
      readonly failedRead: { readonly at: string };
    }[];
  };
  readonly proof: { readonly firstFailedReadAt: string; readonly message: string };
}

/** Ids of the steps of the runbook, as its text has them. */
function stepIds(): { readonly [id: string]: true } {
  const text = programme.read('runbooks/database-corruption.yaml');
  const steps = text.slice(text.indexOf('\nphases:')).matchAll(/^ +- id: ([a-z-]+)\n +title: .*\n +why: /gm);
  return Object.fromEntries([...steps].map(([, id = '']) => [id, true]));
}
