import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Readiness } from '../../src/assessment/index.js';
import { sha256Hex } from '../../src/base/index.js';
import { connectTo, readFingerprint, readPassword, type Fingerprint } from '../../src/postgres/index.js';
import { makeBackupProgramme, type BackupProgramme } from '../cli/backup-ground.js';
import { eventually } from '../lab/lab-fixture.js';
import { processesAbout } from './support/processes.js';
import { recompute } from './support/recompute.js';
import { entriesOf, readEntries, readReport, recordsOf } from './support/record.js';
import { expectExit, type Ended } from './support/run-program.js';

const drill = 'drills/database-corruption.yaml';
let programme: BackupProgramme;
let before: readonly string[];
let fingerprint: Fingerprint;

/** A database of somebody else's, larger than a lab's cache, with things that could reach out of a copy. */
const own = `
  create schema rides_app;
  create table rides_app.trips (id bigint primary key, rider text not null, fare numeric not null);
  insert into rides_app.trips select i, repeat(md5(i::text), 4), i % 500 from generate_series(1, 40000) i;
  create role dispatcher login password 'the-old-password';
  grant usage on schema rides_app to dispatcher; grant select on rides_app.trips to dispatcher;
  create subscription from_elsewhere connection 'host=127.0.0.1 port=1 dbname=x' publication p
    with (connect = false);
`;

beforeAll(async () => {
  programme = await makeBackupProgramme();
  const { directory, primary, ground } = programme;
  await ground.withSession(primary, async (session) => {
    for (const statement of own.split(/;\n/).filter((one) => one.trim() !== ''))
      await session.query(statement);
  });
  for (const name of ['runbooks', 'drills']) cpSync(name, join(directory, name), { recursive: true });
  for (const name of readdirSync(join(directory, 'drills')))
    if (name.endsWith('.yaml') && name !== 'database-corruption.yaml')
      writeFileSync(join(directory, 'drills', name), 'kind: Checklist\n');
  edit(drill, 'environment: lab', 'environment: {lab: {from: hourly}}');
  edit(drill, 'public.bookings', 'rides_app.trips');
  edit(drill, 'delay: 5s', 'delay: 500ms');
  edit('runbooks/database-corruption.yaml', 'hold: 5s', 'hold: 2s');
  edit('runbooks/database-corruption.yaml', 'every: 1s', 'every: 250ms');
  programme.declare({
    environment: {
      policy: '{staticTables: [public.cities, rides_app.trips], appendOnly: {public.bookings: id}}',
    },
  });
  fingerprint = await readFingerprint(primary);
}, 240_000);
afterAll(() => programme.remove());

function edit(file: string, from: string, to: string): void {
  const path = join(programme.directory, file);
  const text = readFileSync(path, 'utf8');
  if (!text.includes(from)) throw new Error(`${file} holds no ${from}`);
  writeFileSync(path, text.replaceAll(from, to));
}

/** Every file of the store with its bytes and time: whoever only reads changes none of them. */
function listing(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const path = join(folder, name);
      const { mtimeMs, size } = statSync(path);
      return statSync(path).isDirectory()
        ? name
        : `${name} ${size} ${mtimeMs} ${sha256Hex(readFileSync(path))}`;
    });
}

const run = () => programme.run('drill', drill, '--unattended', '--view', 'plain');

