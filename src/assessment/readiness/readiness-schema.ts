import type { JsonObject } from '../../base/index.js';

const string = { type: 'string' } as const;
const number = { type: 'number' } as const;
const truth = { type: 'boolean' } as const;
const list = (items: JsonObject): JsonObject => ({ type: 'array', items });
const closed = (properties: { readonly [name: string]: JsonObject }): JsonObject => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});

const key = { enum: ['scripts', 'documentation', 'objectives', 'automation', 'security'] } as const;
const points: JsonObject = { type: 'number', minimum: 0, maximum: 100 };
const total = closed({ formula: string, value: points });

const line = closed({
  id: string,
  value: string,
  // Negative: what it takes off.
  points: { type: ['number', 'null'] },
  measured: truth,
  sources: list(string),
});

const approval = closed({
  approver: string,
  conditions: list(string),
  at: string,
  typedBy: string,
  independence: string,
});

const readiness = closed({
  formulaVersion: string,
  programme: string,
  at: string,
  categories: {
    type: 'array',
    minItems: 5,
    maxItems: 5,
    items: closed({ key, title: string, weight: number, formula: string, points, inputs: list(line) }),
  },
  total,
  unweightedMean: total,
  ready: truth,
  conditions: list(closed({ id: string, holds: truth, text: string, sources: list(string) })),
  approval: { oneOf: [{ type: 'null' }, approval] },
  notMeasured: list(closed({ category: key, id: string, why: string })),
  countedRuns: list(closed({ run: string, why: string })),
  notCounted: list(closed({ record: string, why: string })),
  withoutRunbook: list(string),
  notProven: list(string),
});

/** JSON Schema of what `firedrill readiness --format json` prints. */
export const readinessSchema: JsonObject = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'firedrill readiness',
  ...closed({ v: { const: 1 }, kind: { const: 'readiness' }, data: readiness }),
};
