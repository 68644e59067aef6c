import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { documentKinds, parseDocument, schemaFor } from '../../src/language/index.js';
import * as examples from './examples.js';
import { edit } from './reading.js';

const texts = {
  Runbook: examples.runbookText,
  Drill: examples.drillText,
  Rubric: examples.rubricText,
  Configuration: examples.configurationText,
  Checklist: examples.beforeText,
  Messages: examples.messagesText,
};

describe.each(documentKinds)('the schema of %s', (kind) => {
  const validate = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true }).compile(
    schemaFor(kind),
  );

  test('is a schema, and the worked example fits it', () => {
    validate(parse(texts[kind]));
    expect(validate.errors).toBeNull();
    expect(schemaFor(kind)['$schema']).toBe('https://json-schema.org/draft/2020-12/schema');
  });

  test('does not let an unknown key in, just as the reader does not', () => {
    const text = `${texts[kind]}unknown-key: 1\n`;
    expect(validate(parse(text))).toBe(false);
    expect(parseDocument({ path: 'x.yaml', text }).document).toBeNull();
  });

  test('explains every key at the top', () => {
    const properties = schemaFor(kind)['properties'] as { [key: string]: { description?: string } };
    for (const [key, { description }] of Object.entries(properties)) expect(description, key).toMatch(/\S/);
  });
});

test('reader and schema of a runbook agree on mistakes deep inside', () => {
  const validate = new Ajv2020({ strict: true }).compile(schemaFor('Runbook'));
  const mistakes: [string, string][] = [
    ['hold: 5s', 'hold: 5'],
    ['effect: idempotent', 'effect: twice'],
    ['into: replacement}\n', 'into: replacement}\n                  bogus: 1\n'],
    ['severity: {choice: [P0, P1, P2, P3], prompt', 'severity: {choice: [], prompt'],
    ['wait: {until: acceptance', 'wait: {until: acceptanse'],
    ['undo: {none: the damaged cluster is evidence}', 'undo: {none: 7}'],
    ['marks: declared', 'marks: somewhen'],
  ];
  for (const [from, to] of mistakes) {
    const text = edit(examples.runbookText, from, to);
    expect([to, validate(parse(text))]).toEqual([to, false]);
    expect([to, parseDocument({ path: 'x.yaml', text }).document]).toEqual([to, null]);
  }
});
