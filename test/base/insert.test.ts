import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { insert, insertedNames, lookUp, type JsonObject } from '../../src/base/index.js';

const scope: JsonObject = {
  steps: {
    extent: { damaged: ['a', 'b'], count: 2, none: null, evil: '${inputs.database}', 'odd-name': true },
  },
  inputs: { database: 'rides', deep: { list: [1, [2, 3]], text: 'x' } },
};

describe('insertion', () => {
  test.each([
    ['a list', '${steps.extent.damaged}', ['a', 'b']],
    ['a number', '${steps.extent.count}', 2],
    ['null', '${steps.extent.none}', null],
    ['an object', '${inputs.deep}', { list: [1, [2, 3]], text: 'x' }],
    ['with white space', '${ inputs.database }', 'rides'],
    ['a name with a dash', '${steps.extent.odd-name}', true],
  ])('alone keeps the type: %s', (_, text, value) => {
    expect(insert(text, scope)).toEqual({ value, missing: [] });
  });

  test.each([
    ['Damaged: ${steps.extent.damaged}.', 'Damaged: a, b.'],
    ['${steps.extent.count}${steps.extent.count}', '22'],
    [' ${steps.extent.count}', ' 2'],
    ['${steps.extent.none}!', 'null!'],
    ['${inputs.deep}!', '{"list":[1,[2,3]],"text":"x"}!'],
    ['$steps ${} $${inputs.database}', '$steps ${} $rides'],
    ['no end ${inputs.database', 'no end ${inputs.database'],
  ])('in a sentence: %s', (text, value) => expect(insert(text, scope).value).toBe(value));

  test('reaches every string of a value, but no key', () => {
    const value = { '${inputs.database}': ['${steps.extent.count}', { a: 'x${inputs.database}' }, 7, null] };
    expect(insert(value, scope)).toEqual({
      value: { '${inputs.database}': [2, { a: 'xrides' }, 7, null] },
      missing: [],
    });
  });

  test('names what is missing, in order, and leaves it standing', () => {
    const value = [
      '${steps.later.x}',
      'at ${answers.a} and ${inputs.database.x}',
      '${steps.extent.damaged.0}',
    ];
    expect(insert(value, scope)).toEqual({
      value,
      missing: ['steps.later.x', 'answers.a', 'inputs.database.x', 'steps.extent.damaged.0'],
    });
    expect(insertedNames('${ a } ${b.c} ${a}')).toEqual(['a', 'b.c', 'a']);
  });

  test('what was inserted is data: it is never looked at again', () => {
    expect(insert('${steps.extent.evil}', scope).value).toBe('${inputs.database}');
    expect(insert('said: ${steps.extent.evil}', scope)).toEqual({
      value: 'said: ${inputs.database}',
      missing: [],
    });
    // Neither do the signs that String.replace knows mean anything.
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(insert('<${a}>', { a: text }).value).toBe(`<${text}>`);
        expect(insert('${a}', { a: text }).value).toBe(text);
      }),
    );
    expect(insert('<${a}>', { a: "$& $1 $' $$" }).value).toBe("<$& $1 $' $$>");
  });

  test.each([
    '__proto__',
    'constructor',
    'toString',
    'steps.__proto__',
    'inputs.database.length',
    'steps.constructor.name',
    '',
  ])('sees own members only: %j', (name) => {
    expect(lookUp(scope, name)).toBeUndefined();
    expect(insert(`\${${name}}`, scope).missing).toEqual([name]);
  });

  test('a member that is called __proto__ is a member like any other, and changes no object', () => {
    const value = JSON.parse('{"__proto__": {"polluted": "${inputs.database}"}}') as JsonObject;
    const done = insert(value, scope).value as JsonObject;
    expect(JSON.stringify(done)).toBe('{"__proto__":{"polluted":"rides"}}');
    expect(lookUp(done, '__proto__.polluted')).toBe('rides');
    expect(done['polluted']).toBeUndefined();
  });
});
