/**
 * Gathers what the command line is built of into a few files: to load its thousand small modules one by one takes longer than most
 * commands take to run. Runs after the compiler, from `npm run build` and from setup.
 */
import { chmodSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const dist = fileURLToPath(new URL('../../dist/', import.meta.url));
const program = `${dist}program`;
rmSync(program, { recursive: true, force: true });
const bundle = await rolldown({
  input: { firedrill: `${dist}cli/bin.js`, start: `${dist}cli/start.js` },
  platform: 'node',
  // Ink looks for it when somebody debugs Ink.
  external: ['react-devtools-core'],
  logLevel: 'warn',
});
// As deep below the root as the modules themselves, which look for package.json from where they lie.
await bundle.write({ dir: program, format: 'esm', chunkFileNames: '[name]-[hash].js', sourcemap: true });
await bundle.close();
chmodSync(`${program}/firedrill.js`, 0o755);
