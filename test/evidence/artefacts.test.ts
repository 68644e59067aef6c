import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { sha256Hex } from '../../src/base/index.js';
import { makeRedactor, openArtefacts, type Artefacts } from '../../src/evidence/index.js';
import type { ArtefactPort } from '../../src/executor/index.js';
import { removeTemporaryFolders, temporaryFolder } from './record-on-disk.js';

let recordDirectory: string;
let scratchDirectory: string;
let artefacts: Artefacts;

beforeEach(async () => {
  const root = await temporaryFolder();
  recordDirectory = join(root, 'record');
  scratchDirectory = join(root, 'scratch');
  const redactor = makeRedactor({ secrets: ['correct-horse-battery'] });
  artefacts = openArtefacts({ recordDirectory, scratchDirectory, redactor });
  // What the loop asks for is what is offered.
  artefacts satisfies ArtefactPort;
});
afterAll(removeTemporaryFolders);

const stored = async () => (await readdir(join(recordDirectory, 'evidence'))).sort();

describe('output', () => {
  test('is redacted, then hashed, then named by its hash', async () => {
    const sink = artefacts.openOutput('output of restore with correct-horse-battery');
    sink.write('connecting with correct-ho');
    sink.write(Buffer.from('rse-battery\nrestored\n'));
    const ref = await sink.close();
    const kept = 'connecting with [redacted]\nrestored\n';
    expect(ref).toEqual({
      file: `evidence/${sha256Hex(kept)}.txt`,
      bytes: kept.length,
      sha256: sha256Hex(kept),
      redactions: 1,
      title: 'output of restore with [redacted]',
    });
    expect(await readFile(join(recordDirectory, ref!.file), 'utf8')).toBe(kept);
    expect(await readdir(scratchDirectory)).toEqual([]);
  });

  test('of nothing is no file', async () => {
    const sink = artefacts.openOutput('silent');
    sink.write('');
    expect(await sink.close()).toBeNull();
    expect(await stored()).toEqual([]);
    expect(await readdir(scratchDirectory)).toEqual([]);
  });

  test('that is the same twice is one file', async () => {
    const refs = await Promise.all(
      ['one', 'two'].map((title) => {
        const sink = artefacts.openOutput(title);
        sink.write('same\n');
        return sink.close();
      }),
    );
    expect(refs[0]!.file).toBe(refs[1]!.file);
    expect(await stored()).toHaveLength(1);
  });

  test('closed twice gives the same answer, and nothing is written afterwards', async () => {
    const sink = artefacts.openOutput('x');
    sink.write('x\n');
    const first = await sink.close();
    sink.write('late\n');
    expect(await sink.close()).toBe(first);
  });

  test('that the disk will not have is said when it is closed, never thrown at the writer', async () => {
    const sink = artefacts.openOutput('x');
    await rm(join(recordDirectory, 'evidence'), { recursive: true });
    sink.write('x\n');
    await expect(sink.close()).rejects.toMatchObject({ name: 'Failure', reason: 'unavailable' });
  });
});

describe('the tail on the screen', () => {
  const tail = (text: string, lines = 10) => {
    const sink = artefacts.openOutput('x');
    sink.write(text);
    return { shown: sink.tail(lines), sink };
  };

  test.each([
    ['colours', '\u001b[31mred\u001b[0m text\n', ['red text']],
    ['a window title', '\u001b]0;owned\u0007prompt\n', ['prompt']],
    ['a title without an end', 'before \u001b]0;owned\nafter\n', ['before', 'after']],
    ['cursor movement', 'a\u001b[2J\u001b[Hb\n', ['ab']],
    ['eight-bit controls', 'a\u009b31mb\u0085c\n', ['abc']],
    ['bidi overrides', 'user\u202egpj.exe\u2066\n', ['usergpj.exe']],
    ['a bell and a null', 'a\u0007\u0000b\n', ['ab']],
    ['progress on one line', '10 %\r50 %\r100 %\r\n', ['100 %']],
    ['empty lines', '\n\n  \nx\n', ['x']],
    ['a secret', 'password correct-horse-battery\n', ['password [redacted]']],
  ])('%s', (_what, text, lines) => {
    expect(tail(text).shown.map((line) => line.trimEnd())).toEqual(lines);
  });

  test('shows the last lines, and a line only when it is whole: the rest of a secret may be on its way', () => {
    const { shown, sink } = tail('one\ntwo\nthree\ncorrect-horse', 2);
    expect(shown).toEqual(['two', 'three']);
    sink.write('-battery\n');
    expect(sink.tail(2)).toEqual(['three', '[redacted]']);
  });

  test('cuts long lines, which are whole on disk', async () => {
    const { shown, sink } = tail(`${'x'.repeat(5000)}\n`);
    expect(shown[0]).toHaveLength(500);
    expect(shown[0]!.endsWith('…')).toBe(true);
    expect((await sink.close())!.bytes).toBe(5001);
  });

  test('stays small however much was written', async () => {
    const { sink } = tail('');
    for (let line = 0; line < 50_000; line += 1) sink.write(`line ${line} of output that goes on and on\n`);
    expect(sink.tail(1)).toEqual(['line 49999 of output that goes on and on']);
    expect(sink.tail(100_000).length).toBeLessThan(2500);
    const ref = await sink.close();
    const text = await readFile(join(recordDirectory, ref!.file), 'utf8');
    expect(text.split('\n')).toHaveLength(50_001);
    expect(sha256Hex(text)).toBe(ref!.sha256);
  });
});

describe('attachments', () => {
  test('text is redacted, bytes go through, even empty ones are files', async () => {
    const text = await artefacts.attach('a', '{"password":"correct-horse-battery"}', 'json');
    expect(await readFile(join(recordDirectory, text.file), 'utf8')).toBe('{"password":"[redacted]"}');
    expect(text.redactions).toBe(1);
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    const binary = await artefacts.attach('b', bytes, 'bin');
    expect(binary).toMatchObject({ sha256: sha256Hex(bytes), bytes: 256, redactions: 0 });
    expect(await artefacts.attach('c', '', 'txt')).toMatchObject({ bytes: 0, sha256: sha256Hex('') });
  });

  test.each(['../x', 'a/b', '', 'TXT', 'x y'])('no name can lead elsewhere: %j', async (extension) => {
    await expect(artefacts.attach('x', 'x', extension)).rejects.toThrow(/no extension/);
    expect(await stored()).toEqual([]);
  });

  test('evidence of a record is not for others to change, and a folder in the way is a failure', async () => {
    const ref = await artefacts.attach('x', 'x', 'txt');
    expect((await stat(join(recordDirectory, ref.file))).mode & 0o022).toBe(0);
    await rm(recordDirectory, { recursive: true });
    await mkdir(join(recordDirectory, 'evidence', `${sha256Hex('y')}.txt`), { recursive: true });
    await expect(artefacts.attach('y', 'y', 'txt')).rejects.toMatchObject({ reason: 'unavailable' });
  });
});
