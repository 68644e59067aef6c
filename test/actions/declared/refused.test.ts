import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  declaredEnvironment,
  openDeclared,
  readDeclared,
  stateFile,
  type Environment,
} from '../../../src/actions/index.js';
import { Failure, type JsonObject } from '../../../src/base/index.js';
import {
  findPostmaster,
  killCluster,
  makeOwnedDirectory,
  runTool,
  startCluster,
  stopCluster,
  type ClusterLocation,
} from '../../../src/postgres/index.js';
import { firedrill, readNewest } from './live-run.js';
import { makeProduction, type Production } from './production.js';

let production: Production;
let primary: ClusterLocation;
let undo: (() => void | Promise<void>)[] = [];

beforeAll(async () => {
  production = await makeProduction();
  primary = production.primary;
});
afterEach(async () => {
  for (const act of undo.reverse()) await act();
  undo = [];
  production.declare();
});
afterAll(async () => {
  await production.remove();
});

/** A running copy of the primary, made the way a standby or a restored copy is: it has the same system identifier. */
async function copyOf(name: string, standby: boolean): Promise<ClusterLocation> {
  const { ground } = production;
  const copy: ClusterLocation = { ...(await ground.place(name)), passfile: null, database: 'rides' };
  await makeOwnedDirectory(copy.dataDirectory, copy.account);
  await runTool(
    ground.tools,
    'pg_basebackup',
    ['-D', copy.dataDirectory, '-X', 'stream', '-c', 'fast', '-w', ...(standby ? ['-R'] : [])],
    { location: primary },
  );
  await startCluster(ground.tools, copy);
  undo.push(async () => {
    await killCluster(copy);
  });
  return copy;
}

async function refusedRun(): Promise<string> {
  const run = firedrill(production.programme, [
    ...['run', 'runbooks/database-corruption.yaml', '--environment', 'production', '--view', 'plain'],
  ]);
  const code = await run.ended;
  expect(code, run.text()).toBe(5);
  const record = readNewest(production.programme);
  expect(record.of('environment-opened')).toEqual([]);
  expect(record.of('step-started')).toEqual([]);
  expect(readdirSync(production.workDirectory)).toEqual([]);
  return run.text();
}

describe('a live run is refused before anything is done, with exit code 5, when', () => {
  test('the configured system identifier is another cluster’s', async () => {
    production.declare({ systemIdentifier: '7412345678901234567' });
    expect(await refusedRun()).toContain(
      `system identifier is ${production.systemIdentifier}, declared is 7412345678901234567`,
    );
  });

  test('a standby with the same system identifier stands in its place', async () => {
    const standby = await copyOf('standby', true);
    production.declare({ port: standby.port, dataDirectory: standby.dataDirectory, without: ['traffic'] });
    expect(await refusedRun()).toMatch(
      /it is a standby, or a copy that is still recovering|make it a standby/,
    );
  });

  test('a copy with the same system identifier answers at its address', async () => {
    const copy = await copyOf('copy', false);
    const passfile = primary.passfile ?? '';
    const line = readFileSync(passfile, 'utf8');
    writeFileSync(passfile, line.replace(/:\d+:/, ':*:'));
    undo.push(() => writeFileSync(passfile, line));
    production.declare({ port: copy.port, without: ['traffic'] });
    expect(await refusedRun()).toContain(`runs on ${copy.dataDirectory}, not on ${primary.dataDirectory}`);
  });

  test('a link leads to the data directory', async () => {
    const link = join(dirname(primary.dataDirectory), 'link');
    symlinkSync(primary.dataDirectory, link);
    production.declare({ dataDirectory: link });
    expect(await refusedRun()).toContain(`${link} leads to ${primary.dataDirectory}; it must be a real path`);
  });
});

