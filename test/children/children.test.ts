import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import {
  childRegistry,
  endOrphans,
  endProcess,
  isAlive,
  noteChildrenIn,
  outputTail,
  processIdentity,
  runChild,
  startDetached,
  type ProcessIdentity,
} from '../../src/children/index.js';
import { failureOf } from '../postgres/failure-of.js';

const directory = mkdtempSync(join(tmpdir(), 'fd-children-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const sh = (script: string) => ({ file: '/bin/sh', args: ['-c', script] });
const pidIn = async (file: string): Promise<ProcessIdentity> => {
  await expect.poll(() => existsSync(file) && readFileSync(file, 'utf8').endsWith('\n')).toBe(true);
  return processIdentity(Number(readFileSync(file, 'utf8')))!;
};

describe('running a program to its end', () => {
  it.each([
    ['exit 0', { exitCode: 0, signal: null }],
    ['exit 7', { exitCode: 7, signal: null }],
    ['kill -9 $$', { exitCode: null, signal: 'SIGKILL' }],
  ])('%s', async (script, ended) => {
    expect(await runChild(sh(script))).toMatchObject({ ...ended, timedOut: false, cancelled: false });
  });

  it('cannot start what is not there, and says so', async () => {
    expect(await failureOf(runChild({ file: 'no-such-program', args: [] }))).toMatchObject({
      reason: 'unavailable',
      message: 'cannot start no-such-program: ENOENT',
    });
  });

  it('keeps the last lines of both streams, without control sequences, and passes the bytes on', async () => {
    const bytes: Buffer[] = [];
    const script = `i=0; while [ $i -lt 500 ]; do echo "line $i"; i=$((i+1)); done; printf '\\033[31mred\\033[0m\\n' >&2; printf 'a\\rb\\n'`;
    const { tail } = await runChild({ ...sh(script), onOutput: (chunk) => bytes.push(chunk) });
    expect(tail).toHaveLength(200);
    expect(tail).toContain('red');
    expect(tail.slice(-3)).toContain('b');
    expect(Buffer.concat(bytes).toString()).toContain('\u001b[31m');
  });

  it('gives standard output alone where the streams are split, and keeps errors in the tail', async () => {
    const bytes: Buffer[] = [];
    const { tail } = await runChild({
      ...sh('echo out; echo err >&2'),
      splitErrors: true,
      onOutput: (chunk) => bytes.push(chunk),
    });
    expect(Buffer.concat(bytes).toString()).toBe('out\n');
    expect([...tail].sort()).toEqual(['err', 'out']);
  });

  it('has nothing on standard input unless it is given a stream', async () => {
    expect((await runChild(sh('cat'))).tail).toEqual([]);
    expect((await runChild({ ...sh('cat'), input: Readable.from([Buffer.from('fed\n')]) })).tail).toEqual([
      'fed',
    ]);
    const reluctant = await runChild({ ...sh('exit 3'), input: Readable.from([Buffer.alloc(4 << 20)]) });
    expect(reluctant.exitCode).toBe(3);
  });

  it('reads a file that it is given open, without passing its bytes through this process', async () => {
    const name = fileURLToPath(import.meta.url);
    const file = await open(name);
    const seen: Buffer[] = [];
    const onOutput = (chunk: Buffer) => void seen.push(chunk);
    expect(await runChild({ file: 'cat', args: [], input: file.fd, onOutput })).toMatchObject({
      exitCode: 0,
    });
    await file.close();
    expect(Buffer.concat(seen)).toEqual(readFileSync(name));
  });

  it('ends a whole group on timeout', async () => {
    const file = join(directory, 'grandchild');
    const running = runChild({ ...sh(`sleep 1000 & echo $! > ${file}; wait`), timeoutMs: 300 });
    const grandchild = await pidIn(file);
    expect(await running).toMatchObject({ timedOut: true, cancelled: false });
    await expect.poll(() => isAlive(grandchild)).toBe(false);
  });

  it('ends what does not listen when it is cancelled, and never begins when it already was', async () => {
    const controller = new AbortController();
    const file = join(directory, 'deaf');
    const running = runChild({
      ...sh(`trap '' INT; echo $$ > ${file}; sleep 1000 & wait`),
      signal: controller.signal,
    });
    await pidIn(file);
    controller.abort();
    expect(await running).toMatchObject({ cancelled: true, timedOut: false });
    const marker = join(directory, 'begun');
    expect(await runChild({ ...sh(`touch ${marker}`), signal: controller.signal })).toMatchObject({
      cancelled: true,
    });
    expect(existsSync(marker)).toBe(false);
  });

  it('leaves no child behind that its own child started', async () => {
    const file = join(directory, 'stray');
    await runChild(sh(`sleep 1000 & echo $! > ${file}`));
    const pid = Number(readFileSync(file, 'utf8'));
    await expect.poll(() => processIdentity(pid)).toBeNull();
  });

  it('gives only the environment it is told to, where that is asked for', async () => {
    process.env['FD_TEST_SECRET'] = 'x';
    expect((await runChild({ ...sh('echo "[$FD_TEST_SECRET$A]"'), env: { A: '1' } })).tail).toEqual(['[x1]']);
    const only = await runChild({ ...sh('echo "[$FD_TEST_SECRET$A]"'), env: { A: '1' }, onlyGivenEnv: true });
    delete process.env['FD_TEST_SECRET'];
    expect(only.tail).toEqual(['[1]']);
  });
});

describe('processes by name', () => {
  it('takes a zombie for dead and a reused number for another process', async () => {
    const me = processIdentity(process.pid)!;
    expect(isAlive(me)).toBe(true);
    expect(isAlive({ ...me, startTicks: '1' })).toBe(false);
    expect(isAlive({ ...me, bootId: 'another boot' })).toBe(false);
    const parent = spawn('/bin/sh', ['-c', 'sleep 0.05 & echo $!; exec sleep 1000'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const pid = await new Promise<number>((resolve) =>
      parent.stdout.once('data', (chunk: Buffer) => resolve(Number(chunk.toString()))),
    );
    await expect.poll(() => readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[2]).toBe('Z');
    expect(processIdentity(pid)).toBeNull();
    parent.kill('SIGKILL');
  });

  it('ends a process politely, and by force when it does not listen', async () => {
    const logFile = join(directory, 'log');
    const polite = await startDetached({ ...sh('echo started; exec sleep 1000'), logFile });
    await expect.poll(() => readFileSync(logFile, 'utf8')).toBe('started\n');
    expect(await endProcess(polite)).toBe('ended');
    const ready = join(directory, 'ready');
    const deaf = await startDetached({
      ...sh(`trap '' TERM; echo $$ > ${ready}; while :; do sleep 0.01; done`),
      logFile,
    });
    await pidIn(ready);
    expect(await endProcess(deaf, { graceMs: 50 })).toBe('killed');
    expect(await endProcess(deaf)).toBe('gone');
    expect((await failureOf(startDetached({ file: 'no-such-program', args: [], logFile }))).reason).toBe(
      'unavailable',
    );
  });
});

describe('children of a dead engine', () => {
  it('are found and ended, those of a live engine are not', async () => {
    const notes = join(directory, 'notes');
    const orphan = await startDetached({ ...sh('exec sleep 1000'), logFile: join(directory, 'log') });
    const kept = await startDetached({ ...sh('exec sleep 1000'), logFile: join(directory, 'log') });
    childRegistry(notes).note(kept, 'sleep');
    const [name] = readdirSync(notes);
    const note = JSON.parse(readFileSync(join(notes, name!), 'utf8')) as { engine: ProcessIdentity };
    const dead = { child: orphan, engine: { ...note.engine, startTicks: '1' }, what: 'pg_basebackup' };
    writeFileSync(join(notes, 'left.json'), JSON.stringify(dead));
    writeFileSync(join(notes, 'torn.json'), '{"child":');
    expect(await endOrphans(notes)).toEqual([`pg_basebackup (process ${orphan.pid})`]);
    expect([isAlive(orphan), isAlive(kept)]).toEqual([false, true]);
    expect(readdirSync(notes)).toEqual([name]);
    await endProcess(kept);
    expect(await endOrphans(join(directory, 'nowhere'))).toEqual([]);
  });

  it('are noted while they run and forgotten when they end', async () => {
    const notes = join(directory, 'noted');
    const stop = noteChildrenIn(notes);
    const during: string[] = [];
    await runChild({ ...sh('echo x; sleep 0.2'), onOutput: () => during.push(...readdirSync(notes)) });
    stop();
    expect(during).toHaveLength(1);
    expect(readdirSync(notes)).toEqual([]);
  });
});

describe('the tail of an output', () => {
  it('puts characters together that arrive in pieces, and cuts what is too long', () => {
    const tail = outputTail(2, 10);
    const bytes = Buffer.from('erste\nzwölf\n');
    for (const byte of bytes) tail.write(Uint8Array.of(byte));
    tail.write(Buffer.from('a'.repeat(50)));
    expect(tail.lines()).toEqual(['zwölf', 'a'.repeat(10)]);
  });

  it('keeps the last lines with something on them, however much else comes at once', () => {
    const tail = outputTail(3);
    tail.write(Buffer.from('first\nsecond\n'));
    const flood = Array.from({ length: 5000 }, (_, at) => `line ${at}\n`).join('');
    tail.write(Buffer.from(`${flood}the last\n${' \n'.repeat(5000)}\u001b[2K\n`));
    expect(tail.lines()).toEqual(['line 4998', 'line 4999', 'the last']);
    tail.write(Buffer.from('one more\n'));
    expect(tail.lines()).toEqual(['line 4999', 'the last', 'one more']);
  });
});
