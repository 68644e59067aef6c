import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import {
  approverConflict,
  meanOf,
  readinessSchema,
  readinessWeights,
  totalOf,
} from '../../src/assessment/index.js';
import { makePlan, unobserved } from './plan-fixture.js';
import {
  category,
  jobOf,
  now,
  own,
  readinessWith,
  runOn,
  scenario,
  setOf,
  six,
} from './readiness-fixture.js';

describe('the total', () => {
  test('golden: 100, 95, 100, 90 and 85 give 95.0 with the weights, and 94.0 without', () => {
    const points = { scripts: 100, documentation: 95, objectives: 100, automation: 90, security: 85 };
    const categories = Object.entries(points).map(([key, value]) => ({
      weight: readinessWeights[key as keyof typeof points],
      points: value,
    }));
    expect(totalOf(categories)).toEqual({
      formula: '0.25 · 100.0 + 0.15 · 95.0 + 0.25 · 100.0 + 0.20 · 90.0 + 0.15 · 85.0',
      value: 95,
    });
    expect(meanOf(categories)).toEqual({ formula: '(100.0 + 95.0 + 100.0 + 90.0 + 85.0) / 5', value: 94 });
  });

  test('the weights are 25, 15, 25, 20 and 15, and sum to 100', () => {
    expect(Object.values(readinessWeights)).toEqual([25, 15, 25, 20, 15]);
  });

  test('follows from the printed figures: nobody has to believe a hidden digit', () => {
    const run = runOn(own);
    const { categories, total } = readinessWith({
      scenarios: ['database-corruption', 'ransomware', 'server-failure'].map((id) => scenario(id)),
      runs: [run],
    });
    const again = categories.reduce((sum, one) => sum + one.weight * one.points, 0) / 100;
    expect(Math.abs(again - total.value)).toBeLessThanOrEqual(0.05 + 1e-9);
  });

  test('without any evidence every category is there, counts what is not measured as 0, and lists it', () => {
    const readiness = readinessWith({ scenarios: [] });
    expect(readiness.total.value).toBe(0);
    expect(readiness.categories.map((one) => one.points)).toEqual([0, 0, 0, 0, 0]);
    const listed = new Set(readiness.notMeasured.map((one) => one.category));
    expect([...listed].sort()).toEqual(Object.keys(readinessWeights).sort());
    expect(readiness.ready).toBe(false);
  });

  test('fits its published schema', () => {
    const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(readinessSchema);
    const approval = { approver: 'Maria', conditions: ['one'], at: now, typedBy: 'ops', independence: 'x' };
    for (const data of [readinessWith(), readinessWith({ runs: [runOn(own), runOn(null)], approval })]) {
      validate(JSON.parse(JSON.stringify({ v: 1, kind: 'readiness', data })));
      expect(validate.errors ?? []).toEqual([]);
    }
  });
});

/** The other five were never drilled. */
const oneOfSix = (points: number) => Math.round((points / 6) * 10) / 10;

