import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/base/index.js';
import { assess } from '../../src/assessment/index.js';
import {
  buildReport,
  renderHtml,
  renderJson,
  renderJunit,
  renderMarkdown,
  renderSummary,
  renderVerifyGuide,
  reportSchema,
} from '../../src/report/index.js';
import { makePlan, unobserved } from '../assessment/plan-fixture.js';
import { fail, RecordBuilder } from '../assessment/record-builder.js';
import { buildRun, type Variation } from '../assessment/run-fixture.js';

const reportOf = (how: Variation = {}) => {
  const record = buildRun(how).record();
  return buildReport(record, assess(record));
};
const unattended = () => reportOf({ plan: unobserved(makePlan({ unattended: true })) });
const empty = () => {
  const record = new RecordBuilder().record();
  return buildReport(record, assess(record));
};
const all = [
  ['attended', reportOf()],
  ['unattended', unattended()],
  ['failed', reportOf({ stopAfter: { phase: 'recovery', end: 'failed' } })],
  ['interrupted', reportOf({ stopAfter: { phase: 'recovery', end: 'none' } })],
  ['lossy, by hand, resumed', reportOf({ lost: 3, deviation: true, resumeInRestore: 5000 })],
  ['without anything in it', empty()],
] as const;

const sections = [
  'identity',
  'outcome',
  'plan',
  'people',
  'targets',
  'timeline',
  'clock',
  'backup',
  'checks',
  'failed',
  'deviations',
  'messages',
  'decisions',
  'score',
  'comparison',
  'findings',
  'sign-offs',
  'controls',
  'evidence',
  'limitations',
  'verify',
];

