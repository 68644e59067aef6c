import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { eventTypes, isEventType } from '../../src/run/index.js';

/** Where entries come from: decided, carried out, or sealed. */
const sources = ['run', 'executor', 'evidence'].map((room) =>
  fileURLToPath(new URL(`../../src/${room}/`, import.meta.url)),
);
/** What declares types and what only reads entries records nothing. */
const silent = /^(evolve|tell)|(-events|event-types)\.ts$/;
const text = sources
  .flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.ts') && !silent.test(name))
      .map((name) => readFileSync(folder + name, 'utf8')),
  )
  .join('\n');

describe('the list of what can be recorded', () => {
  it.each(eventTypes)('holds nothing that is never recorded: %s', (type) => {
    expect(text).toMatch(new RegExp(`type: '${type}'`));
  });

  it('is what tells a known type from any other word', () => {
    expect(eventTypes.every((type) => isEventType(type))).toBe(true);
    for (const other of ['obligation-closed', 'corrected', 'toString', '__proto__', '', undefined, 7])
      expect(isEventType(other)).toBe(false);
  });
});