describe('the guard of a declared environment', () => {
  let environment: Environment;
  let number = 0;
  const frozen = (): JsonObject => ({
    kind: 'declared',
    database: {
      host: primary.host,
      port: primary.port,
      name: 'rides',
      user: 'admin',
      passfile: primary.passfile,
      dataDirectory: primary.dataDirectory,
    },
    fingerprint: {
      systemIdentifier: production.systemIdentifier,
      host: primary.host,
      port: primary.port,
    },
    store: 'main',
    stores: { main: { kind: 'local', directory: join(production.programme, 'store') } },
    policy: { staticTables: [], appendOnly: {} },
    workDirectory: production.workDirectory,
  });
  /** Opens the environment of one run; the same run again is what a resumed engine does. */
  const open = async (runId: string): Promise<Environment> => {
    const settings = await readDeclared('production', frozen(), production.programme);
    const state = stateFile(join(production.programme, '.firedrill', `${runId}.json`));
    await openDeclared(settings, runId, state);
    return declaredEnvironment({
      ...{ settings, runId, state, tools: production.ground.tools, values: {}, sentinel: null },
      ...{ channels: new Map(), outbox: join(production.programme, 'outbox'), moved: () => undefined },
      passwords: { formerFolder: '/nowhere', own: [], learn: () => undefined },
    });
  };
  const refusal = async (location = primary): Promise<string> => {
    const failure: unknown = await environment.postgres.guard('overwrite it', location).then(
      () => 'allowed',
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(Failure);
    expect(failure).toMatchObject({ reason: 'refused' });
    return (failure as Failure).message;
  };
  const restart = async () => {
    await stopCluster(production.ground.tools, primary, 'fast');
    await startCluster(production.ground.tools, primary);
  };
  const begin = async () => {
    number += 1;
    environment = await open(`guarded-${number}`);
    return `guarded-${number}`;
  };

  test('lets the declared cluster pass, alive and dead', async () => {
    await begin();
    await environment.postgres.guard('look', primary);
    await stopCluster(production.ground.tools, primary, 'fast');
    undo.push(async () => {
      await startCluster(production.ground.tools, primary);
    });
    await environment.postgres.guard('look', primary);
  });

  test('refuses a server that was restarted behind its back; the next session looks anew', async () => {
    const run = await begin();
    await restart();
    expect(await refusal()).toMatch(/postmaster is \d+, recorded \d+/);
    environment = await open(run);
    await environment.postgres.guard('look', primary);
  });

  test('refuses another data directory under the same path, now and when the run is resumed', async () => {
    const run = await begin();
    await stopCluster(production.ground.tools, primary, 'fast');
    const kept = `${primary.dataDirectory}.kept`;
    renameSync(primary.dataDirectory, kept);
    mkdirSync(primary.dataDirectory);
    undo.push(async () => {
      renameSync(primary.dataDirectory, `${primary.dataDirectory}.empty-${number}`);
      renameSync(kept, primary.dataDirectory);
      await startCluster(production.ground.tools, primary);
    });
    expect(await refusal()).toMatch(/inode of the data directory is \d+, recorded \d+/);
    await expect(open(run)).rejects.toMatchObject({ reason: 'refused' });
  });

  test('refuses a cluster that went on as a standby', async () => {
    await begin();
    writeFileSync(join(primary.dataDirectory, 'standby.signal'), '');
    undo.push(() => {
      renameSync(join(primary.dataDirectory, 'standby.signal'), join(production.programme, 'signal'));
    });
    expect(await refusal()).toContain('its files make it a standby');
  });

  test('refuses a tablespace that leads where the configuration does not say', async () => {
    await begin();
    const elsewhere = join(production.programme, 'elsewhere');
    mkdirSync(elsewhere, { recursive: true });
    const link = join(primary.dataDirectory, 'pg_tblspc', '99999');
    symlinkSync(elsewhere, link);
    undo.push(() => {
      renameSync(link, join(production.programme, `link-${number}`));
    });
    expect(await refusal()).toContain(`pg_tblspc/99999 leads to ${elsewhere}`);
  });

  test('refuses a cluster that the run does not know, and another address of one that it does', async () => {
    await begin();
    expect(await refusal({ ...primary, port: primary.port + 1 })).toMatch(/port is \d+, recorded \d+/);
    expect(await refusal({ ...primary, dataDirectory: '/var/lib/postgresql/other' })).toContain(
      'no cluster is recorded at /var/lib/postgresql/other',
    );
  });

  test('knows the places it made by their token, and makes none twice', async () => {
    await begin();
    const { postgres } = environment;
    const side = await postgres.locate('side');
    expect(await postgres.locate('side')).toEqual(side);
    await postgres.guard('restore into it', side);
    const token = join(dirname(side.dataDirectory), 'token');
    writeFileSync(token, 'made up\n');
    expect(await refusal(side)).toContain('is not the one this run put there');
    await expect(postgres.assign('replacement', primary)).rejects.toMatchObject({ reason: 'refused' });
  });

  test('remembers a restored cluster only if it is of the declared system', async () => {
    await begin();
    const { ground } = production;
    const place = await environment.postgres.locate('replacement');
    const other = await ground.cluster(`other-${number}`);
    await ground.withSession(other, (session) => session.query('create database rides'));
    await stopCluster(ground.tools, other, 'fast');
    renameSync(other.dataDirectory, place.dataDirectory);
    const passfile = place.passfile ?? '';
    const line = readFileSync(other.passfile ?? '', 'utf8');
    writeFileSync(passfile, line.replace(/^([^:]*):\d+/, `$1:${place.port}`), { mode: 0o600 });
    await startCluster(ground.tools, place);
    undo.push(async () => {
      await killCluster(place);
    });
    await expect(environment.postgres.assign('replacement', place)).rejects.toThrow(
      /its system identifier is \d+, declared is/,
    );
    expect(existsSync(place.dataDirectory)).toBe(true);
  });

  test('reading needs no data directory; changing does', async () => {
    number += 1;
    const settings = await readDeclared(
      'production',
      {
        ...frozen(),
        database: {
          host: primary.host,
          port: primary.port,
          name: 'rides',
          user: 'admin',
          passfile: primary.passfile,
        },
      },
      production.programme,
    );
    const state = stateFile(join(production.programme, '.firedrill', `guarded-${number}.json`));
    await openDeclared(settings, `guarded-${number}`, state);
    environment = declaredEnvironment({
      ...{ settings, runId: `guarded-${number}`, state, tools: production.ground.tools, values: {} },
      ...{ sentinel: null, channels: new Map(), outbox: '/nowhere', moved: () => undefined },
      passwords: { formerFolder: '/nowhere', own: [], learn: () => undefined },
    });
    const session = await environment.postgres.connect({ readOnly: true });
    expect(await session.query('select 1 as one')).toEqual([{ one: 1 }]);
    await session.end();
    expect(await refusal(settings.primary)).toContain('does not say where its data directory is');
    expect(await findPostmaster(primary.dataDirectory)).not.toBeNull();
  });
});