describe('RTO/RPO compliance', () => {
  const complianceOf = (...runs: ReturnType<typeof runOn>[]) => {
    const readiness = readinessWith({ runs, scenarios: six });
    return { ...category(readiness, 'objectives'), readiness };
  };

  test('a run on the organisation’s own backup counts with its R, computed from the record', () => {
    const run = runOn(own);
    expect(run.recovery.points).toBeGreaterThan(90);
    const { points, line, readiness } = complianceOf(run);
    expect(points).toBe(oneOfSix(run.recovery.points!));
    expect(line('database-corruption')?.value).toContain('90 % of production’s 1.0 kB');
    // Never a bare zero.
    expect(line('database-corruption')?.value).toContain(
      '0 of 25 acknowledged commits lost, resolution 250 ms',
    );
    expect(line('database-corruption')?.sources[0]).toMatch(new RegExp(`^run ${run.runId}, entries \\d`));
    expect(readiness.countedRuns).toHaveLength(1);
  });

  test('the sample database: mechanism exercised, and 0', () => {
    const { points, line, readiness } = complianceOf(runOn(null));
    expect(points).toBe(0);
    expect(line('database-corruption')).toMatchObject({ points: 0, measured: false });
    expect(line('database-corruption')?.value).toContain('mechanism exercised on the sample database only');
    expect(readiness.notCounted[0]?.why).toContain('mechanism exercised');
  });

  test('less than half of production’s bytes is 0; half is enough', () => {
    expect(complianceOf(runOn({ ...own, bytes: 499 })).points).toBe(0);
    expect(complianceOf(runOn({ ...own, bytes: 500 })).points).toBeGreaterThan(90 / 6);
  });

  test('production that has grown since then is what counts, by its newest backup', () => {
    const readiness = readinessWith({ runs: [runOn(own)], sets: [setOf({ clusterBytes: 2000 })] });
    expect(category(readiness, 'objectives').points).toBe(0);
    expect(readiness.notCounted[0]?.why).toContain('less than 50 %');
    const run = readiness.notCounted[0]?.record;
    const source = category(readiness, 'objectives').line(`database-corruption/${run}`)?.sources.at(-1);
    expect(source).toBe('manifest 2027-01-31T233000Z-physical-aa01 in main');
  });

  test('a size that nobody knows is not enough', () => {
    const { productionBytes, ...old } = own;
    expect(productionBytes).toBe(1000);
    const { points, readiness } = complianceOf(runOn(old));
    expect(points).toBe(0);
    expect(readiness.notCounted[0]?.why).toContain('the size of production is not known');
  });

  test('a backup of another environment in a shared store is not that of production', () => {
    const set = setOf({ id: own['set'] as string, environment: 'staging' });
    const readiness = readinessWith({ runs: [runOn(own)], sets: [set] });
    expect(readiness.notCounted[0]?.why).toContain('is of staging, not of production');
  });

  test('a year later the run is too old, and ahead of the clock it is not believed', () => {
    const run = runOn(own);
    const later = { ...run, at: '2026-01-31T23:59:59.000Z' };
    expect(complianceOf(later).readiness.notCounted[0]?.why).toBe('older than 12 months');
    expect(complianceOf({ ...run, at: '2026-02-01T00:00:00.000Z' }).points).toBeGreaterThan(90 / 6);
    const ahead = complianceOf({ ...run, at: '2027-02-02T00:00:00.000Z' });
    expect(ahead.readiness.notCounted[0]?.why).toContain('ahead');
  });

  test('the best of several counts, and every scenario that was never drilled pulls the mean down', () => {
    const good = runOn(own);
    const slow = { ...runOn(own), runId: 'slow', recovery: { ...good.recovery, points: 20 } };
    const both = complianceOf(slow, good);
    expect(both.points).toBe(oneOfSix(good.recovery.points!));
    expect(both.line('database-corruption/slow')?.value).toContain('counts, not the best');
    expect(both.line('ransomware')?.value).toBe('not measured: never drilled');
    const wide = readinessWith({ scenarios: [...six, scenario('of-our-own')], runs: [good] });
    expect(category(wide, 'objectives').points).toBeCloseTo(good.recovery.points! / 7, 1);
  });

  test('leaving a runbook of the six out makes no programme readier: it is listed, and counts 0', () => {
    const good = runOn(own);
    const few = readinessWith({ scenarios: [scenario('database-corruption')], runs: [good] });
    const { points, line } = category(few, 'objectives');
    expect(points).toBe(complianceOf(good).points);
    expect(line('ransomware')).toMatchObject({
      ...{ points: 0, measured: false },
      value: 'not measured: never drilled: the programme has no runbook for it',
    });
    expect(few.withoutRunbook).toEqual(six.slice(1).map((one) => one.id));
    expect(few.notMeasured.filter((one) => one.category === 'objectives')).toHaveLength(5);
  });

  test('a recovery that was never verified has no R, whatever was lost', () => {
    const { points, line } = complianceOf(runOn(own, { stopAfter: { phase: 'recovery', end: 'failed' } }));
    expect(points).toBe(0);
    expect(line('database-corruption')?.measured).toBe(false);
  });

  test('says whether people answered, whether it was an incident', () => {
    const run = runOn(own);
    expect(complianceOf(run).line('database-corruption')?.value).toContain('attended, 2027-01-17');
    const scripted = complianceOf({ ...run, unattended: true });
    expect(scripted.line('database-corruption')?.value).toContain('unattended, 2027-01-17');
    const live = complianceOf({ ...run, mode: 'live', data: { kind: 'live', environment: 'production' } });
    expect(live.line('database-corruption')?.value).toContain('an incident, 2027-01-17');
    expect(live.points).toBeGreaterThan(90 / 6);
  });
});

