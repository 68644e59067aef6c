#!/usr/bin/env node
/**
 * Makes a fresh clone ready: npm packages from the lockfile (a current Node among them), the build, PostgreSQL's tools and what
 * else this purpose needs. Plain JavaScript without any dependency, for Node ≥ 18; quick when nothing is missing.
 *
 * Usage: node src/cli/setup.mjs start|test. Everything it says goes to standard error. Exit code 6: something is missing that
 * it cannot install here; it has printed the one line to type.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const purpose = process.argv[2] === 'test' ? 'test' : 'start';
const environmentExit = 6;

/** What must be on the machine: how to see that it is, and what it is called in each package manager. */
const requirements = [
  {
    what: 'PostgreSQL server and client tools',
    why: 'the lab runs real clusters',
    found: findPostgres,
    apt: 'postgresql',
    brew: 'postgresql@17',
    for: ['start', 'test'],
  },
  {
    what: 'zstd',
    why: 'base backups are compressed with it',
    found: () => onPath('zstd'),
    apt: 'zstd',
    brew: 'zstd',
    for: ['start', 'test'],
  },
  {
    what: 'tar',
    why: 'base backups are tar archives',
    found: () => onPath('tar'),
    apt: 'tar',
    brew: 'gnu-tar',
    for: ['start', 'test'],
  },
  {
    what: 'OpenSSL',
    why: 'the tests check a seal without firedrill',
    found: () => onPath('openssl'),
    apt: 'openssl',
    brew: 'openssl',
    for: ['test'],
  },
  {
    what: 'ssh-keygen',
    why: 'people sign records with it',
    found: () => onPath('ssh-keygen'),
    apt: 'openssh-client',
    brew: 'openssh',
    for: ['test'],
  },
  {
    what: 'tmux',
    why: 'the tests drive the screen in a real terminal',
    found: () => onPath('tmux'),
    apt: 'tmux',
    brew: 'tmux',
    for: ['test'],
  },
  {
    what: 'Chromium',
    why: 'the tests open the report in a real browser',
    found: findChromium,
    apt: 'chromium',
    brew: '--cask chromium',
    for: ['test'],
  },
  {
    what: 'Ceph (monitor, storage daemon, gateway)',
    why: 'the tests store backups on a real S3 server',
    found: () => ['ceph-mon', 'ceph-osd', 'monmaptool', 'ceph', 'radosgw', 'radosgw-admin'].every(onPath),
    apt: 'ceph-mon ceph-osd radosgw ceph-common',
    brew: 'ceph',
    for: ['test'],
  },
  {
    what: 'age',
    why: 'the tests encrypt backups and open them again',
    found: () => onPath('age'),
    apt: 'age',
    brew: 'age',
    for: ['test'],
  },
  {
    what: 'pgBackRest',
    why: 'the tests drive a repository of it',
    found: () => onPath('pgbackrest'),
    apt: 'pgbackrest',
    brew: 'pgbackrest',
    for: ['test'],
  },
];

main();

function main() {
  if (Number(process.versions.node.split('.')[0]) < 18) {
    stop(
      `Node ${process.versions.node} is too old to set firedrill up.`,
      'Install Node 18 or newer, then run this again.',
    );
  }
  installPackages();
  build();
  installMissing();
  if (purpose === 'start' && !onPath('radosgw'))
    say('no S3 server on this machine: this drill keeps its backups in a local store, S3 is not exercised');
}

/** `npm ci` when the lockfile changed since the last time; the stamp lies inside node_modules and goes with it. */
function installPackages() {
  const stamp = join(root, 'node_modules', '.firedrill-lockfile');
  const wanted = hashOf(join(root, 'package-lock.json'));
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  say('installing npm packages from the lockfile');
  run(
    npm(),
    ['ci', '--no-audit', '--no-fund', '--loglevel=error'],
    'npm ci failed',
    'Check that the npm registry can be reached, then run the same command again.',
  );
  writeFileSync(stamp, wanted);
}

