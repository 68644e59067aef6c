import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clusterState, connectTo, findPostmaster, stopCluster } from '../../../src/postgres/index.js';
import { firedrill, readNewest, type LiveRecord } from './live-run.js';
import { makeProduction, type Production } from './production.js';

const follow = ['run', 'runbooks/database-corruption.yaml', '--environment', 'production', '--view', 'plain'];
const limitMs = 300_000;

async function audit(programme: string, folder: string): Promise<{ code: number | null; text: string }> {
  const run = firedrill(programme, ['audit', folder]);
  return { code: await run.ended, text: run.text() };
}

/** How the cluster that serves now is reached. */
function serving({ primary }: Production, traffic: string) {
  const [host = '', port = ''] = traffic.split(' ');
  return { ...primary, host, port: Number(port), passfile: null as string | null };
}

describe('damaged pages on a cluster that firedrill did not make', () => {
  let production: Production;
  let code: number | null;
  let text: string;
  let record: LiveRecord;
  let inode: number;

  beforeAll(async () => {
    production = await makeProduction();
    expect(await production.damage()).toBe(2);
    inode = statSync(production.primary.dataDirectory).ino;
    const run = firedrill(production.programme, follow);
    await run.sees(/severity: </);
    run.type('severity: P0');
    run.type('users: riders in every city');
    await run.sees(/type: whole /);
    run.type('whole');
    await run.sees(/type: yes incident-commander/);
    run.type('yes database-lead');
    await run.sees(/not understood/);
    run.type('yes incident-commander');
    await run.sees(/Switched off by the restore: archive_mode[^]*type: done/);
    run.type('done');
    code = await run.ended;
    text = run.text();
    record = readNewest(production.programme);
  }, limitMs);
  afterAll(async () => {
    await production.remove();
  });

  test('end with a service that is verified and objectives that are met', () => {
    expect(code, text).toBe(0);
    expect(record.of('run-ended')[0]?.data).toMatchObject({ status: 'completed', verdict: 'met' });
  });

  test('are followed live: nothing is injected, and the record says so', () => {
    expect(record.of('run-opened')[0]?.data.mode).toBe('live');
    expect(text).toMatch(/LIVE {2,}Database corruption/);
    expect([...record.of('fault-started'), ...record.of('fault-injected')]).toEqual([]);
    expect(record.of('environment-opened')[0]?.data.notExercised.join()).toContain(
      'a live run never injects',
    );
  });

  test('are known by the fingerprint of the declared cluster, measured before anything was done', () => {
    const opened = record.of('environment-opened')[0];
    expect(opened?.data.fingerprint).toMatchObject({
      systemIdentifier: production.systemIdentifier,
      dataDirectory: production.primary.dataDirectory,
      port: production.primary.port,
      inode,
      inRecovery: false,
    });
    expect(opened?.data.values).toMatchObject({
      name: 'production',
      database: 'rides',
      application: production.health.replace('/health', ''),
      server: 'answers',
    });
    expect(opened?.seq).toBeLessThan(record.of('step-started')[0]?.seq ?? 0);
  });

  test('start the recovery clock when the sentinel sees a read fail', () => {
    const marks = record.of('clock-marked').map((entry) => entry.data);
    expect(marks.find((mark) => mark.point === 'disruption')).toMatchObject({ by: 'sentinel' });
    expect(marks.map((mark) => mark.point)).toContain('service-verified');
    expect(record.of('survivors-listed')[0]?.data).toMatchObject({ missing: 0, unacknowledged: 0 });
  });

  test('are recovered from only with the approval that the incident commander types', () => {
    const approvals = record.of('prompt-answered').filter((entry) => entry.data.prompt.includes('approve'));
    expect(approvals.map((entry) => [entry.data.answer, entry.actor])).toEqual([
      [{ approve: true }, { kind: 'person', name: 'Ana', role: 'incident-commander' }],
    ]);
    const restore = record.of('step-started').find((entry) => entry.data.step === 'restore');
    expect(restore?.seq).toBeGreaterThan(approvals[0]?.seq ?? Infinity);
  });

  test('leave the damaged cluster where it was put, the same files, stopped', async () => {
    const [work = ''] = readdirSync(production.workDirectory);
    const places = readdirSync(join(production.workDirectory, work));
    const aside = places.find((name) => name.startsWith('set-aside-')) ?? '';
    const dataDirectory = join(production.workDirectory, work, aside, 'data');
    expect(statSync(dataDirectory).ino).toBe(inode);
    expect(await clusterState({ ...production.primary, dataDirectory })).toBe('stopped');
    expect(existsSync(production.primary.dataDirectory)).toBe(false);
  });

  test('leave a new primary that clients reach, with all its rows, streaming and backed up', async () => {
    const [work = ''] = readdirSync(production.workDirectory);
    const place = readdirSync(join(production.workDirectory, work)).find((name) =>
      name.startsWith('replacement-'),
    );
    const folder = join(production.workDirectory, work, place ?? '');
    const location = { ...serving(production, production.traffic()), passfile: join(folder, 'passfile') };
    expect(location.port).not.toBe(production.primary.port);
    const session = await connectTo(location);
    try {
      const [row] = await session.query(
        'select (select count(*) from bookings) as bookings, (select count(*) from pg_stat_replication) as receivers',
      );
      expect(row).toMatchObject({ bookings: 40_000, receivers: 1 });
    } finally {
      await session.end();
    }
    expect((await fetch(production.health)).status).toBe(200);
    const sets = readdirSync(join(production.programme, '..', 'store')).filter((name) => name !== 'locks');
    expect(sets).toHaveLength(2);
  });

  test('end firedrill’s own observer, and name all that stays', () => {
    const closed = record.of('environment-closed')[0]?.data;
    expect(closed?.released).toEqual(['process sentinel']);
    expect(closed?.leftovers).toEqual([]);
    expect(closed?.kept?.join('\n')).toMatch(
      /set-aside cluster, stopped[^]*replacement cluster, running[^]*firedrill\.yaml still declares/,
    );
  });

  test('keep messages without a channel for somebody to carry, and say that nobody was told yet', () => {
    const sent = record.of('message-sent');
    expect(sent.length).toBe(5);
    const channels = new Set(sent.map((entry) => entry.data.channel));
    expect([...channels].join()).toMatch(/^outbox \/.*outbox, to be carried by hand$/);
    const folder = /outbox (\/\S+),/.exec([...channels][0] ?? '')?.[1] ?? '';
    expect(readdirSync(folder)).toHaveLength(5);
  });

  test('keep what the commands of the environment printed, and the server’s own log, as evidence', () => {
    const files = readdirSync(join(record.folder, 'evidence'));
    const all = files.map((name) => readFileSync(join(record.folder, 'evidence', name), 'utf8')).join('\n');
    expect(all).toContain('started on port');
    expect(all).toMatch(/invalid page in block/);
  });

  test('leave a record that the audit finds intact, and no password anywhere in it', async () => {
    const { code: found, text: said } = await audit(production.programme, record.folder);
    expect(found, said).toBe(0);
    const passwords =
      readFileSync(production.primary.passfile ?? '', 'utf8')
        .trim()
        .split(':')
        .at(-1) ?? '-';
    for (const name of ['journal.jsonl', 'plan.json', 'ledger.jsonl', 'report.json'])
      expect(readFileSync(join(record.folder, name), 'utf8')).not.toContain(passwords);
  });

  test('are refused a second time, because firedrill.yaml still names the old primary', async () => {
    const again = firedrill(production.programme, follow);
    expect(await again.ended).toBe(5);
    const [, port = ''] = production.traffic().split(' ');
    expect(again.text()).toContain(
      `clients are sent to 127.0.0.1:${port}, declared is 127.0.0.1:${production.primary.port}`,
    );
  });
});

