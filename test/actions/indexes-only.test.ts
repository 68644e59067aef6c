import { closeSync, fdatasyncSync, openSync, readdirSync, readFileSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { labEnvironment } from '../../src/actions/index.js';
import { trafficTarget } from '../../src/lab/index.js';
import { commandChannel } from '../../src/notify/index.js';
import { hashTable } from '../../src/postgres/index.js';
import { database, text, useActionGround, type ActionGround } from './action-ground.js';

const ground = useActionGround();

/** Turns bytes over in a leaf page on disk that the server has not in memory, as a failing disk would. */
async function damageIndex(on: ActionGround, index: string): Promise<number> {
  await on.query('checkpoint');
  const [row] = await on.query(`select pg_relation_filepath('${index}') as path, min(page)::int as page
    from generate_series(3, pg_relation_size('${index}') / 8192 - 2) page
    where page not in (select relblocknumber from pg_buffercache where relfilenode = pg_relation_filenode('${index}'))`);
  const page = Number(row?.['page']);
  const file = openSync(join(trafficTarget(on.lab).dataDirectory, text(row?.['path'])), 'r+');
  const bytes = Buffer.alloc(16);
  const offset = page * 8192 + 8000;
  readSync(file, bytes, 0, 16, offset);
  writeSync(
    file,
    bytes.map((byte) => byte ^ 0xff),
    0,
    16,
    offset,
  );
  fdatasyncSync(file);
  closeSync(file);
  return page;
}

const content = async ({ environment }: ActionGround) => {
  const session = await environment.postgres.connect({ readOnly: true });
  return hashTable(session, 'public.bookings').finally(() => session.end());
};

describe('the way back "indexes-only"', () => {
  test('damaged indexes are found, rebuilt from their tables and sound again, and no row changes', async () => {
    const { on } = ground;
    await on.act('service.stop');
    expect(await on.ok('service.is-stopped')).toBe(true);
    const before = await content(on);
    const indexes = ['public.bookings_by_user', 'public.bookings_pkey', 'public.payments_booking_id_key'];
    for (const index of indexes) await damageIndex(on, index);

    const found = await on.act('postgres.find-damage', { database });
    expect(found).toMatchObject({ damaged: indexes, indexes, table: null, suggestion: 'indexes-only' });
    expect(on.said()).toMatch(/damaged index public\.bookings_by_user: .*invalid page/);
    const counted = await on.act('postgres.checksum-failures', { database });
    expect(counted).toMatchObject({ enabled: true });
    expect(counted['failures']).toBeGreaterThan(0);

    const done = await on.act('postgres.reindex', { database, indexes: found['indexes']! });
    expect(done['rebuilt']).toEqual(indexes);
    expect(await on.act('postgres.find-damage', { database })).toMatchObject({
      damagedCount: 0,
      suggestion: 'none',
      unchecked: [],
    });
    expect(await content(on)).toEqual(before);
    await on.act('service.start');
    expect(await on.ok('service.is-running')).toBe(true);
    expect(await on.ok('postgres.content-matches')).toBe(true);
    expect(await on.ok('sentinel.acknowledged-write')).toBe(true);
  });
});

describe('arguments that do not fit', () => {
  test.each([
    ['postgres.reindex', { database, indexes: ['bookings_pkey'] }],
    ['postgres.reindex', { database }],
    ['postgres.find-damage', {}],
    ['postgres.find-damage', { database: 'postgres', tables: [] }],
    ['postgres.restore', { backup: 'latest', into: 'primary' }],
    ['postgres.restore', { backup: 'latest', into: 'side', until: { lsn: '0/1', time: 'now' } }],
    ['postgres.remove-cluster', { cluster: 'primary' }],
    ['postgres.replace-table', { database, table: 'public.bookings', from: 'replacement' }],
    ['postgres.verify', { backup: 'x', rpo: 'an hour' }],
    ['traffic.switch', { to: 'side' }],
    ['traffic.switch', { to: 7 }],
    ['shell.run', { command: [] }],
    ['http.get', { url: 'file:///etc/passwd' }],
    ['notify.send', { message: 'hello', to: 'everybody' }],
    ['notify.send', { message: 'unknown', to: 'internal' }],
  ])('%s with %j is refused as invalid', async (name, args) => {
    expect(await ground.on.refusal(name, args)).toMatchObject({ reason: 'invalid' });
  });
});

test('what stands beside the database: shell, HTTP, SQL, messages, log', async () => {
  const { on } = ground;
  expect(
    await on.act('shell.run', {
      command: ['sh', '-c', 'echo one; echo "$TWO"'],
      environment: { TWO: 'two' },
    }),
  ).toEqual({ ok: true, exitCode: 0, lastLine: 'two' });
  expect(await on.refusal('shell.run', { command: ['sh', '-c', 'echo why >&2; exit 3'] })).toMatchObject({
    reason: 'exit-code',
    message: 'sh ended with exit code 3: why',
  });
  const cancelled = on.act('shell.run', { command: ['sleep', '60'] }, AbortSignal.timeout(50));
  await expect(cancelled).rejects.toMatchObject({ reason: 'cancelled' });

  const application = `http://127.0.0.1:${on.lab.state().applicationPort}`;
  expect(await on.act('http.get', { url: `${application}/health` })).toMatchObject({ ok: true, status: 200 });
  expect(await on.act('http.get', { url: `${application}/nothing` })).toMatchObject({
    ok: false,
    status: 404,
  });
  expect(await on.act('http.get', { url: 'http://127.0.0.1:1/' })).toMatchObject({ ok: false, status: 0 });

  expect(await on.act('sql.query', { sql: 'select $1::int = 4 as first, 1 as second', values: [4] })).toEqual(
    {
      ok: true,
      rows: 1,
      first: true,
    },
  );
  const written = on.act('sql.query', { sql: 'delete from public.payments' });
  await expect(written).rejects.toThrow(/read-only transaction/);

  expect(await on.act('notify.send', { message: 'hello', to: 'internal' })).toEqual({
    ok: false,
    channel: 'outbox',
    unfilled: ['steps.x.y'],
  });
  expect(await on.ok('postgres.keep-log')).toBe(true);
});

test('a drill’s messages say that it is one, and by no channel do they reach customers or the regulator', async () => {
  const { on } = ground;
  const pager = join(on.evidenceFolder, '..', 'pager.jsonl');
  const channel = commandChannel(['sh', '-c', 'cat >> "$0"', pager]);
  const audiences = ['internal', 'management', 'customers', 'regulator'];
  const told = labEnvironment({
    ...{ name: 'lab', lab: on.lab, values: {}, sentinel: null, writesPerSecond: 0 },
    channels: new Map(audiences.map((audience) => [audience, channel])),
  });
  const signal = new AbortController().signal;
  const channels: unknown[] = [];
  for (const to of audiences)
    channels.push((await on.act('notify.send', { message: 'hello', to }, signal, told))['channel']);
  const kept = 'outbox only: a drill tells nobody outside';
  expect(channels).toEqual([channel.describe, channel.describe, kept, kept]);
  const sent = readFileSync(pager, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { to: string; subject: string; body: string });
  expect(sent.map((one) => one.to)).toEqual(['internal', 'management']);
  for (const { subject, body } of sent) {
    expect(subject).toBe('[DRILL] From lab');
    expect(body).toMatch(/^This is a drill: nothing of what follows has really happened\.\n/);
  }
  const outbox = readdirSync(on.lab.paths.outbox).sort();
  expect(outbox.filter((name) => /customers|regulator/.test(name))).toHaveLength(2);
});
