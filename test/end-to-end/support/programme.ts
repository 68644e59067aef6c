import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { processesAbout, type FoundProcess } from './processes.js';
import { readEntries, isAbout, recordsOf, type RawEntry } from './record.js';
import { runProgram, startProgram, type Ended, type RunOptions, type Running } from './run-program.js';
import { until } from './sleep.js';

export const shippedDrill = 'drills/database-corruption.yaml';
export const shippedRunbook = 'runbooks/database-corruption.yaml';

/** A copy of the shipped programme in a folder of its own, with a configuration folder of its own. */
export interface Programme {
  readonly directory: string;
  /** Everything that a run may leave, and must not. */
  leftovers(): Leftovers;
  /** Cluster folders of labs that were ever seen, by name, e.g. `primary-1a2b3c`. */
  clustersSeen(): string[];
  run(...args: string[]): Promise<Ended>;
  runWith(options: RunOptions, ...args: string[]): Promise<Ended>;
  start(...args: string[]): Running;
  record(): string;
  runId(): string;
  /** Waits until the newest record holds such an entry. */
  entry(type: string, data?: Record<string, unknown>): Promise<RawEntry>;
  edit(file: string, from: string | RegExp, to: string): void;
  read(file: string): string;
  write(file: string, text: string): void;
  /** Ends what a failed test left and removes the folder. */
  remove(): Promise<void>;
}

export interface Leftovers {
  readonly processes: readonly FoundProcess[];
  readonly labs: readonly string[];
  readonly sockets: readonly string[];
}

export const nothingLeft: Leftovers = { processes: [], labs: [], sockets: [] };

/** `quick`: half the data and short waits; what is waited for stays the same. */
export function makeProgramme(pace: 'shipped' | 'quick' = 'quick'): Programme {
  const directory = mkdtempSync(join(tmpdir(), 'firedrill-end-to-end-'));
  // PostgreSQL runs as another account when this is root, and must be able to get through.
  chmodSync(directory, 0o755);
  for (const name of ['firedrill.yaml', 'runbooks', 'drills'])
    cpSync(name, join(directory, name), { recursive: true });
  const env = { FIREDRILL_CONFIG_HOME: join(directory, 'config') };
  const labs = join(directory, '.firedrill', 'labs');
  const sockets = new Set<string>();
  const clusters = new Set<string>();
  const look = () => {
    for (const lab of listOf(labs)) {
      for (const one of socketsOf(join(labs, lab, 'lab.json'))) sockets.add(one);
      for (const one of listOf(join(labs, lab, 'clusters'))) clusters.add(one);
    }
  };
  const watching = setInterval(look, 25);
  watching.unref();

  const read = (file: string) => readFileSync(join(directory, file), 'utf8');
  const write = (file: string, text: string) => writeFileSync(join(directory, file), text);
  const edit = (file: string, from: string | RegExp, to: string) => {
    const before = read(file);
    const after = before.replace(from, to);
    if (after === before) throw new Error(`${file} holds no ${String(from)}`);
    write(file, after);
  };
  edit('firedrill.yaml', 'scale: 1', 'scale: 0.5');
  if (pace === 'quick') {
    edit(shippedDrill, 'delay: 5s', 'delay: 500ms');
    edit(shippedRunbook, 'hold: 5s', 'hold: 2s');
    edit(shippedRunbook, 'every: 1s', 'every: 250ms');
  }

  const arguments_ = (args: readonly string[]) => ['--directory', directory, ...args];
  const record = () => {
    const newest = recordsOf(directory).at(-1);
    if (newest === undefined) throw new Error('there is no record yet');
    return newest;
  };
  return {
    directory,
    leftovers: () => {
      look();
      return {
        processes: processesAbout(directory),
        labs: listOf(labs),
        sockets: [...sockets].filter((folder) => existsSync(folder)),
      };
    },
    clustersSeen: () => [...clusters].sort(),
    run: (...args) => runProgram(arguments_(args), { env }),
    runWith: (options, ...args) =>
      runProgram(arguments_(args), { ...options, env: { ...env, ...options.env } }),
    start: (...args) => startProgram(arguments_(args), { env }),
    record,
    runId: () => basename(record()),
    entry: (type, data = {}) =>
      until(`${type} ${JSON.stringify(data)} in ${directory}`, () => {
        const newest = recordsOf(directory).at(-1);
        return newest === undefined ? null : readEntries(newest).find((entry) => isAbout(entry, type, data));
      }),
    edit,
    read,
    write,
    remove: async () => {
      clearInterval(watching);
      look();
      if (listOf(labs).length > 0) await runProgram(arguments_(['lab', 'down', '--all']), { env });
      for (const { pid } of processesAbout(directory)) kill(pid);
      await until('their end', () => processesAbout(directory).length === 0, 20_000);
      for (const folder of sockets) rmSync(folder, { recursive: true, force: true });
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function listOf(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function socketsOf(file: string): readonly string[] {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { socketDirectories: string[] }).socketDirectories;
  } catch {
    return [];
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself meanwhile.
  }
}
