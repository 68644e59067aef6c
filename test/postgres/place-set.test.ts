import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PlaceSet, placeText } from '../../src/postgres/place-set.js';

const place = fc.record({
  page: fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 4_294_967_294 })),
  line: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 1279 })),
});

test('places of rows are a set like any other, whatever the size of a page', () => {
  const steps = fc.array(fc.record({ place, out: fc.boolean() }), { maxLength: 300 });
  fc.assert(
    fc.property(steps, (all) => {
      const [set, plain] = [new PlaceSet(), new Set<string>()];
      for (const one of all) {
        if (one.out) set.delete(one.place);
        else set.add(one.place);
        plain[one.out ? 'delete' : 'add'](placeText(one.place));
        expect(set.has(one.place)).toBe(!one.out);
      }
      expect(set.size).toBe(plain.size);
      expect([...set.inParts(7)].flat().sort()).toEqual([...plain].sort());
    }),
  );
});

test('two million places take little memory', () => {
  const before = process.memoryUsage().rss;
  const set = new PlaceSet();
  for (let page = 0; page < 40_000; page += 1)
    for (let line = 1; line <= 50; line += 1) set.add({ page, line });
  expect(set.size).toBe(2_000_000);
  expect((process.memoryUsage().rss - before) / 2 ** 20).toBeLessThan(60);
});
