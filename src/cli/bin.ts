#!/usr/bin/env node
// This file must load on any Node: it says which version is needed before anything newer than that is imported.
import { readFileSync } from 'node:fs';

const needed = [22, 12];
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < (needed[0] ?? 0) || (major === needed[0] && minor < (needed[1] ?? 0))) {
  process.stderr.write(
    `firedrill needs Node ${needed.join('.')} or newer; this is ${process.versions.node}.\n` +
      'Type `npx firedrill …` inside a programme: it brings its own Node.\n',
  );
  process.exitCode = 6;
} else if (process.argv.length === 3 && (process.argv[2] === '--version' || process.argv[2] === '-V')) {
  // Answered here because the rest of the program takes longer to load than the answer is worth.
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  process.stdout.write(`${manifest.version}\n`);
} else {
  const { tightenMemory } = await import('./tight-memory.js');
  tightenMemory(process.argv);
  const { main } = await import('./main.js');
  await main(process.argv);
}
