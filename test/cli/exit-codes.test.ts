import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { exitCodes } from '../../src/base/index.js';

test('the README shows the exit codes exactly as the program has them', () => {
  const [section = ''] = /^### Exit codes$[^#]*/m.exec(readFileSync('README.md', 'utf8')) ?? [];
  const rows = [...section.matchAll(/^\| (\d+) \| (.+) \|$/gm)].map(([, code, meaning]) => ({
    code: Number(code),
    meaning,
  }));
  expect(rows).toEqual(Object.values(exitCodes).map(({ code, meaning }) => ({ code, meaning })));
});