describe('script quality', () => {
  const scripts = (more: Parameters<typeof readinessWith>[0]) => category(readinessWith(more), 'scripts');

  test('40 for backups, 40 for restores, 20 for verifications', () => {
    const jobs = [jobOf('backup'), jobOf('restore'), jobOf('verify')];
    expect(scripts({ jobs }).points).toBe(100);
    expect(scripts({ jobs: jobs.slice(0, 1) }).points).toBe(40);
    expect(scripts({ jobs: jobs.slice(1, 2) }).points).toBe(40);
    expect(scripts({ jobs: jobs.slice(2) }).points).toBe(20);
  });

  test('failures count: one backup of two; and one that began and never ended is a failure', () => {
    const half = [jobOf('backup'), jobOf('backup', { id: 'backup-2', outcome: 'failed' })];
    expect(scripts({ jobs: half }).line('backups')).toMatchObject({ points: 50, measured: true });
    const lost = [jobOf('backup', { outcome: 'lost', endedAt: null })];
    expect(scripts({ jobs: lost }).line('backups')).toMatchObject({ points: 0, measured: true });
    expect(scripts({ jobs: [jobOf('backup', { outcome: 'running' })] }).line('backups')?.measured).toBe(
      false,
    );
  });

  test('a set in a store is one backup, seen or not; one older than 30 days is none', () => {
    const set = setOf();
    expect(scripts({ sets: [set, { ...set, store: 'offsite' }] }).line('backups')?.value).toContain('1 of 1');
    const seen = [jobOf('backup', { outcome: 'failed', set: set.id })];
    expect(scripts({ sets: [set], jobs: seen }).line('backups')?.value).toContain('0 of 1');
    const old = [{ ...set, takenAt: '2026-12-01T00:00:00.000Z' }];
    expect(scripts({ sets: old }).line('backups')?.measured).toBe(false);
  });

  test('the last four restores, those of drills that count among them', () => {
    const jobs = [1, 2, 3, 4, 5].map((day) =>
      jobOf('restore', {
        id: `restore-${day}`,
        endedAt: `2027-01-2${day}T00:00:00.000Z`,
        outcome: day === 1 ? 'failed' : 'succeeded',
      }),
    );
    expect(scripts({ jobs }).line('restores')).toMatchObject({ points: 100 });
    const drilled = scripts({ jobs: jobs.slice(0, 1), runs: [runOn(own)] }).line('restores');
    expect(drilled).toMatchObject({ points: 50 });
    expect(drilled?.sources.join()).toContain('(restore)');
    const sample = scripts({ runs: [runOn(null)] });
    expect(sample.line('restores')?.measured).toBe(false);
    expect(sample.inputs.some((one) => one.value.includes('not counted: mechanism exercised'))).toBe(true);
  });

  test('a lab’s jobs, a refused restore and a partial verification are no executions', () => {
    const jobs = [
      jobOf('backup', { environmentKind: 'lab' }),
      jobOf('restore', { outcome: 'refused' }),
      jobOf('verify', { full: false }),
    ];
    expect(scripts({ jobs }).points).toBe(0);
    expect(scripts({ jobs }).inputs.every((one) => !one.measured)).toBe(true);
  });
});

