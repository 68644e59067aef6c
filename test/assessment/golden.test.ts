import { describe, expect, test } from 'vitest';
import { bindingCaps, scoreFromInputs, type Score } from '../../src/assessment/index.js';
import { goldenInputs, type GoldenCase } from './golden-fixture.js';

const cases: readonly (GoldenCase & {
  readonly name: string;
  readonly categories: string;
  readonly raw: number;
  readonly final: number;
  readonly band: Score['band'];
  readonly cap: string | null;
})[] = [
  {
    name: 'a high finding is open, one control of eight is not met',
    rta: 138,
    rpa: 47,
    controlsMet: 7,
    highFinding: true,
    categories: 'R 99.5, V 100, X 90, P 80.8, C 90, S 87.5, E 100',
    raw: 94.2,
    final: 79,
    band: 'S',
    cap: 'CF-11',
  },
  {
    name: 'the same with every control met and the finding closed',
    rta: 138,
    rpa: 47,
    controlsMet: 8,
    highFinding: false,
    categories: 'R 99.5, V 100, X 90, P 80.8, C 90, S 100, E 100',
    raw: 95.4,
    final: 95.4,
    band: 'P',
    cap: null,
  },
  {
    name: 'recovery 25 minutes over the objective',
    rta: 265,
    rpa: 47,
    controlsMet: 7,
    highFinding: true,
    categories: 'R 67.5, V 100, X 90, P 80.8, C 90, S 87.5, E 100',
    raw: 84.6,
    final: 65,
    band: 'M',
    cap: 'CF-07',
  },
  {
    name: 'a critical checksum failed',
    rta: 138,
    rpa: 47,
    controlsMet: 7,
    highFinding: true,
    checksumFails: true,
    categories: 'R 99.5, V 75, X 90, P 80.8, C 90, S 87.5, E 100',
    raw: 89.2,
    final: 49,
    band: 'U',
    cap: 'CF-05',
  },
  {
    name: 'data loss 4 minutes over the objective',
    rta: 138,
    rpa: 64,
    controlsMet: 7,
    highFinding: true,
    categories: 'R 82, V 100, X 90, P 80.8, C 90, S 87.5, E 100',
    raw: 88.9,
    final: 65,
    band: 'M',
    cap: 'CF-07',
  },
];

describe('the golden cases', () => {
  test.each(cases)('$name: $raw, $final $band', (one) => {
    const score = scoreFromInputs(goldenInputs(one));
    expect(score.categories.map(({ key, printed }) => `${key} ${printed ?? 'none'}`).join(', ')).toBe(
      one.categories,
    );
    expect(score).toMatchObject({ raw: one.raw, final: one.final, band: one.band });
    expect(bindingCaps(score).map((cap) => cap.id)).toEqual(one.cap === null ? [] : [one.cap]);
  });
});
