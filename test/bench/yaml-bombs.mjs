import { parseDocument } from '../../dist/language/index.js';
// TypeScript without anything but types: this Node reads it as it is.
import { bombs, floods } from '../language/bombs.ts';
import { atMost } from './row.mjs';

/** How long hostile documents may hold the reader up. */
export function measureBombs() {
  return [
    slowest('the slowest of the YAML bombs, refused', bombs, 100),
    slowest('the slowest of the large broken documents, refused', floods, 2000),
  ];
}

/** The best of three each, because the first also compiles the reader; the worst of those. */
function slowest(what, documents, limit) {
  const times = documents.map(([name, text]) => ({
    name,
    ms: Math.min(...[1, 2, 3].map(() => processorMs(() => parseDocument({ path: 'file.yaml', text })))),
  }));
  const worst = times.reduce((one, other) => (other.ms > one.ms ? other : one));
  const how = `processor time, best of 3, worst of ${times.length}`;
  return atMost({ what, value: worst.ms, limit, unit: 'ms', detail: worst.name, how });
}

function processorMs(work) {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