describe('documentation', () => {
  test('100, less 10 for a deviation, 10 for a runbook not exercised, 5 for a placeholder', () => {
    const points = (more: Parameters<typeof readinessWith>[0]) =>
      category(readinessWith(more), 'documentation').points;
    expect(points({ runs: [runOn(null)] })).toBe(100);
    expect(points({})).toBe(90);
    expect(points({ runs: [runOn(null, { deviation: true })] })).toBe(90);
    const placeholder = { file: 'drills/a.yaml', place: 'people.a.contact', text: 'TBD' };
    expect(points({ runs: [runOn(null)], placeholders: [placeholder, placeholder] })).toBe(90);
    expect(points({ scenarios: Array.from({ length: 11 }, (_, index) => scenario(`s${index}`)) })).toBe(0);
  });

  test('a deviation is closed by a later run without one', () => {
    const before = { ...runOn(null, { deviation: true }), at: '2027-01-10T00:00:00.000Z', runId: 'before' };
    const readiness = readinessWith({ runs: [before, runOn(null)] });
    expect(category(readiness, 'documentation').points).toBe(100);
  });
});

describe('automation', () => {
  test('half for punctual jobs, half for steps without help', () => {
    const policies = [{ name: 'hourly', environment: 'production', intervalMs: 3_600_000 }];
    const late = readinessWith({ policies, sets: [setOf({ takenAt: '2027-01-31T21:59:59.000Z' })] });
    expect(category(late, 'automation').line('job/hourly')).toMatchObject({ points: 0, measured: true });
    const sets = [setOf({ takenAt: '2027-01-31T22:00:00.000Z' })];
    expect(category(readinessWith({ policies, sets }), 'automation').points).toBe(50);
    const alone = readinessWith({ policies, sets, runs: [runOn(own)] });
    expect(category(alone, 'automation').points).toBe(100);
    const helped = category(
      readinessWith({ policies, sets, runs: [runOn(own, { byHand: true })] }),
      'automation',
    );
    expect(helped.points).toBeLessThan(100);
    expect(helped.line('steps')?.value).toContain('helped or not succeeded: restore');
  });
});

describe('security', () => {
  test('only what a run that counts shows is met; one that shows the opposite spoils it', () => {
    const shown = runOn(own);
    const control = (state: 'met' | 'not-met', provenance: 'measured' | 'not-measured') => ({
      ...{ id: 'backups-encrypted', title: 'Backups are encrypted', state, provenance },
      ...{ note: 'a note', evidence: [4] },
    });
    const line = (...states: Parameters<typeof control>[]) =>
      category(
        readinessWith({
          scenarios: states.map((_, index) => scenario(`s${index}`)),
          runs: states.map((one, index) => ({
            ...{ ...shown, runId: `run-${index}`, scenario: `s${index}` },
            controls: [control(...one)],
          })),
        }),
        'security',
      ).line('backups-encrypted');
    expect(line(['met', 'measured'])).toMatchObject({ points: 100 });
    expect(line(['met', 'measured'], ['not-met', 'not-measured'])).toMatchObject({ points: 100 });
    expect(line(['met', 'measured'], ['not-met', 'measured'])).toMatchObject({ points: 0, measured: true });
    expect(line(['not-met', 'not-measured'])).toMatchObject({ points: 0, measured: false });
    expect(category(readinessWith({ runs: [runOn(null)] }), 'security').points).toBe(0);
  });
});