describe('a database that is down when the run begins', () => {
  let production: Production;

  beforeAll(async () => {
    production = await makeProduction();
    await stopCluster(production.ground.tools, production.primary, 'immediate');
  }, limitMs);
  afterAll(async () => {
    await production.remove();
  });

  test(
    'is known by its path and files; a killed engine’s run is taken up again and brought to its end',
    { timeout: limitMs },
    async () => {
      const startedAt = new Date(Date.now() - 60_000).toISOString();
      const run = firedrill(production.programme, [...follow, '--started-at', startedAt]);
      await run.sees(/does not answer/);
      await run.sees(/type: go-on|Find the damaged relations[^]*type: skip/);
      if (/type: go-on/.test(run.text())) {
        run.type('go-on');
        await run.sees(/type: skip/);
      }
      run.type('skip the server does not start');
      await run.sees(/severity: </);
      run.type('severity: P0');
      run.type('users: everybody');
      await run.sees(/type: whole /);
      run.type('whole');
      await run.sees(/type: yes incident-commander/);
      run.child.kill('SIGKILL');
      await run.ended;
      const { runId } = readNewest(production.programme);
      expect(existsSync(production.primary.dataDirectory)).toBe(false);

      const resumed = firedrill(production.programme, ['resume', runId, '--view', 'plain']);
      await resumed.sees(/type: yes incident-commander/);
      resumed.type('yes incident-commander');
      await resumed.sees(/Switched off by the restore: archive_mode[^]*type: done/);
      resumed.type('done');
      const code = await resumed.ended;
      const record = readNewest(production.programme);
      expect(record.runId).toBe(runId);
      expect(code, resumed.text()).toBe(0);
      const marks = record.of('clock-marked').map((entry) => entry.data);
      expect(marks.find((mark) => mark.point === 'disruption')).toMatchObject({
        by: 'person',
        at: startedAt,
      });
      const [first, second] = record.of('environment-opened');
      expect(first?.data.fingerprint['systemIdentifier']).toContain('the server does not answer');
      expect(first?.data.values['server']).toMatch(/^does not answer: cannot connect/);
      expect(second?.data.values['server']).toBe('does not answer: it was put aside');
      // Nothing was done twice.
      expect(record.of('step-started').filter((entry) => entry.data.step === 'set-aside')).toHaveLength(1);
      const { code: found, text: said } = await audit(production.programme, record.folder);
      expect(found, said).toBe(0);
      expect(await findPostmaster(production.primary.dataDirectory)).toBeNull();
    },
  );
});
