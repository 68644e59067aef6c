import { atMost, median, round } from './row.mjs';
import { timeFiredrill, timeNode } from './spawned.mjs';

export function measureVersion() {
  const [bare, version] = [[], []];
  for (let turn = 0; turn < 15; turn += 1) {
    bare.push(timeNode(['-e', '0']));
    version.push(timeFiredrill(['--version']));
  }
  return atMost({
    what: 'firedrill --version, against node -e 0',
    value: median(version) / median(bare),
    limit: 3,
    unit: 'x',
    detail: `${round(median(version))} against ${round(median(bare))} ms`,
    how: 'wall time, median of 15 each, in turn',
  });
}

export function measureValidate() {
  const times = Array.from({ length: 7 }, () => timeFiredrill(['validate']));
  return atMost({
    what: 'firedrill validate, all shipped documents',
    value: median(times),
    limit: 1000,
    unit: 'ms',
    how: 'wall time of the spawned program, median of 7',
  });
}
