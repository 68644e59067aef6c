import { cruise, type ICruiseResult } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const rules = createRequire(import.meta.url)('../../.dependency-cruiser.cjs') as {
  forbidden: { name: string; comment: string; severity: string }[];
  options: object;
};

async function violations(baseDir: string): Promise<{ rule: string; from: string }[]> {
  const result = await cruise(
    ['src'],
    { ...rules.options, baseDir, ruleSet: { forbidden: rules.forbidden as never }, validate: true },
    undefined,
    { tsConfig: extractTSConfig('tsconfig.json') },
  );
  return (result.output as ICruiseResult).summary.violations.map(({ rule, from }) => ({
    rule: rule.name,
    from,
  }));
}

describe('the rooms of the house', () => {
  test('every rule has a name and a reason', () => {
    for (const rule of rules.forbidden) {
      expect(rule.comment.length, rule.name).toBeGreaterThan(20);
      expect(rule.severity).toBe('error');
    }
  });

  test('no import in src breaks a rule', async () => {
    expect(await violations(process.cwd())).toEqual([]);
  });
});

describe('the rules can fail', () => {
  const trespasses: [rule: string, file: string, source: string][] = [
    ['room-run', 'src/run/trespass-room.ts', `import '../store/index.js';`],
    ['front-door-base', 'src/run/trespass-door.ts', `import '../base/clock.js';`],
    [
      'pure-rooms-touch-nothing',
      'src/report/trespass-file.ts',
      `import { readFileSync } from 'node:fs'; readFileSync;`,
    ],
    [
      'no-hashing-outside-base',
      'src/run/trespass-hash.ts',
      `import { createHash } from 'node:crypto'; createHash;`,
    ],
    [
      'types-only-across-the-core',
      'src/run/trespass-value.ts',
      `import { clockPoints } from '../language/index.js'; clockPoints;`,
    ],
    ['production-dependencies-only', 'src/store/trespass-dependency.ts', `import 'fast-check';`],
    ['no-orphans', 'src/base/trespass-orphan.ts', `export const nobody = 1;`],
    [
      'no-circles',
      'src/base/trespass-circle.ts',
      `import { b } from './trespass-circle-b.js'; export const a = b;`,
    ],
  ];
  let copy: string;
  let found: { rule: string; from: string }[];

  // One copy of the house with every trespass in it: cruising takes seconds.
  beforeAll(async () => {
    copy = mkdtempSync(join(tmpdir(), 'firedrill-rules-'));
    for (const part of ['src', 'package.json', 'tsconfig.json'])
      cpSync(part, join(copy, part), { recursive: true });
    symlinkSync(join(process.cwd(), 'node_modules'), join(copy, 'node_modules'));
    for (const [, file, source] of trespasses) writeFileSync(join(copy, file), source);
    writeFileSync(
      join(copy, 'src/base/trespass-circle-b.ts'),
      `import { a } from './trespass-circle.js'; export const b = a;`,
    );
    found = await violations(copy);
  });
  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  test.each(trespasses)('%s', (rule, file) => {
    expect(
      found.filter((one) => one.from.startsWith(file.replace('.ts', ''))).map((one) => one.rule),
    ).toContain(rule);
  });
});
