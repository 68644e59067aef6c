import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { RunbookDocument, StepDocument } from '../../src/language/index.js';
import { commandOf } from '../../src/tui/keys.js';
import { load } from './reading.js';

const runbooks = readdirSync('runbooks').filter((name) => name.endsWith('.yaml'));
const texts = [
  ...runbooks.map((name) => `runbooks/${name}`),
  ...readdirSync('drills/checklists').map((name) => `drills/checklists/${name}`),
].map((path) => ({ path, text: readFileSync(path, 'utf8') }));

/** What a text may send people to by one key; `c` in a task reports that it cannot be done. */
const mentioned = ['note', 'people', 'text', 'log', 'stop', 'who', 'hold', 'skip'];

/** Every step of a runbook, those of its options with it. */
function stepsOf(steps: readonly StepDocument[]): StepDocument[] {
  return steps.flatMap((step) => [
    step,
    ...Object.values(step.decide?.options ?? {}).flatMap((option) => stepsOf(option.steps)),
    ...stepsOf(step.parallel?.steps ?? []),
  ]);
}
const allSteps = ({ phases, always }: RunbookDocument) =>
  stepsOf([...phases.flatMap((phase) => phase.steps), ...(always?.steps ?? [])]);

describe('the texts of the shipped runbooks and checklists', () => {
  test.each(texts)('$path names only keys that do what it says they are for', ({ text }) => {
    for (const [, key = ''] of text.matchAll(/\(([a-z?])\)/gu))
      expect(mentioned, `(${key})`).toContain(commandOf({ name: 'char', text: key } as never));
  });

  test.each(runbooks)('%s tells people to choose only what there is to choose', (name) => {
    const document = load('Runbook', readFileSync(`runbooks/${name}`, 'utf8'), name);
    // The screen shows titles, not ids.
    const options = allSteps(document).flatMap((step) => Object.values(step.decide?.options ?? {}));
    const words = ['Done by hand', 'Leave it open', ...options.map((option) => option.title)];
    for (const [, chosen = ''] of readFileSync(`runbooks/${name}`, 'utf8').matchAll(
      /choos(?:e|es) \\?"([^"\\]+)\\?"/gu,
    ))
      expect(
        words.some((word) => word === chosen || word.startsWith(`${chosen}:`)),
        chosen,
      ).toBe(true);
  });

  test.each(runbooks)('%s says of every step why, for whom, and what to do if it fails', (name) => {
    const document = load('Runbook', readFileSync(`runbooks/${name}`, 'utf8'), name);
    for (const step of allSteps(document))
      for (const key of ['why', 'role', 'ifFails'] as const)
        expect(step[key], `${step.id}: ${key}`).toBeTruthy();
  });

  test.each(runbooks)('%s tells team, customers and management, each within a time', (name) => {
    const document = load('Runbook', readFileSync(`runbooks/${name}`, 'utf8'), name);
    const told = allSteps(document).filter((step) => step.uses === 'notify.send');
    const audiences = told.map((step) => step.with?.['to']);
    expect(audiences).toEqual(expect.arrayContaining(['internal', 'customers', 'management']));
    for (const step of told) expect(step.due, step.id).toBeDefined();
  });
});