describe('ready', () => {
  const good = () => runOn(own, {}, { highFindings: [], band: 'P', score: 90 });
  const conditions = (more: Parameters<typeof readinessWith>[0]) => {
    const { ready, conditions: all } = readinessWith({ scenarios: six, ...more });
    return { ready, open: all.filter((one) => !one.holds).map((one) => one.id) };
  };

  test('needs every critical scenario measured P or S on own data', () => {
    expect(conditions({ runs: [good()] })).toEqual({ ready: true, open: [] });
    expect(conditions({ runs: [{ ...good(), band: 'M', score: 60 }] }).ready).toBe(false);
    expect(conditions({ runs: [{ ...good(), data: { kind: 'sample' } }] }).ready).toBe(false);
    const more = six.map((one) => (one.id === 'ransomware' ? { ...one, severity: 'P0' } : one));
    expect(conditions({ runs: [good()], scenarios: more }).open).toEqual(['critical/ransomware']);
    const none = six.map((one) => ({ ...one, severity: 'P1' }));
    expect(conditions({ scenarios: none }).open).toEqual(['critical']);
  });

  test('needs a runbook for each of the six, and names the one that is not there', () => {
    const { open, ready } = conditions({
      runs: [good()],
      scenarios: six.filter(({ id }) => id !== 'ransomware'),
    });
    expect([ready, open]).toEqual([false, ['runbook/ransomware']]);
    const ids = six.slice(1).map((one) => `runbook/${one.id}`);
    expect(conditions({ runs: [good()], scenarios: six.slice(0, 1) }).open).toEqual(ids);
  });

  test('a rubric of the drill’s own neither takes a cap away nor weighs the score up', () => {
    const plan = makePlan({ unattended: true });
    const lenient = { ...plan.rubric, categories: plan.rubric.categories.slice(0, 1), caps: [] };
    const run = (more: Partial<typeof plan>) => runOn(own, { plan: unobserved({ ...plan, ...more }) });
    expect(run({ rubric: lenient })).toEqual(run({}));
    expect(run({}).score).toBeLessThanOrEqual(79);
  });

  test('an open high finding forbids it, until a run that counts as much no longer has it', () => {
    const finding = { id: 'rto-missed', text: 'recovery took too long', evidence: [3] };
    const bad = { ...good(), runId: 'bad', highFindings: [finding] };
    const open = ['high-finding/database-corruption/rto-missed'];
    expect(conditions({ runs: [bad] }).open).toEqual(open);
    const later = { ...good(), at: '2027-01-20T00:00:00.000Z' };
    expect(conditions({ runs: [bad, later] }).ready).toBe(true);
    expect(conditions({ runs: [bad, { ...later, data: { kind: 'sample' } }] }).open).toEqual(open);
  });

  test('of a drill with sabotage only what was not caught is open', () => {
    const finding = (id: string) => ({ id, text: id, evidence: [] });
    const sabotaged = (...ids: string[]) => ({
      ...good(),
      ...{ runId: 'sabotaged', sabotaged: true, at: '2027-01-20T00:00:00.000Z' },
      highFindings: ids.map(finding),
    });
    expect(conditions({ runs: [good(), sabotaged('log-not-received')] }).ready).toBe(true);
    expect(conditions({ runs: [good(), sabotaged('sabotage-not-caught:x')] }).ready).toBe(false);
  });

  test('what a record says that is not believed is not known, and may be a high finding', () => {
    const rejected = (at: string | null) => [{ record: 'r', at, why: 'it does not audit' }];
    expect(conditions({ runs: [good()], rejected: rejected('2027-01-20T00:00:00.000Z') }).open).toEqual([
      'record/r',
    ]);
    expect(conditions({ runs: [good()], rejected: rejected(null) }).ready).toBe(false);
    expect(conditions({ runs: [good()], rejected: rejected('2025-01-20T00:00:00.000Z') }).ready).toBe(true);
  });
});

describe('the approver', () => {
  test('is nobody who took part in a run, ran the engine, or wrote the documents', () => {
    const conflict = (name: string) => approverConflict(name, [runOn(own)], ['Walt Writer'], now);
    for (const name of ['Ana', ' ana ', 'Ben', 'Olga', 'drill'])
      expect(conflict(name)).toContain('took part');
    expect(conflict('walt  writer')).toContain('wrote');
    expect(conflict('Maria Santos')).toBeNull();
  });
});
