import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { processesAbout } from './support/processes.js';
import {
  makeProgramme,
  nothingLeft,
  shippedDrill,
  shippedRunbook,
  type Programme,
} from './support/programme.js';
import { builtProgram, expectExit } from './support/run-program.js';

let programme: Programme;
beforeAll(() => {
  programme = makeProgramme();
});
afterAll(() => programme.remove());

const inProgramme = (...names: string[]) => join(programme.directory, ...names);
/** Nothing was begun: no record, no line of the register, no lab of a run, no process. */
const expectNothingBegun = () => {
  expect(existsSync(inProgramme('reports'))).toBe(false);
};

describe('a wrong command line ends with 2', () => {
  it.each([
    ['an unknown command', ['dril', shippedDrill], 'Did you mean `firedrill drill`?'],
    ['a missing argument', ['drill'], "missing required argument 'drill'"],
    ['all drills and one of them', ['drill', shippedDrill, '--all'], 'one or the other'],
    ['sabotage of one drill', ['drill', shippedDrill, '--sabotage'], '--sabotage goes with --all only'],
    ['all drills, attended by nobody', ['drill', '--all'], 'it needs a terminal'],
    ['a scale that is none', ['drill', shippedDrill, '--scale', 'big'], '--scale big is no factor'],
    ['an unknown option', ['drill', shippedDrill, '--unatended'], '--unattended'],
    ['an unknown view', ['drill', shippedDrill, '--view', 'vr'], 'tui, plain, json'],
    ['an unknown run', ['report', 'no-such-run'], 'no run "no-such-run"'],
    ['an unknown run to resume', ['resume', '2027-01-01'], 'no run "2027-01-01"'],
    ['a drill that is not there', ['drill', 'drills/none.yaml'], 'drills/none.yaml cannot be read'],
    ['an unknown kind of document', ['schema', 'Runbok'], 'Did you mean Runbook?'],
    ['an unknown lab', ['lab', 'down', 'none'], 'there is no lab "none"'],
    [
      'a live run without anybody',
      ['run', shippedRunbook, '--environment', 'lab', '--unattended'],
      '--unattended',
    ],
    ['a live run nowhere', ['run', shippedRunbook], '--environment'],
  ])('%s', async (_what, args, says) => {
    const ended = await programme.run(...args);
    expectExit(ended, 2);
    expect(ended.stderr.replaceAll(/[()]/g, '')).toContain(says);
    expect(ended.stderr).not.toMatch(/^\s+at /m);
    expectNothingBegun();
  });
});

describe('an invalid document ends with 3', () => {
  it('names file, line and column on standard error, and starts nothing', async () => {
    const broken = programme
      .read(shippedRunbook)
      .replace('uses: postgres.set-aside', 'uses: postgres.set-asid');
    writeFileSync(inProgramme('runbooks', 'broken.yaml'), broken);
    const line = broken.split('\n').findIndex((one) => one.includes('postgres.set-asid')) + 1;
    writeFileSync(
      inProgramme('drills', 'broken.yaml'),
      programme.read(shippedDrill).replace('runbooks/database-corruption', 'runbooks/broken'),
    );
    const ended = await programme.run('drill', 'drills/broken.yaml', '--unattended');
    expectExit(ended, 3);
    expect(ended.stderr).toMatch(
      new RegExp(`^runbooks/broken\\.yaml:${line}:\\d+: error: .*postgres\\.set-asid`, 'm'),
    );
    expect(ended.stderr).toContain('postgres.set-aside');
    expect(ended.stdout).toBe('');
    expectNothingBegun();
  });

  it('validate --format json prints pure JSON with every problem and its place', async () => {
    const ended = await programme.run(
      'validate',
      'runbooks/broken.yaml',
      'drills/broken.yaml',
      '--format',
      'json',
    );
    expectExit(ended, 3);
    const document = JSON.parse(ended.stdout) as { kind: string; data: { diagnostics: Problem[] } };
    expect(document).toMatchObject({ v: 1, kind: 'diagnostics' });
    const problem = document.data.diagnostics.find((one) => one.severity === 'error')!;
    expect(problem.file).toBe('runbooks/broken.yaml');
    expect(problem.line).toBeGreaterThan(1);
    expect(problem.column).toBeGreaterThan(1);
    expect(problem.message).toContain('postgres.set-asid');
  });

  it('a file that is no YAML is a problem with a place, too', async () => {
    writeFileSync(inProgramme('runbooks', 'torn.yaml'), 'kind: Runbook\n  id: [1, 2\n');
    const ended = await programme.run('validate', 'runbooks/torn.yaml');
    expectExit(ended, 3);
    expect(ended.stdout).toMatch(/^runbooks\/torn\.yaml:\d+:\d+: error: /m);
  });
});

const canHidePostgres =
  process.getuid?.() === 0 &&
  spawnSync('unshare', ['--mount', 'true']).status === 0 &&
  existsSync('/usr/lib/postgresql');

describe('a machine without PostgreSQL ends with 6', () => {
  it.runIf(canHidePostgres)('before a record is begun, saying what to type', () => {
    const program = builtProgram();
    const hidden = 'mount -t tmpfs none /usr/lib/postgresql && PATH=/nonexistent exec "$@"';
    const ended = spawnSync(
      'unshare',
      [
        '--mount',
        'sh',
        '-c',
        hidden,
        'sh',
        process.execPath,
        program,
        '--directory',
        programme.directory,
        'drill',
        shippedDrill,
      ],
      { encoding: 'utf8', env: { ...process.env, FIREDRILL_CONFIG_HOME: inProgramme('config') } },
    );
    expect(ended.status).toBe(6);
    expect(ended.stderr).toContain('no PostgreSQL installation');
    expect(ended.stderr).toContain('apt-get install postgresql');
    expectNothingBegun();
  });
});

