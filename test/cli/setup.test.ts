import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

let root: string;
/** The only folder of PATH: what is not put there is not on this machine. */
let programs: string;
let calls: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'firedrill-setup-'));
  programs = join(root, 'programs');
  calls = join(root, 'calls');
  for (const folder of ['programs', 'src/cli', 'fakes']) mkdirSync(join(root, folder), { recursive: true });
  for (const file of [
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'src/cli/setup.mjs',
    'src/cli/bin.ts',
  ])
    cpSync(file, join(root, file));
  writeFileSync(
    join(root, 'fakes', 'tsc.cjs'),
    'const fs = require("fs"); fs.mkdirSync("dist"); fs.appendFileSync("calls", "tsc\\n");',
  );
  writeFileSync(
    join(root, 'src/cli/bundle.mjs'),
    `import { mkdirSync, writeFileSync } from 'node:fs';
    mkdirSync('dist/program'); writeFileSync('dist/program/firedrill.js', '');`,
  );
  program(
    'npm',
    `/bin/rm -rf node_modules; /bin/mkdir -p node_modules/.bin node_modules/typescript/bin; /bin/cp fakes/tsc.cjs node_modules/typescript/bin/tsc`,
  );
  for (const tool of [
    'postgres',
    'initdb',
    'pg_ctl',
    'pg_basebackup',
    'pg_receivewal',
    'psql',
    'tar',
    'radosgw',
  ])
    program(tool);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A program that notes how it was called. */
function program(name: string, script = ''): void {
  const file = join(programs, name);
  writeFileSync(file, `#!/bin/sh\necho "${name} $*" >> '${calls}'\n${script}\n`);
  chmodSync(file, 0o755);
}

function setUp(purpose: 'start' | 'test' = 'start'): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'src/cli/setup.mjs'), purpose], {
    encoding: 'utf8',
    cwd: '/',
    env: { PATH: programs, CHROMIUM: join(programs, 'chromium') },
  });
  return { code: status, stdout, stderr };
}

const called = () => (existsSync(calls) ? readFileSync(calls, 'utf8').trimEnd().split('\n') : []);
const npmCi = 'npm ci --no-audit --no-fund --loglevel=error';

describe('setting a fresh clone up', () => {
  test('where something is missing that it cannot install, prints the one line to type and ends with 6', () => {
    rmSync(join(programs, 'tar'));
    const { code, stdout, stderr } = setUp();
    expect(code).toBe(6);
    expect(stdout).toBe('');
    expect(stderr).toContain('missing: zstd (base backups are compressed with it)');
    const line =
      process.platform === 'darwin' ? 'brew install zstd gnu-tar' : 'sudo apt-get install -y zstd tar';
    expect(stderr.trimEnd().split('\n').at(-1)).toBe(`  Type: ${line}`);
    // The line is run, and the same command goes on where it stopped.
    program('zstd');
    program('tar');
    expect(setUp()).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(called()).toEqual([npmCi, 'tsc']);
  });

  test('asks for less to start than to test', () => {
    program('zstd');
    expect(setUp().code).toBe(0);
    const { code, stderr } = setUp('test');
    expect(code).toBe(6);
    for (const what of ['OpenSSL', 'ssh-keygen', 'tmux', 'Ceph', 'age', 'pgBackRest'])
      expect(stderr).toContain(`missing: ${what}`);
    expect(stderr).not.toContain('zstd');
  });

  test('does nothing a second time, and again only what changed', () => {
    program('zstd');
    expect(setUp()).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringContaining('setup: building') as string,
    });
    for (let again = 0; again < 2; again += 1) expect(setUp()).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(called()).toEqual([npmCi, 'tsc']);
    appendFileSync(join(root, 'src/cli/bin.ts'), '\n');
    expect(setUp().stderr).toBe('setup: building\n');
    expect(called().slice(2)).toEqual(['tsc']);
    // New packages take the link to the command along: it must be made again.
    appendFileSync(join(root, 'package-lock.json'), '\n');
    expect(setUp().code).toBe(0);
    expect(called().slice(3)).toEqual([npmCi, 'tsc']);
    expect(existsSync(join(root, 'node_modules/.bin/firedrill'))).toBe(true);
  });

  test('says that S3 is not exercised where there is no such server', () => {
    program('zstd');
    rmSync(join(programs, 'radosgw'));
    expect(setUp().stderr).toContain('S3 is not exercised');
  });

  test('does not take what it could not install or build for done', () => {
    program('zstd');
    program('npm', 'exit 1');
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const { code, stderr } = setUp();
      expect([code, stderr]).toEqual([6, expect.stringContaining('npm ci failed.')]);
    }
    expect(called()).toEqual([npmCi, npmCi]);
  });

  // Without being root it would ask sudo first.
  test.runIf(process.getuid?.() === 0)(
    'installs with apt-get as root, and believes only what it then finds',
    () => {
      program('apt-get');
      const { code, stderr } = setUp();
      expect([code, stderr]).toEqual([6, expect.stringContaining('still missing after installing: zstd.')]);
      program(
        'apt-get',
        `[ "$1" = install ] && /bin/cp '${join(programs, 'tar')}' '${join(programs, 'zstd')}'; exit 0`,
      );
      expect(setUp().code).toBe(0);
      expect(
        called()
          .filter((line) => line.startsWith('apt-get'))
          .slice(-2),
      ).toEqual(['apt-get update -q', 'apt-get install -y -q --no-install-recommends zstd']);
      rmSync(join(programs, 'zstd'));
      program('apt-get', 'echo no network >&2; exit 100');
      expect(setUp()).toMatchObject({
        code: 6,
        stderr: expect.stringMatching(/no network\nsetup: apt-get update failed/) as string,
      });
    },
  );
});
