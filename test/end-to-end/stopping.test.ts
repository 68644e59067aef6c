import { afterEach, describe, expect, it } from 'vitest';
import { startedWith } from './support/processes.js';
import { makeProgramme, nothingLeft, shippedDrill, type Programme } from './support/programme.js';
import { entriesOf, readEntries, readReport } from './support/record.js';
import { expectExit } from './support/run-program.js';
import { until } from './support/sleep.js';

let programme: Programme;
afterEach(() => programme.remove());

const start = () => {
  programme = makeProgramme();
  return programme.start('drill', shippedDrill, '--unattended', '--view', 'plain');
};

describe('a run that is told to stop', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s: obligations are fulfilled, everything is removed, exit code %i', async (signal, code) => {
    const engine = start();
    await programme.entry('step-started', { step: 'extent' });
    // While it runs there is much to remove: the check below could fail.
    expect(programme.leftovers().processes.length).toBeGreaterThan(4);
    expect(programme.leftovers().sockets.length).toBeGreaterThan(0);
    // How the engine allocates memory is its own affair: the servers and tools that it starts do as the machine does.
    if (process.platform === 'linux' && process.env['MALLOC_ARENA_MAX'] === undefined) {
      expect(startedWith(engine.pid)).toContain('MALLOC_ARENA_MAX=2');
      for (const { pid } of programme.leftovers().processes)
        if (pid !== engine.pid) expect(startedWith(pid) ?? []).not.toContain('MALLOC_ARENA_MAX=2');
    }
    engine.signal(signal);
    const ended = await engine.ended;
    expectExit(ended, code);
    const record = programme.record();
    expect(entriesOf(record, 'stop-requested')[0]!.data).toMatchObject({ how: 'signal' });
    expect(entriesOf(record, 'step-started', { step: 'set-aside' })).toEqual([]);
    expect(entriesOf(record, 'phase-entered', { phase: 'always' })).toHaveLength(1);
    expect(entriesOf(record, 'environment-closed')[0]!.data).toMatchObject({ leftovers: [] });
    expect(readReport(record).assessment.outcome).toMatchObject({ status: 'cancelled' });
    expect(readReport(record).assessment.outcome.verdict).not.toBe('met');
    expect(ended.stdout).not.toContain('objectives met');
    expect(readEntries(record).at(-1)!.type).toBe('run-sealed');
    expect(programme.leftovers()).toEqual(nothingLeft);
    expectExit(await programme.run('audit', record), 0);
  });

  it('SIGINT while a large lab is being filled: the filling ends, and nothing stays', async () => {
    programme = makeProgramme();
    const engine = programme.start('drill', shippedDrill, '--unattended', '--view', 'plain', '--scale', '80');
    const filling = () =>
      programme.leftovers().processes.some(({ command }) => /^postgres: .* INSERT$/.test(command));
    await until('rows of the sample', filling);
    engine.signal('SIGINT');
    expectExit(await engine.ended, 130);
    const record = programme.record();
    expect(entriesOf(record, 'environment-opened')).toEqual([]);
    const closed = entriesOf(record, 'environment-closed')[0]!.data;
    expect(closed).toMatchObject({ leftovers: [] });
    // What there was already is on record as removed.
    expect(closed['released']).not.toEqual([]);
    expect(readReport(record).assessment.outcome).toMatchObject({ status: 'cancelled' });
    expect(programme.leftovers()).toEqual(nothingLeft);
    expectExit(await programme.run('audit', record), 0);
  });

  it('SIGINT twice: it stops now, says how to go on, and resume brings it to its end', async () => {
    const engine = start();
    await programme.entry('step-started', { step: 'restore' });
    engine.signal('SIGINT');
    await programme.entry('stop-requested');
    engine.signal('SIGINT');
    const ended = await engine.ended;
    expectExit(ended, 130);
    const runId = programme.runId();
    expect(ended.stdout).toContain(`firedrill resume ${runId}`);
    expect(ended.stdout).toContain(`firedrill lab down ${runId}`);
    expect(entriesOf(programme.record(), 'run-ended')).toEqual([]);
    const { labs, processes } = programme.leftovers();
    expect(labs).toEqual([runId]);
    expect(processes.some(({ command }) => command.includes('watchdog'))).toBe(true);
    expect((await programme.run('runs')).stdout).toMatch(new RegExp(`^${runId} +interrupted`, 'm'));

    const resumed = await programme.run('resume', runId, '--view', 'plain');
    expect(resumed.code).not.toBe(0);
    expect(readReport(programme.record()).assessment.outcome.status).toBe('cancelled');
    expect(programme.leftovers()).toEqual(nothingLeft);
    expectExit(await programme.run('audit', programme.record()), 0);
  });
});

describe('a run that nobody watches any more', () => {
  it('goes on when its output is closed and when the terminal hangs up', async () => {
    const engine = start();
    await until('a first line', () => engine.stdout().includes('\n'));
    engine.closeOutput();
    await programme.entry('fault-injected');
    engine.signal('SIGHUP');
    const ended = await engine.ended;
    expectExit(ended, 0);
    expect(ended.stderr).not.toMatch(/EPIPE|a bug in firedrill|^\s+at /m);
    expect(readReport(programme.record()).assessment.outcome.verdict).toBe('met');
    expect(programme.leftovers()).toEqual(nothingLeft);
    expectExit(await programme.run('audit', programme.record()), 0);
  });
});