/** Builds when a source file is newer than the last build, or the list of source files changed. */
function build() {
  const stamp = join(root, 'dist', '.firedrill-build');
  const wanted = sourcesFingerprint();
  if (
    existsSync(stamp) &&
    readFileSync(stamp, 'utf8') === wanted &&
    executable(join(root, 'node_modules', '.bin', 'firedrill'))
  )
    return;
  say('building');
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  run(
    bundledNode(),
    [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', join(root, 'tsconfig.build.json')],
    'the build failed',
    'Run `git status`: the sources differ from what was released.',
  );
  run(
    bundledNode(),
    [join(root, 'src', 'cli', 'bundle.mjs')],
    'the program could not be put together',
    'Run `npm ci`, then the same command again.',
  );
  linkCommand();
  writeFileSync(stamp, wanted);
}

/** So that `npx firedrill` finds the command of this very folder, and runs it on the Node that lies beside it. */
function linkCommand() {
  const bin = join(root, 'dist', 'program', 'firedrill.js');
  const link = join(root, 'node_modules', '.bin', 'firedrill');
  chmodSync(bin, 0o755);
  rmSync(link, { force: true });
  symlinkSync(join('..', '..', 'dist', 'program', 'firedrill.js'), link);
}

function installMissing() {
  const missing = requirements.filter((one) => one.for.includes(purpose) && !one.found());
  if (missing.length === 0) return;
  for (const one of missing) say(`missing: ${one.what} (${one.why})`);
  const packages = missing.flatMap((one) => one.apt.split(' '));
  const prefix = aptPrefix();
  if (prefix === null) {
    const line =
      process.platform === 'darwin'
        ? `brew install ${missing.map((one) => one.brew).join(' ')}`
        : `sudo apt-get install -y ${packages.join(' ')}`;
    stop('something this needs is not installed.', `Type: ${line}`);
  }
  say(`installing with apt-get: ${packages.join(' ')}`);
  keepDebianFromStartingACluster(prefix);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  apt(prefix, ['update', '-q'], env);
  apt(prefix, ['install', '-y', '-q', '--no-install-recommends', ...packages], env);
  const still = missing.filter((one) => !one.found());
  if (still.length > 0)
    stop(
      `still missing after installing: ${still.map((one) => one.what).join(', ')}.`,
      `Type: sudo apt-get install -y ${packages.join(' ')}`,
    );
}

/** Debian's server package makes and starts a cluster of its own; firedrill needs only the programs. */
function keepDebianFromStartingACluster(prefix) {
  if (existsSync('/etc/postgresql-common') || findPostgres()) return;
  const [command, ...args] = [
    ...prefix,
    'sh',
    '-c',
    'mkdir -p /etc/postgresql-common/createcluster.d && echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.d/firedrill.conf',
  ];
  spawnSync(command, args, { stdio: 'ignore' });
}

function apt(prefix, args, env) {
  const [command, ...rest] = [...prefix, 'apt-get', ...args];
  const result = spawnSync(command, rest, { env, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (result.status !== 0) {
    process.stderr.write((result.stdout ?? '') + (result.stderr ?? ''));
    stop(`apt-get ${args[0]} failed.`, `Type: sudo apt-get ${args.filter((arg) => arg !== '-q').join(' ')}`);
  }
}

/** How to become root for apt-get: already, with passwordless sudo, or not at all (null). */
function aptPrefix() {
  if (!onPath('apt-get')) return null;
  if (process.getuid?.() === 0) return [];
  return onPath('sudo') && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0
    ? ['sudo', '-n', '--preserve-env=DEBIAN_FRONTEND']
    : null;
}

function findPostgres() {
  const needed = ['postgres', 'initdb', 'pg_ctl', 'pg_basebackup', 'pg_receivewal', 'psql'];
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/opt/homebrew/bin', '/usr/local/bin'];
  const debian = '/usr/lib/postgresql';
  if (existsSync(debian))
    for (const version of readdirSync(debian)) folders.push(join(debian, version, 'bin'));
  return folders.some((folder) => folder !== '' && needed.every((tool) => executable(join(folder, tool))));
}

function findChromium() {
  const named = process.env.CHROMIUM ? [process.env.CHROMIUM] : [];
  const usual = [
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
  ];
  return [...named, ...usual].some(executable);
}

function sourcesFingerprint() {
  const hash = createHash('sha256');
  const walk = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) =>
      a.name < b.name ? -1 : 1,
    )) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (/\.tsx?$/.test(entry.name))
        hash.update(`${path.slice(root.length)} ${statSync(path).size} ${statSync(path).mtimeMs}\n`);
    }
  };
  walk(join(root, 'src'));
  return hash
    .update(hashOf(join(root, 'tsconfig.json')))
    .update(hashOf(join(root, 'tsconfig.build.json')))
    .update(hashOf(join(root, 'src', 'cli', 'bundle.mjs')))
    .digest('hex');
}

function hashOf(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/** The Node that came with the npm packages, or this one where the platform has none. */
function bundledNode() {
  const own = join(root, 'node_modules', '.bin', 'node');
  return existsSync(own) ? own : process.execPath;
}

function npm() {
  return process.platform === 'win32' ? 'npm.cmd' : 'npm';
}

function onPath(tool) {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .some((folder) => folder !== '' && executable(join(folder, tool)));
}

function executable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function run(command, args, failure, hint) {
  const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (result.status !== 0) stop(`${failure}${result.error ? ` (${result.error.message})` : ''}.`, hint);
}

function say(text) {
  process.stderr.write(`setup: ${text}\n`);
}

function stop(problem, hint) {
  process.stderr.write(`setup: ${problem}\n  ${hint}\n`);
  process.exit(environmentExit);
}
