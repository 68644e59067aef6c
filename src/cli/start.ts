/** `npm start`: the database-corruption drill in the lab; on the screen where there is a terminal, else by declared answers. */
import { tightenMemory } from './tight-memory.js';

tightenMemory(['drill']);
const { main } = await import('./main.js');
const attended = process.stdin.isTTY && process.stdout.isTTY;
const drill = ['drill', 'drills/database-corruption.yaml'];
await main([
  process.execPath,
  'firedrill',
  ...drill,
  ...(attended ? [] : ['--unattended']),
  ...process.argv.slice(2),
]);
