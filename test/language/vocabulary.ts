import type { JsonObject } from '../../src/base/index.js';
import type { ActionSpec, Effect, FaultSpec, Vocabulary } from '../../src/language/index.js';

function args(properties: JsonObject = {}, required: readonly string[] = []): JsonObject {
  return { type: 'object', properties, required: [...required], additionalProperties: false };
}

const word: JsonObject = { type: 'string', minLength: 1 };
const oneOf = (...words: string[]): JsonObject => ({ enum: words });

function action(
  name: string,
  effect: Effect,
  schema: JsonObject,
  outputs: readonly string[],
  destroys = false,
): ActionSpec {
  return {
    name,
    with: schema,
    outputs: Object.fromEntries(outputs.map((output) => [output, `the ${output}`])),
    effect,
    destroys,
    describe: (given) => `${name} ${JSON.stringify(given)}`,
    preview: (given) => [`$ ${name} ${Object.keys(given).join(' ')}`.trim()],
  };
}

function fault(name: string, schema: JsonObject): FaultSpec {
  return { name, with: schema, describe: () => `injects ${name}`, preview: () => [`damage ${name}`] };
}

const restoreArgs = args(
  {
    backup: { anyOf: [oneOf('newest-usable', 'last-verified'), { type: 'string', pattern: '^set-[0-9]+$' }] },
    until: word,
    into: oneOf('replacement', 'side'),
    workers: { type: 'integer', minimum: 1 },
  },
  ['backup', 'into'],
);

const actions = [
  action('postgres.checksum-failures', 'read', args({ database: word }), ['failures']),
  action('postgres.find-damage', 'read', args({ database: word }), ['ok', 'relations', 'suggestion']),
  action('postgres.set-aside', 'once', args(), ['path'], true),
  action('postgres.is-set-aside', 'read', args(), ['ok']),
  action('postgres.restore', 'once', restoreArgs, ['backup', 'bytes'], true),
  action('postgres.restored-from', 'read', args({ backup: word, cluster: word }), ['ok']),
  action('postgres.content-matches', 'read', args({ tables: word, and: word }), ['ok', 'mismatches']),
  action('sentinel.acknowledged-write', 'read', args(), ['ok', 'latencyMs']),
  action(
    'http.get',
    'read',
    args({ url: word, headers: { type: 'object', additionalProperties: word } }, ['url']),
    ['status', 'body'],
  ),
  action('notify.send', 'once', args({ message: word, to: word }, ['message', 'to']), ['channel']),
  action('service.stop', 'idempotent', args(), []),
  action('service.start', 'idempotent', args(), []),
  action('service.is-stopped', 'read', args(), ['ok']),
  action('shell.run', 'once', args({ argv: { type: 'array', items: word, minItems: 1 } }, ['argv']), [
    'ok',
    'stdout',
  ]),
];

const faults = [
  fault(
    'corrupt-heap-pages',
    args({ relation: word, pages: { type: 'integer', minimum: 1, maximum: 100 } }, ['relation']),
  ),
  fault('truncate-newest-backup', args()),
];

/** A small vocabulary of the same build as the real one. */
export const vocabulary: Vocabulary = {
  actions: new Map(actions.map((one) => [one.name, one])),
  faults: new Map(faults.map((one) => [one.name, one])),
  environmentValues: {
    lab: { database: 'rides', application: 'http://127.0.0.1:8080', regions: 2 },
    declared: { database: 'rides', application: 'https://rides.example', dataDirectory: '/var/lib' },
  },
};