describe.each(all)('a report of a run: %s', (_name, report) => {
  test('has every section, in order, and none is empty', () => {
    expect(report.sections.map((section) => section.id)).toEqual(sections);
    for (const section of report.sections) expect(section.blocks.length).toBeGreaterThan(0);
    const html = renderHtml(report);
    const found = [...html.matchAll(/<section id="([a-z-]+)"/g)].map((match) => match[1]);
    expect(found).toEqual([...sections, 'journal']);
    expect(renderMarkdown(report).match(/^## \d+\. /gm)).toHaveLength(sections.length);
  });

  test('fits its published schema, as JSON that was read back', () => {
    const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(reportSchema);
    validate(JSON.parse(renderJson(report)));
    expect(validate.errors ?? []).toEqual([]);
  });

  test('holds no figure whose evidence leads nowhere', () => {
    const html = renderHtml(report);
    const anchors = new Set([...html.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]));
    for (const [, target] of html.matchAll(/href="#([^"]+)"/g)) expect(anchors).toContain(target);
  });

  test('certifies nothing', () => {
    for (const text of [renderHtml(report), renderMarkdown(report), renderJson(report)])
      expect(text).not.toMatch(/\bcompliant\b|\bcertified\b/i);
  });
});

test('the fingerprint of the target is a readable list, no raw JSON, and says when there is none', () => {
  const told = (fingerprint: JsonObject) => {
    const record = new RecordBuilder()
      .add('environment-opened', { name: 'lab', kind: 'lab', values: {}, fingerprint, notExercised: [] })
      .record();
    const report = renderMarkdown(buildReport(record, assess(record)));
    return report.slice(report.indexOf('Fingerprint of the target'), report.indexOf('## 2. '));
  };
  const list = told({
    ...{ systemIdentifier: '7712867993215426004', dataDirectory: '/srv/data', inode: 7, postmasterPid: null },
    ...{ host: '127.0.0.1', port: 36407, timeline: 2, inRecovery: false, token: 'c3a1' },
  });
  for (const row of [
    '| System identifier | `7712867993215426004` (entry 1) |',
    '| Data directory | `/srv/data` (entry 1) |',
    '| Process id of the postmaster | `not known` (entry 1) |',
    '| Host and port | `127.0.0.1:36407` (entry 1) |',
    '| In recovery | `no` (entry 1) |',
    '| token | `c3a1` (entry 1) |',
  ])
    expect(list).toContain(row);
  expect(list).not.toMatch(/[{}"]/);
  expect(told({})).toContain('none: the target did not answer when the environment was opened');
});

test('the same record gives the same bytes', () => {
  const render = () => {
    const report = reportOf({ lost: 2, byHand: true });
    return [renderJson, renderHtml, renderMarkdown, renderJunit, renderVerifyGuide]
      .map((one) => one(report))
      .join('');
  };
  expect(render()).toBe(render());
});

describe('what somebody wrote', () => {
  const evil =
    '</td><script>alert(1)</script>\u001b[31m\u202eevil\u0000 `x` | [a](javascript:1) "quoted" & \'so\'';
  const plan = makePlan();
  const record = buildRun({
    plan: { ...plan, runbook: { ...plan.runbook, title: evil }, drill: { id: 'd', title: evil } },
  })
    .add('note-taken', { text: evil }, { kind: 'person', name: evil })
    .record();
  const report = buildReport(
    { ...record, evidence: [{ file: '../../etc/passwd', bytes: 1, sha256: 'f'.repeat(64) }] },
    assess(record),
  );

  test('never becomes markup, a link or a control sequence in HTML', () => {
    const html = renderHtml(report);
    expect(html).not.toContain('<script');
    expect(html).toContain('&lt;script&gt;alert(1)');
    expect(html).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
    expect(html).not.toMatch(/href="[^"]*(passwd|javascript:)/);
  });

  test('nor in Markdown, XML or on the terminal', () => {
    const markdown = renderMarkdown(report);
    expect(markdown).not.toContain('<script');
    expect(markdown).not.toContain('[a](javascript');
    expect(markdown.split('\n').filter((line) => line.startsWith('| note'))).toEqual([]);
    expect(renderJunit(report)).not.toMatch(/<script|\u001b|\u0000/);
    for (const line of renderSummary(report, { colour: false }))
      expect(line).not.toMatch(/[\u0000-\u001f\u202e]/);
  });
});

describe('the summary on exit', () => {
  const lines = (report = reportOf()) => renderSummary(report, { colour: false, folder: 'reports/x' });
  test('says outcome, recovery time, loss with its resolution, score and where the report is', () => {
    expect(lines()).toEqual([
      'Run            2027-01-17T010000Z-database-corruption-k3f9  DRILL',
      'Outcome        ✓ completed, objectives met',
      'Because        recovery time within the RTO, data loss within the RPO',
      'Recovery time  ✓ 26m 04s of 4h 00m 00s (RTO)',
      'Data loss      ✓ 0 of 25 acknowledged commits lost, resolution 250ms',
      'Score          ✓ 94.9 P',
      'Rating         performed without challenges',
      expect.stringMatching(/^Head {11}[0-9a-f]{12}$/),
      'Report         reports/x/report.html',
    ]);
  });

  test('marks a scripted operator and names the cap with its reason', () => {
    const said = lines(unattended()).join('\n');
    expect(said).toContain('Unattended: scripted operator');
    expect(said).toContain('79 S — CF-10: nobody independent took part (scripted operator)');
  });

  test('says not measured where nothing was, never a zero', () => {
    const said = lines(reportOf({ sentinel: false })).join('\n');
    expect(said).toContain('Data loss      – not measured: no observer watched this run');
    expect(lines(reportOf({ stopAfter: { phase: 'recovery', end: 'none' } })).join('\n')).toContain(
      'NOT RATED — CF-02',
    );
  });

  test('in colour says the same words', () => {
    const report = unattended();
    const plain = renderSummary(report, { colour: true }).map((line) => line.replace(/\u001b\[\d+m/g, ''));
    expect(plain).toEqual(renderSummary(report, { colour: false }));
  });
});

describe('for CI', () => {
  const counts = (xml: string) =>
    /<testsuites [^>]*tests="(\d+)" failures="(\d+)" errors="0" skipped="(\d+)"/
      .exec(xml)
      ?.slice(1)
      .map(Number);
  test('a good run has no failure', () => {
    const xml = renderJunit(reportOf());
    expect(counts(xml)?.slice(1)).toEqual([0, 0]);
    expect(xml.match(/<testcase /g)).toHaveLength(counts(xml)?.[0] ?? -1);
  });
  test('a red check, an unmeasured objective and a step that was never reached are failures, not skips', () => {
    const xml = renderJunit(
      reportOf({ acceptance: { content: fail }, stopAfter: { phase: 'verification', end: 'failed' } }),
    );
    expect(xml).toContain('<testcase classname="acceptance" name="content"><failure');
    expect(xml).toContain(
      '<testcase classname="objectives" name="recovery-time"><failure message="not measured"/>',
    );
    expect(xml).toContain('name="sign-off"><failure message="not reached"/>');
    expect(counts(xml)?.[2]).toBe(0);
  });
});

test('a scripted answer is marked wherever it stands', () => {
  const html = renderHtml(unattended());
  expect(html.match(/Unattended: scripted operator/g)?.length).toBeGreaterThan(2);
  const decisions = /<section id="decisions"[\s\S]*?<\/section>/.exec(html)?.[0] ?? '';
  expect(decisions.match(/scripted operator/g)).toHaveLength(5);
  expect(decisions).not.toContain('Ana');
});

test('controls are evidence supporting a clause, with what it does not prove', () => {
  const controls = [
    {
      standard: 'ISO 27001:2022',
      clause: 'A.8.13',
      title: 'Information backup',
      applies: 'everybody',
      strength: 'supports' as const,
      shows: 'a restore from a backup',
      doesNotProve: 'that every backup restores',
    },
  ];
  const markdown = renderMarkdown(reportOf({ plan: makePlan({ controls }) }));
  expect(markdown).toContain('Evidence supporting ISO 27001:2022 A.8.13: Information backup | supports |');
  expect(markdown).toContain('that every backup restores');
  expect(renderMarkdown(reportOf())).toContain('none: no mapping given');
});

test('what is kept on purpose stands among the limitations', () => {
  const record = buildRun().record();
  const entries = record.entries.map((entry) =>
    entry.type === 'environment-closed'
      ? { ...entry, data: { ...entry.data, kept: ['lab in /var/tmp/lab stays up'] } }
      : entry,
  );
  const kept = { ...record, entries };
  const markdown = renderMarkdown(buildReport(kept, assess(kept)));
  expect(markdown.slice(markdown.indexOf('Limitations'))).toContain(
    'Kept on purpose after the run: lab in /var/tmp/lab stays up.',
  );
});

test('a step that was undone is shown as undone, and fails in CI', () => {
  const builder = buildRun().add('undo-ended', { step: 'restore', failure: null, evidence: [] });
  const report = buildReport(builder.record(), assess(builder.record()));
  expect(renderMarkdown(report)).toMatch(/Step restore \| recovery \| [^|]*undone/);
  expect(renderJunit(report)).toMatch(/name="restore"[^>]*><failure message="undone/);
});