describe('a drill on anything but a lab ends with 5', () => {
  it('is refused on a declared environment, whatever else is wrong with it', async () => {
    const text = programme.read('firedrill.yaml');
    programme.write(
      'firedrill.yaml',
      `${text}
  production:
    kind: declared
    database: {host: 127.0.0.1, port: 5432, name: app, user: app}
    fingerprint: {systemIdentifier: "7711272364892206846", host: 127.0.0.1, port: 5432}
    store: main
    policy: {staticTables: [], appendOnly: {}}
stores:
  main: {kind: local, directory: backups}
`,
    );
    programme.write(
      'drills/production.yaml',
      programme.read(shippedDrill).replace('environment: lab', 'environment: production'),
    );
    const ended = await programme.run('drill', 'drills/production.yaml', '--unattended');
    programme.write('firedrill.yaml', text);
    expectExit(ended, 5);
    expect(ended.stderr).toContain('environment "production" is not a lab');
    expectNothingBegun();
  });
});

describe('a lab that was made beforehand', () => {
  const labAt = (...names: string[]) => inProgramme('.firedrill', 'labs', 'kept', ...names);
  const state = () => JSON.parse(readFileSync(labAt('lab.json'), 'utf8')) as LabState;
  let primary: string;
  let servers: readonly number[];

  beforeAll(async () => {
    expectExit(await programme.run('lab', 'up', 'kept'), 0);
    programme.edit(
      'firedrill.yaml',
      'environments:\n',
      'environments:\n  kept: {kind: lab, directory: .firedrill/labs/kept, regions: 1}\n',
    );
    programme.write(
      'drills/kept.yaml',
      programme.read(shippedDrill).replace('environment: lab', 'environment: kept'),
    );
    primary = state().names['primary']!;
    servers = serversOf();
    expect(servers.length).toBeGreaterThan(0);
  });

  const serversOf = () =>
    processesAbout(programme.directory)
      .filter(({ command }) => command.includes('postgres'))
      .map(({ pid }) => pid)
      .sort((a, b) => a - b);

  /** What the attempt changed is put right again, whether it was refused or not. */
  const whileChanged = async (change: () => void, putBack: () => void, says: RegExp) => {
    change();
    try {
      await expectRefused(says);
    } finally {
      putBack();
    }
  };

  const expectRefused = async (says: RegExp) => {
    const before = readFileSync(labAt('lab.json'), 'utf8');
    const ended = await programme.run('drill', 'drills/kept.yaml', '--unattended');
    expectExit(ended, 5);
    expect(ended.stderr).toMatch(says);
    expect(ended.stderr).toContain('Nothing was changed');
    expectNothingBegun();
    expect(readFileSync(labAt('lab.json'), 'utf8')).toBe(before);
    // The server that was there is there still, never restarted.
    for (const pid of servers.slice(0, 1)) expect(serversOf()).toContain(pid);
  };

  it('is refused when its token is gone', async () => {
    const token = join(primary, '..', 'token');
    await whileChanged(
      () => renameSync(token, `${token}.aside`),
      () => renameSync(`${token}.aside`, token),
      /there is no token in/,
    );
  });

  it('is refused when its token is another one', async () => {
    const token = join(primary, '..', 'token');
    const text = readFileSync(token, 'utf8');
    await whileChanged(
      () => writeFileSync(token, `${'0'.repeat(64)}\n`),
      () => writeFileSync(token, text),
      /is not the one this lab put there/,
    );
  });

  it('is refused when its data directory is a link that leads out', async () => {
    const outside = inProgramme('somebody-elses');
    mkdirSync(outside);
    await whileChanged(
      () => {
        renameSync(primary, `${primary}.aside`);
        symlinkSync(outside, primary);
      },
      () => {
        rmSync(primary);
        renameSync(`${primary}.aside`, primary);
      },
      /leads to .*somebody-elses, outside/,
    );
    expect(readdirSync(outside)).toEqual([]);
  });

  it('is refused when lab.json names a data directory that is not the lab’s', async () => {
    const files = [labAt('lab.json'), labAt('traffic.json')].map(
      (file) => [file, readFileSync(file, 'utf8')] as const,
    );
    const elsewhere = inProgramme('somebody-elses', 'data');
    await whileChanged(
      () => files.forEach(([file, text]) => writeFileSync(file, text.replaceAll(primary, elsewhere))),
      () => files.forEach(([file, text]) => writeFileSync(file, text)),
      /somebody-elses/,
    );
  });

  it('is refused when another cluster stands where it was recorded', async () => {
    const text = readFileSync(labAt('lab.json'), 'utf8');
    const [, recorded = ''] = /"systemIdentifier": "(\d+)"/.exec(text) ?? [];
    await whileChanged(
      () => writeFileSync(labAt('lab.json'), text.replaceAll(recorded, '7000000000000000000')),
      () => writeFileSync(labAt('lab.json'), text),
      /system identifier is \d+, recorded 7000000000000000000/,
    );
  });

  it('runs the drill when all is as recorded, and stays when it ends', async () => {
    const ended = await programme.run('drill', 'drills/kept.yaml', '--unattended', '--view', 'plain');
    expectExit(ended, 0);
    expect(ended.stdout).toContain('objectives met');
    expect((await programme.run('lab', 'status')).stdout).toContain('lab kept (ready)');
    expectExit(await programme.run('lab', 'down', 'kept'), 0);
    expect(programme.leftovers()).toEqual(nothingLeft);
  });
});

interface Problem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly severity: string;
  readonly message: string;
}

interface LabState {
  readonly names: { readonly [name: string]: string };
}
