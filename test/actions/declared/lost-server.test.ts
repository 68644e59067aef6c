import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { killCluster } from '../../../src/postgres/index.js';
import { firedrill, readNewest, type LiveRecord } from './live-run.js';
import { makeProduction, type Production } from './production.js';

const follow = ['run', 'runbooks/server-failure.yaml', '--environment', 'production', '--view', 'plain'];
const limitMs = 300_000;

/** Adds what this runbook needs to the declared environment, and gives the new server the address of the lost one. */
function declareMachines({ programme, primary, ground }: Production): void {
  const at = (name: string) => join(ground.directory, 'service', name);
  const sql = (statement: string) =>
    `read host port < ${at('traffic')}; PGPASSFILE=${primary.passfile ?? ''} psql -X -h $host -p $port -U admin -At -v ON_ERROR_STOP=1 -c "${statement}" rides`;
  const sh = (script: string) => ['sh', '-c', script];
  const file = join(programme, 'firedrill.yaml');
  const text = readFileSync(file, 'utf8');
  const more = {
    deploy: { run: ['touch', at('release')], isDone: ['test', '-e', at('release')] },
    testWrite: {
      make: sh(
        `${sql(`insert into bookings select max(id) + 1, 'try' from bookings returning id`)} | head -1`,
      ),
      find: sh(`${sql(`select 1 from bookings where id = $0`)} | grep -q 1`),
    },
  };
  const changed = text
    .replace(/^( {4}application: \{.*)\}$/m, (_, line: string) => `${line}, ${JSON.stringify(more).slice(1)}`)
    .replace(
      /^stores:/m,
      `    replacementPort: ${primary.port}
    infrastructure: ${JSON.stringify({ provision: ['touch', at('machines')], isProvisioned: ['test', '-e', at('machines')] })}
stores:`,
    );
  writeFileSync(file, changed);
}

describe('a server that is gone when the run begins, on an environment that firedrill did not make', () => {
  let production: Production;
  let code: number | null;
  let text: string;
  let record: LiveRecord;

  beforeAll(async () => {
    production = await makeProduction();
    declareMachines(production);
    await killCluster(production.primary);
    rmSync(production.primary.dataDirectory, { recursive: true });
    await production.application('stop');
    const run = firedrill(production.programme, follow);
    await run.sees(/severity: </);
    run.type('severity: P0');
    run.type('users: riders in every city');
    await run.sees(/type: rebuild /);
    run.type('rebuild');
    await run.sees(/Power the old hosts off[^]*type: done/);
    run.type('done');
    await run.sees(/type: yes incident-commander/);
    run.type('yes incident-commander');
    await run.sees(/Switched off by the restore: archive_mode[^]*type: done/);
    // The new server has the address of the lost one by now: it must not be taken for an intruder.
    run.child.kill('SIGKILL');
    await run.ended;
    const resumed = firedrill(production.programme, [
      'resume',
      readNewest(production.programme).runId,
      '--view',
      'plain',
    ]);
    await resumed.sees(/Switched off by the restore: archive_mode[^]*type: done/);
    resumed.type('done');
    code = await resumed.ended;
    text = resumed.text();
    record = readNewest(production.programme);
  }, limitMs);
  afterAll(() => production.remove());

  test('is replaced by following the same runbook, killed engine and all', () => {
    expect(code, text).toBe(0);
    expect(record.of('run-ended')[0]?.data).toMatchObject({ status: 'completed', verdict: 'met' });
    expect(existsSync(production.primary.dataDirectory)).toBe(false);
    const done = record.of('step-succeeded').map((entry) => entry.data.step);
    for (const step of [
      'provision',
      'restore',
      'deploy',
      'start-application',
      'test-write',
      'protect',
      'new-backup',
    ])
      expect(
        done.filter((one) => one === step),
        step,
      ).toHaveLength(1);
  });

  test('was seen by the signs alone', () => {
    const { signs } = record.of('detection-evaluated')[0]!.data;
    expect(signs.filter((sign) => sign.seen === true).map((sign) => sign.id)).toEqual(
      expect.arrayContaining(['no-answer', 'files-gone', 'application-down']),
    );
  });

  test('has no figure for a loss that nobody watched, and says so to management', () => {
    const counted = record.of('step-succeeded').find((entry) => entry.data.step === 'count-loss');
    expect(counted?.data.outputs).toMatchObject({ how: 'not-measured', lost: null, lostWithout: null });
    const report = readFileSync(join(record.folder, 'report.md'), 'utf8');
    expect(report).toMatch(/What was lost is not measured, with the stream of the log or without it/);
    expect(record.of('message-sent').map((entry) => entry.data.message)).toContain('management-closed');
  });

  test('serves again at the old address, from a place of this run', async () => {
    expect(production.traffic()).toBe(`${production.primary.host} ${production.primary.port}`);
    expect((await fetch(production.health)).status).toBe(200);
  });

  test('leaves a record that the audit finds intact', async () => {
    const audit = firedrill(production.programme, ['audit', record.folder]);
    expect(await audit.ended, audit.text()).toBe(0);
  });
});
