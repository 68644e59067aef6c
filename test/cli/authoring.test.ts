import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { JsonObject } from '../../src/base/index.js';
import { expectExit, runProgram } from '../end-to-end/support/run-program.js';

const runbook = 'runbooks/database-corruption.yaml';
const shipped = readFileSync(runbook, 'utf8');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'firedrill-authoring-'));
  for (const name of ['firedrill.yaml', 'runbooks', 'drills'])
    cpSync(name, join(folder, name), { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The shipped runbook with one mistake. */
function misspelt(from: string, to: string): string {
  expect(shipped).toContain(from);
  return shipped.replace(from, to);
}

describe('firedrill schema', () => {
  test('is what an editor needs: the shipped runbook fits, mistakes do not', async () => {
    const ended = await runProgram(['schema', 'runbook']);
    expectExit(ended, 0);
    const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
    const schema = JSON.parse(ended.stdout) as JsonObject;
    expect(ajv.validateSchema(schema)).toBe(true);
    const fits = ajv.compile(schema);
    expect([fits(parse(shipped)), fits.errors]).toEqual([true, null]);
    for (const [from, to] of [
      ['target: 15m', 'targt: 15m'],
      ['effect: once', 'effect: twice'],
      ['onTimeout: escalate', 'onTimeout: guess'],
      ['hold: 5s', 'hold: 5 seconds'],
    ] as const)
      expect([to, fits(parse(misspelt(from, to)))]).toEqual([to, false]);
  });

  test('of a kind that does not exist is a wrong command line, with the one that was meant', async () => {
    const ended = await runProgram(['schema', 'Runbok']);
    expect([ended.code, ended.stdout]).toEqual([2, '']);
    expect(ended.stderr).toContain('Did you mean Runbook?');
  });
});

describe('firedrill validate --format json', () => {
  const validate = async (...args: string[]) => {
    const ended = await runProgram(['--directory', folder, '--format', 'json', 'validate', ...args]);
    const documents = ended.stdout.split(/^(?=\{)/mu).map((text) => JSON.parse(text) as JsonObject);
    return { ...ended, documents };
  };

  test('a sound programme has no diagnostics, and every file was looked at', async () => {
    const { code, documents } = await validate('--strict');
    expect([code, documents]).toEqual([
      0,
      [{ v: 1, kind: 'diagnostics', data: { files: expect.any(Number) as number, diagnostics: [] } }],
    ]);
    expect((documents[0]?.['data'] as JsonObject)['files']).toBeGreaterThan(4);
  });

  test('a mistake has its file, line, column, rule and a way out, and the exit code says so', async () => {
    const file = join(folder, runbook);
    const wrong = misspelt('uses: postgres.reindex', 'uses: postgres.reindx');
    writeFileSync(file, wrong);
    try {
      const { code, documents, stderr } = await validate(runbook);
      expect(code).toBe(3);
      const line = wrong.split('\n').findIndex((text) => text.includes('reindx')) + 1;
      const [found] = (documents[0]?.['data'] as { diagnostics: JsonObject[] }).diagnostics;
      expect(found).toMatchObject({
        severity: 'error',
        file: runbook,
        line,
        code: expect.stringMatching(/^[a-z-]+$/) as string,
        hint: expect.stringContaining('postgres.reindex') as string,
      });
      expect(wrong.split('\n')[line - 1]?.slice(Number(found?.['column']) - 1)).toMatch(
        /^"?postgres\.reindx/,
      );
      // One document: what a program reads is not followed by a second one.
      expect(documents).toMatchObject([{ kind: 'diagnostics' }]);
      expect(stderr).toContain('1 error');
    } finally {
      writeFileSync(file, shipped);
    }
  });

  test('a path that does not exist is a wrong command line', async () => {
    const { code, documents } = await validate('runbooks/nothing.yaml');
    expect([code, documents]).toEqual([2, [expect.objectContaining({ kind: 'failure' })]]);
  });
});
