import type { JsonObject } from '../base/index.js';

const string = { type: 'string' } as const;
const number = { type: 'number' } as const;
const whole = { type: 'integer' } as const;
const list = (items: JsonObject): JsonObject => ({ type: 'array', items });
const closed = (
  properties: { readonly [name: string]: JsonObject },
  optional: readonly string[] = [],
): JsonObject => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  additionalProperties: false,
});
/** At least these members; further ones are described by the assessment's own types. */
const open = (properties: { readonly [name: string]: JsonObject }): JsonObject => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
});
const nullable = (type: string): JsonObject => ({ type: [type, 'null'] });
const status = { enum: ['good', 'bad', 'warning', 'open', 'scripted'] } as const;
const provenance = {
  enum: ['measured', 'imported', 'attested', 'scripted', 'planned', 'not-measured'],
} as const;

const cell = closed(
  {
    text: string,
    status,
    evidence: list(whole),
    files: list(closed({ file: string, title: string })),
    code: { type: 'boolean' },
  },
  ['status', 'evidence', 'files', 'code'],
);

const block: JsonObject = {
  oneOf: [
    closed({ kind: { const: 'text' }, text: string, status }, ['status']),
    closed({ kind: { const: 'list' }, items: list(string) }),
    closed({ kind: { const: 'facts' }, caption: string, rows: list(closed({ name: string, value: cell })) }),
    closed({
      kind: { const: 'table' },
      caption: string,
      columns: list(closed({ title: string, numeric: { type: 'boolean' } }, ['numeric'])),
      rows: list(list(cell)),
      whenEmpty: string,
    }),
    closed({ kind: { const: 'picture' } }),
  ],
};

const intervals = list(closed({ start: number, end: number }));
const figure = closed({
  value: nullable('number'),
  provenance,
  evidence: list(whole),
  note: string,
});

const timeline = closed({
  lengthMs: number,
  phases: list(
    closed({
      id: string,
      title: string,
      stage: string,
      start: number,
      end: number,
      targetMs: nullable('number'),
      machine: intervals,
      handsOn: intervals,
      waiting: intervals,
    }),
  ),
  events: list(
    closed({
      kind: { enum: ['fault', 'message', 'point', 'gap'] },
      label: string,
      at: number,
      seq: nullable('integer'),
    }),
  ),
});

const score = open({
  formulaVersion: string,
  raw: nullable('number'),
  final: nullable('number'),
  band: { enum: ['P', 'S', 'M', 'U', 'NOT RATED'] },
  categories: list(
    open({ key: string, weight: number, effectiveWeight: number, inputs: list(open({ provenance })) }),
  ),
  caps: list(closed({ id: string, limit: nullable('number'), reason: string, evidence: list(whole) })),
  objectives: list(open({ id: string, met: nullable('boolean') })),
  notMeasured: list(closed({ category: string, id: string, why: string })),
});

const assessment = open({
  formulaVersion: string,
  runId: string,
  outcome: open({
    status: { enum: ['completed', 'failed', 'cancelled', 'interrupted'] },
    verdict: { enum: ['met', 'missed', 'inconclusive'] },
  }),
  measures: open({
    points: list(open({ point: string, time: open({ provenance }) })),
    recoveryTime: open({ durationMs: figure, spansSessions: { type: 'boolean' } }),
    technicalRestoreMs: figure,
    loss: open({
      windowMs: figure,
      resolutionMs: nullable('number'),
      acknowledged: nullable('number'),
      missing: list(whole),
      unacknowledged: list(whole),
    }),
    phases: list(open({ id: string, actualMs: nullable('number') })),
  }),
  findings: list(
    closed({ id: string, class: { enum: ['high', 'medium', 'low'] }, text: string, evidence: list(whole) }),
  ),
  score,
});

/** The published JSON Schema (draft 2020-12) of `report.json`. */
export const reportSchema: JsonObject = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:firedrill:report:v1',
  title: 'firedrill report',
  ...closed({
    apiVersion: { const: 'firedrill/report/v1' },
    versions: closed({ tool: string, formula: string, renderer: string }),
    runId: string,
    title: string,
    mode: { enum: ['drill', 'live'] },
    unattended: { type: 'boolean' },
    head: { type: 'string', pattern: '^[0-9a-f]{64}$' },
    shortCode: { type: 'string', pattern: '^[0-9a-f]{12}$' },
    sections: list(closed({ id: string, title: string, blocks: list(block) })),
    timeline: { oneOf: [timeline, { type: 'null' }] },
    assessment,
    journal: list(
      closed({
        seq: whole,
        at: string,
        session: string,
        actor: open({ kind: { enum: ['engine', 'person', 'scripted', 'sentinel'] } }),
        type: string,
        data: { type: 'object' },
      }),
    ),
  }),
};
