import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readJournal, verifyChain } from '../../src/journal/index.js';
import type { Entry, RunState } from '../../src/run/index.js';
import { takeUp } from './drive.js';
import { wholePlan } from './paper-plan.js';
import { paperWorld } from './paper-world.js';

const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
let scratch: string;
let appends: readonly Entry[];
let reference: Outcome;

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'firedrill-crash-'));
  const directory = join(scratch, 'reference');
  expect(await runEngine(directory, 's1', 'after', 0)).toEqual({ code: 0, signal: null });
  const journal = readFileSync(join(directory, 'journal.jsonl'));
  appends = readJournal(journal).entries;
  reference = await resumeAndCheck(directory);
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** An engine in a process of its own that kills itself around its `count`th append; 0 lets it live. */
async function runEngine(
  directory: string,
  session: string,
  when: string,
  count: number,
): Promise<{ code: number | null; signal: string | null }> {
  const child = spawn(
    process.execPath,
    ['--import', fixture('resolve-ts.mjs'), fixture('crash-run.ts'), directory, session, when, String(count)],
    {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, NODE_COMPILE_CACHE: join(scratch, 'cache') },
    },
  );
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  return { code, signal };
}

interface Outcome {
  readonly ended: RunState['ended'];
  readonly marks: readonly string[];
  readonly steps: { readonly [id: string]: string };
  readonly phases: { readonly [id: string]: string };
  readonly files: readonly (string | null)[];
}

const onceSteps = ['prepare', 'rebuild', 'first', 'left', 'right', 'tidy'].map((name) => `${name}-once`);

/** Takes the run up, brings it to its end and checks all that must hold whatever happened before. */
async function resumeAndCheck(directory: string): Promise<Outcome> {
  const file = join(directory, 'journal.jsonl');
  const before = readFileSync(file);
  const world = paperWorld(directory);
  const { handle, journal } = await takeUp(world, 'last', wholePlan());
  const state = await handle.done;
  await journal.close();
  const after = readFileSync(file);
  const reading = readJournal(after);
  expect(verifyChain(reading, { head: state.head, entries: state.seq })).toEqual([]);
  expect(after.subarray(0, readJournal(before).wholeBytes)).toEqual(
    before.subarray(0, readJournal(before).wholeBytes),
  );
  expect(onceSteps.map((name) => [name, world.marks(name)])).toEqual(onceSteps.map((name) => [name, 1]));
  expect(world.marks('fault-break')).toBe(1);
  expect(world.marks('never-chosen')).toBe(0);
  const told = reading.entries.flatMap((entry) => (entry.type === 'observed' ? [entry.data.ledgerSeq] : []));
  expect(told).toEqual([...new Set(told)].sort((a, b) => a - b));
  const succeeded = reading.entries.flatMap((entry) =>
    entry.type === 'step-succeeded' ? [entry.data.step] : [],
  );
  expect(succeeded.length).toBe(new Set(succeeded).size);
  const status = (all: { readonly [id: string]: { readonly status: string } }) =>
    Object.fromEntries(Object.entries(all).map(([id, one]) => [id, one.status]));
  return {
    ended: state.ended,
    marks: Object.keys(state.marks).sort(),
    steps: status(state.steps),
    phases: status(state.phases),
    files: [world.read('note'), world.read('service')],
  };
}

/** Runs the jobs two at a time. */
async function inPairs(jobs: readonly (() => Promise<void>)[]): Promise<void> {
  const waiting = [...jobs];
  const work = async () => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) await job();
  };
  await Promise.all([work(), work()]);
}

/** Kills an engine at each of `count` places and takes each of the runs up again. */
async function crashEverywhere(when: 'after' | 'before', count: number): Promise<void> {
  let killed = 0;
  const crash = async (at: number) => {
    const directory = join(scratch, `${when}-${at}`);
    const { signal } = await runEngine(directory, 's1', when, at);
    if (signal === 'SIGKILL') killed += 1;
    expect(await resumeAndCheck(directory), `killed ${when} ${at}`).toEqual(reference);
    rmSync(directory, { recursive: true });
  };
  await inPairs(Array.from({ length: count }, (_, index) => () => crash(index + 1)));
  // Rounds of acceptance depend on time: a run may have a few appends more or less than another.
  expect(killed).toBeGreaterThan(count - 6);
}

it('an engine killed after any of its appends leaves a run that ends the same, with nothing done twice', async () => {
  expect(appends.length).toBeGreaterThan(80);
  await crashEverywhere('after', appends.length);
});

it('so does an engine killed between any effect and the entry that tells of it', async () => {
  const effects = appends.filter(
    ({ type }) =>
      type === 'step-succeeded' ||
      type === 'check-evaluated' ||
      type === 'fault-injected' ||
      type === 'step-failed',
  );
  expect(effects.length).toBeGreaterThan(30);
  await crashEverywhere('before', effects.length);
});

it('a run gets to its end although every engine dies after a dozen entries', async () => {
  const directory = join(scratch, 'again');
  let engines = 0;
  for (;;) {
    engines += 1;
    const { code, signal } = await runEngine(
      directory,
      `s${engines}`,
      engines % 2 === 0 ? 'after' : 'before',
      13,
    );
    if (signal === null) {
      expect(code).toBe(0);
      break;
    }
    expect(engines).toBeLessThan(40);
  }
  expect(engines).toBeGreaterThan(5);
  expect(await resumeAndCheck(directory)).toEqual(reference);
});
