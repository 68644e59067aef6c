import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { load } from './reading.js';

/** The scenarios that have to lie on the third Sunday of a quarter's first month. */
const quarters: { readonly [scenario: string]: string } = {
  'database-corruption': '2027-01-17',
  'server-failure': '2027-04-18',
  'data-deletion': '2027-07-18',
  'datacenter-outage': '2027-10-17',
};

const drills = readdirSync('drills')
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => load('Drill', readFileSync(join('drills', name), 'utf8'), name));
const dayOf = (scheduled: string | undefined) => scheduled?.slice(0, 10);

describe('the year of the shipped drills', () => {
  test('there are drills, and every one says when it is planned for, no two on one day', () => {
    expect(drills.length).toBeGreaterThan(0);
    const days = drills.map((drill) => dayOf(drill.scheduled));
    expect(days).not.toContain(undefined);
    expect(new Set(days).size).toBe(days.length);
    for (const { scheduled } of drills) expect(scheduled).toMatch(/^2027-\d\d-\d\dT09:00:00\+08:00$/);
  });

  test.each(drills.flatMap((drill) => (drill.id in quarters ? [drill] : [])))(
    '$id is on the third Sunday of its quarter’s first month',
    ({ id, scheduled }) => {
      expect(dayOf(scheduled)).toBe(quarters[id]);
      const day = new Date(`${quarters[id] ?? ''}T00:00:00Z`);
      expect(day.getUTCDay()).toBe(0);
      expect([1, 4, 7, 10]).toContain(day.getUTCMonth() + 1);
      expect(Math.ceil(day.getUTCDate() / 7)).toBe(3);
    },
  );
});
