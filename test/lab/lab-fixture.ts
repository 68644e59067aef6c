import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { labDown, labUp, type Lab, type LabOptions } from '../../src/lab/index.js';

export interface TestLab {
  readonly lab: Lab;
  /** Outside the lab: records, copies of clusters, things that must be left alone. */
  readonly outside: string;
  /** Removes everything and says what was left behind: processes that name the lab, and folders. */
  down(): Promise<readonly string[]>;
}

export async function makeTestLab(options: Partial<LabOptions> = {}): Promise<TestLab> {
  const root = openTemporary('lab');
  const outside = openTemporary('outside');
  const lab = await labUp({ directory: join(root, 'lab'), id: 'test-lab', protect: false, ...options });
  const sockets = () => lab.state().socketDirectories;
  return {
    lab,
    outside,
    async down() {
      const folders = existsSync(lab.paths.state) ? [...sockets(), lab.directory] : [lab.directory];
      const { leftovers } = await labDown(lab);
      const left = [
        ...leftovers,
        ...folders.filter((folder) => existsSync(folder)),
        ...processesNaming(root).map((line) => `process ${line}`),
      ];
      rmSync(root, { recursive: true, force: true });
      rmSync(outside, { recursive: true, force: true });
      return left;
    },
  };
}

/** A lab for one test: taken down whatever happens, and nothing may be left of it. */
export async function withTestLab(
  options: Partial<LabOptions>,
  work: (test: TestLab) => Promise<void>,
): Promise<void> {
  const test = await makeTestLab(options);
  let left: readonly string[] = [];
  try {
    await work(test);
  } finally {
    left = await test.down();
  }
  expect(left).toEqual([]);
}

/** A folder that the server's account can pass through. */
export function openTemporary(name: string): string {
  const directory = mkdtempSync(join(tmpdir(), `firedrill-${name}-`));
  chmodSync(directory, 0o755);
  return directory;
}

/** Command lines of live processes that mention the text; zombies have none. */
export function processesNaming(text: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return line.includes(text) ? [`${pid} ${line}`] : [];
      } catch {
        return [];
      }
    });
}

/** Waits for what `look` finds; undefined and false mean not yet. */
export async function eventually<T>(
  what: string,
  look: () => T | Promise<T>,
  timeoutMs = 30_000,
): Promise<Exclude<T, undefined | false>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found as Exclude<T, undefined | false>;
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