describe('a lab seeded from the organisation’s own backup', () => {
  it('cannot be made while there is none: not run, with the reason, and no figure', async () => {
    mkdirSync(programme.storeDirectory, { recursive: true });
    const ended = await programme.run('--format', 'json', 'drill', drill, '--unattended');
    expectExit(ended, 6);
    const [record] = recordsOf(programme.directory);
    expect(entriesOf(record!, 'environment-opened')).toEqual([]);
    expect(entriesOf(record!, 'stop-requested')[0]!.data['reason']).toMatch(
      /no usable physical backup to seed the lab from in folder/,
    );
    expect(readReport(record!).assessment.score.band).toBe('NOT RATED');
  });

  describe('with a backup', () => {
    let ended: Ended;
    let record: string;
    let set: string;
    beforeAll(async () => {
      expectExit(await programme.run('backup', '--quiet'), 0);
      const sets = (await programme.data('backups'))['sets'] as { id: string }[];
      set = sets[0]!.id;
      before = listing(programme.storeDirectory);
      ended = await run();
      record = recordsOf(programme.directory).at(-1)!;
    }, 240_000);

    it('the drill on it is met, and the loss is what an independent count gives', () => {
      expectExit(ended, 0);
      const { outcome, measures } = readReport(record).assessment;
      expect(outcome).toMatchObject({ status: 'completed', verdict: 'met' });
      const counted = recompute(record);
      expect(counted.acknowledged).toBeGreaterThan(10);
      expect(measures.loss).toMatchObject({ acknowledged: counted.acknowledged, missing: counted.lost });
      expect(Math.abs(measures.recoveryTime.durationMs.value! - counted.recoveryMs)).toBeLessThanOrEqual(5);
    });

    it('hits the table that the drill names, and its observer reads that very one', () => {
      const injected = entriesOf(record, 'fault-injected')[0]!;
      expect(injected.data['proof']).toMatchObject({ relation: 'rides_app.trips', unreadablePages: 3 });
      const seen = entriesOf(record, 'observed', { what: 'read', state: 'failing' });
      expect(seen[0]!.data['detail']).toContain('invalid page');
      expect(entriesOf(record, 'step-succeeded', { step: 'extent' })[0]!.data['outputs']).toMatchObject({
        damaged: ['rides_app.trips'],
      });
    });

    it('the record says on which backup, how old and how large; the report repeats it', () => {
      const { values, notExercised } = entriesOf(record, 'environment-opened')[0]!.data as unknown as {
        values: { data: string; seed: Record<string, unknown> };
        notExercised: string[];
      };
      expect(values.data).toMatch(
        new RegExp(`^on your own backup: set ${set} of production, .* old, .*B, from main$`),
      );
      expect(values.seed).toMatchObject({ set, environment: 'production', from: 'hourly', store: 'main' });
      expect(values.seed['bytes']).toBeGreaterThan(1_000_000);
      expect(values.seed['productionBytes']).toBe(values.seed['bytes']);
      expect(JSON.stringify(values.seed['switchedOff'])).toContain('1 subscriptions of rides disabled');
      expect(notExercised.join()).toContain('your application: a minimal one stands in');
      expect(readFileSync(join(record, 'report.md'), 'utf8')).toContain(`on your own backup: set ${set}`);
      expect(readFileSync(join(record, 'report.html'), 'utf8')).toContain(`on your own backup: set ${set}`);
    });

    it('read the store only, and never touched the origin', async () => {
      expect(listing(programme.storeDirectory)).toEqual(before);
      expect(await readFingerprint(programme.primary)).toEqual(fingerprint);
      await programme.ground.withSession(programme.primary, async (session) => {
        const rows = await session.query(
          `select (select count(*)::int from pg_roles where rolname like 'firedrill%') as roles,
             (select count(*)::int from pg_namespace where nspname = 'firedrill') as schemas,
             (select count(*)::int from rides_app.trips) as trips`,
        );
        expect(rows).toEqual([{ roles: 0, schemas: 0, trips: 40_000 }]);
      });
    });

    it('destroyed the copy, with a list of every file that held data', () => {
      const { destroyed, leftovers } = entriesOf(record, 'environment-closed')[0]!.data as unknown as {
        destroyed: { files: number; bytes: number; evidence: { file: string; sha256: string } };
        leftovers: string[];
      };
      expect(leftovers).toEqual([]);
      const text = readFileSync(join(record, destroyed.evidence.file), 'utf8');
      expect(sha256Hex(text)).toBe(destroyed.evidence.sha256);
      const lines = text.trimEnd().split('\n');
      expect(lines).toHaveLength(destroyed.files);
      expect(lines.reduce((sum, line) => sum + Number(line.split('  ')[0]), 0)).toBe(destroyed.bytes);
      for (const part of ['clusters/primary-', 'clusters/replacement-', 'backups/', 'wal/', '/PG_VERSION'])
        expect(text).toContain(part);
      expect(existsSync(join(programme.directory, '.firedrill', 'labs'))).toBe(false);
      const running = processesAbout(join(programme.directory, '.firedrill'));
      expect(running).toEqual([]);
    });

    it('readiness counts it, with half or more of production’s bytes, and nothing of a copy that was changed', async () => {
      // Every document of a programme has to be valid, and these were only in the way.
      for (const name of readdirSync(join(programme.directory, 'drills')))
        if (name.endsWith('.yaml') && name !== 'database-corruption.yaml')
          rmSync(join(programme.directory, 'drills', name));
      const runId = basename(record);
      const changed = join(programme.directory, 'reports', 'changed');
      cpSync(record, changed, { recursive: true });
      const journal = join(changed, 'journal.jsonl');
      writeFileSync(journal, readFileSync(journal, 'utf8').replace('"bytes":', '"Bytes":'));
      const told = (await programme.data('readiness')) as unknown as Readiness & { exit: number };
      rmSync(changed, { recursive: true });
      // Four critical scenarios were never drilled.
      expect(told.exit).toBe(1);
      expect(told.countedRuns.map((one) => one.run)).toEqual([runId]);
      expect(told.notCounted).toContainEqual({
        record: 'changed',
        why: expect.stringMatching(/^it does not audit/) as string,
      });
      const lines = (key: string) => told.categories.find((one) => one.key === key)!.inputs;
      const find = (key: string, id: string) => lines(key).find((one) => one.id === id)!;
      const counted = find('objectives', 'database-corruption');
      expect(counted.points).toBeGreaterThan(0);
      expect(counted.value).toMatch(
        new RegExp(`unattended, .* on your own backup ${set} of production, .* of production’s`),
      );
      expect(counted.sources).toEqual([
        expect.stringContaining(`run ${runId}, entries `) as string,
        `manifest ${set} in main`,
      ]);
      expect(find('objectives', 'ransomware').value).toBe('not measured: never drilled');
      // The backup was seen once, though its manifest is there as well; the restore is that of the drill.
      expect(find('scripts', 'backups').value).toBe('1 of 1 succeeded (in 30 days)');
      expect(find('scripts', 'backups').sources[0]).toMatch(/^job backup-\w+ \(succeeded\)$/);
      expect(find('scripts', 'restores').sources[0]).toContain(`run ${runId}, entries `);
      expect(find('scripts', 'verifications').measured).toBe(false);
      expect(find('automation', 'job/hourly').points).toBe(100);
      expect(find('security', 'restored-destroyed').points).toBe(100);
      expect(told.conditions.find((one) => one.id === 'critical/database-corruption')?.holds).toBe(true);
    });

    it('a programme whose one critical scenario was measured is ready by its evidence, not while another’s runbook is missing', async () => {
      const runbooks = join(programme.directory, 'runbooks');
      for (const name of readdirSync(runbooks)) {
        if (!name.endsWith('.yaml') || name === 'database-corruption.yaml') continue;
        const text = readFileSync(join(runbooks, name), 'utf8');
        writeFileSync(join(runbooks, name), text.replace('severity: P0', 'severity: P1'));
      }
      const ransomware = readFileSync(join(runbooks, 'ransomware.yaml'), 'utf8');
      rmSync(join(runbooks, 'ransomware.yaml'));
      const less = await programme.run('readiness');
      expectExit(less, 1);
      expect(less.stdout).toContain('✗ ransomware: the programme has no runbook for it');
      expect(less.stdout).toContain('NOT READY');
      expect(less.stderr).toMatch(/not ready: 1 of \d+ conditions do not hold/);
      writeFileSync(join(runbooks, 'ransomware.yaml'), ransomware);
      const told = await programme.run('readiness', '--approver', 'Maria Santos', '--condition', 'by April');
      expectExit(told, 0);
      expect(told.stdout).toContain('\nREADY, by its evidence\n');
      expect(told.stdout).toMatch(
        /\napproved by Maria Santos on [-\d]+, as .*\n {2}on condition: by April\n$/,
      );
      expect(told.stdout).toContain('who wrote the documents is not known here');
      const ran = entriesOf(record, 'run-opened')[0]!.data['host'] as { user: string };
      expectExit(await programme.run('readiness', '--approver', ran.user), 5);
    });

    it('has no password of the organisation in the record, and audits as intact', async () => {
      const password = await readPassword(programme.primary);
      for (const file of readdirSync(record, { recursive: true, encoding: 'utf8' })) {
        const path = join(record, file);
        if (statSync(path).isFile()) expect(readFileSync(path, 'utf8').includes(password!), file).toBe(false);
      }
      expectExit(await programme.run('audit', record), 0);
      expect(readEntries(record).at(-1)!.type).toBe('run-sealed');
    });
  });
});

