import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectTo, serverLogFile } from '../../../src/postgres/index.js';
import { firedrill, readNewest, type LiveRecord } from './live-run.js';
import { makeTwoRegions, passwordIn, type TwoRegions } from './two-regions.js';

/** Arguments and variables of every process of this machine, again and again, as anybody could read them. */
function watchProcesses() {
  const seen = new Set<string>();
  const stop = new AbortController();
  const watching = (async () => {
    while (!stop.signal.aborted) {
      for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
        for (const file of ['cmdline', 'environ']) seen.add(readOrNothing(`/proc/${pid}/${file}`));
      await delay(15);
    }
  })();
  return {
    end: async () => {
      stop.abort();
      await watching;
      return [...seen].join('\n');
    },
  };
}

function readOrNothing(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name));
}

describe('a move to the other region with a new password for the application', () => {
  let ground: TwoRegions;
  let record: LiveRecord;
  let text: string;
  let code: number | null;
  let processes: string;
  let old: string;
  beforeAll(async () => {
    ground = await makeTwoRegions();
    await ground.ground.withSession(ground.b, async (session) => {
      await session.query(`alter system set log_statement = 'all'`);
      await session.query('select pg_reload_conf()');
    });
    cpSync(resolve('test/actions/declared/fixtures/move.yaml'), join(ground.programme, 'runbooks/move.yaml'));
    old = passwordIn(ground.at('rides-app.pass'));
    expect(await ground.healthy()).toBe(true);
    const run = firedrill(ground.programme, [
      ...['run', 'runbooks/move.yaml', '--environment', 'production', '--view', 'plain'],
    ]);
    await run.sees(/type: go-on/);
    run.type('go-on');
    await run.sees(/Look at it[^]*type: done/);
    const watch = watchProcesses();
    run.type('done');
    code = await run.ended;
    processes = await watch.end();
    text = run.text();
    record = readNewest(ground.programme);
  }, 120_000);
  afterAll(async () => {
    await ground.remove();
  });

  /** Logs in as the application, the way a client with that password does. */
  const logIn = async (password: string) => {
    const passfile = ground.at(`try-${password.length}.pass`);
    writeFileSync(passfile, `*:*:*:rides_app:${password}\n`, { mode: 0o600 });
    const session = await connectTo({ ...ground.b, user: 'rides_app', passfile });
    return session.query('select current_user as who').finally(() => session.end());
  };

  test('goes through every step, the early promotion refused', () => {
    const succeeded = record.of('step-succeeded').map((entry) => entry.data.step);
    expect(succeeded, text).toEqual(['fence', 'promote', 'switch', 'before', 'look', 'rotate', 'after']);
    const early = record.of('step-failed').filter((entry) => entry.data.step === 'early');
    expect(JSON.stringify(early)).toContain('not shown to be fenced');
    // Nothing was accepted, because this runbook asks for nothing: that is no success.
    expect(code, text).toBe(1);
    expect(record.of('run-ended')[0]?.data).toMatchObject({ status: 'completed', verdict: 'inconclusive' });
  });

  test('leaves the application refused with the old password and accepted with the new one', async () => {
    const fresh = passwordIn(ground.at('rides-app.pass'));
    expect(fresh).not.toBe(old);
    expect(passwordIn(ground.at('service/app.pass'))).toBe(fresh);
    await expect(logIn(old)).rejects.toMatchObject({ message: expect.stringContaining('28P01') as string });
    expect(await logIn(fresh)).toEqual([{ who: 'rides_app' }]);
    expect(await ground.healthy()).toBe(true);
    const [rotated] = record.of('step-succeeded').filter((entry) => entry.data.step === 'rotate');
    expect(rotated?.data.outputs).toMatchObject({ ok: true, roles: ['rides_app'], unchanged: ['admin'] });
  });

  test('shows no password to whoever lists processes, reads the server’s log or opens the record', () => {
    const fresh = passwordIn(ground.at('rides-app.pass'));
    // What brings it was seen, with the name of the role and of the file.
    expect(processes).toContain('FIREDRILL_ROLE=rides_app');
    const log = readFileSync(serverLogFile(ground.b), 'utf8');
    expect(log).toContain(`alter role "rides_app" password 'SCRAM-SHA-256$4096:`);
    const written = filesBelow(record.folder).map((file) => readFileSync(file, 'utf8'));
    expect(written.join('\n')).toContain('rides_app brought');
    for (const place of [processes, log, text, ...written])
      for (const secret of [old, fresh]) expect(place.includes(secret)).toBe(false);
    expect(existsSync(join(ground.programme, '.firedrill/runs', record.runId, 'declared/former'))).toBe(
      false,
    );
  });
});
