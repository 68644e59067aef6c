import { fileURLToPath } from 'node:url';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { defineConfig } from 'vitest/config';

// The tests start the program a thousand times: it need not be compiled each time.
process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(new URL('node_modules/.cache/compile', import.meta.url));

/** Rooms whose tests run whole servers and drills; the others take moments. */
const long = ['end-to-end', 'cli', 'backup', 'lab', 'actions', 'store', 'executor'];

/** Longest first, as far as a room tells: a long file that begins last would run alone at the end. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = long.findIndex((room) => moduleId.includes(`/test/${room}/`));
      return at < 0 ? long.length : at;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

// eslint-disable-next-line no-restricted-exports -- vitest reads its configuration from a default export
export default defineConfig({
  test: {
    setupFiles: ['test/setup.ts'],
    include: ['test/**/*.test.{ts,tsx}'],
    // Real servers and real processes: generous limits, because a test waits for content and never for time.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    teardownTimeout: 20_000,
    // One more than the two cores of the smallest machine: a quarter of the time they wait for servers that start, or for a check to hold.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    reporters: ['default'],
  },
});