describe('the copy in a lab that is up', () => {
  it('lets nobody of the organisation in, archives nothing, follows nobody', async () => {
    const engine = programme.start('drill', drill, '--view', 'plain');
    try {
      const record = await eventually(
        'its record',
        () => {
          const newest = recordsOf(programme.directory).at(-1)!;
          return (
            entriesOf(newest, 'prompt-opened').length > 0 && !entriesOf(newest, 'run-ended').length && newest
          );
        },
        90_000,
      );
      const { values } = entriesOf(record, 'environment-opened')[0]!.data as unknown as {
        values: { port: number; host: string };
      };
      const labs = join(programme.directory, '.firedrill', 'labs');
      const lab = join(labs, readdirSync(labs)[0]!);
      const passfile = join(lab, 'secrets', 'admin.pass');
      const copy = { ...programme.primary, ...values, passfile, database: 'rides' };
      const session = await connectTo(copy);
      const [row] = await session
        .query(
          `select current_setting('archive_mode') as archive, current_setting('max_logical_replication_workers') as workers,
             current_setting('shared_preload_libraries') as preloaded, current_setting('primary_conninfo') as follows,
             (select bool_or(subenabled) from pg_subscription) as subscribed,
             (select count(*)::int from rides_app.trips) as trips`,
        )
        .finally(() => session.end());
      expect(row).toEqual({
        ...{ archive: 'off', workers: '0', preloaded: '', follows: '', subscribed: false, trips: 40_000 },
      });
      const old = join(programme.at('dispatcher.pass'));
      writeFileSync(old, `127.0.0.1:*:*:dispatcher:the-old-password\n`, { mode: 0o600 });
      const dispatcher = { ...copy, user: 'dispatcher', passfile: old };
      await expect(connectTo(dispatcher)).rejects.toThrow(/pg_hba/);
      // The very same account gets in where it belongs.
      await (await connectTo({ ...dispatcher, port: programme.primary.port })).end();
      const admin = { ...copy, passfile: programme.primary.passfile };
      const known = await readPassword(programme.primary);
      writeFileSync(programme.at('origin.pass'), `127.0.0.1:*:*:admin:${known!}\n`, { mode: 0o600 });
      await expect(connectTo({ ...admin, passfile: programme.at('origin.pass') })).rejects.toThrow(
        /password/,
      );
    } finally {
      engine.signal('SIGINT');
      await engine.ended;
    }
    expect(existsSync(join(programme.directory, '.firedrill', 'labs'))).toBe(false);
  });
});
