import type { Assessment, RunRecord } from '../../assessment/index.js';
import type { CheckRecord } from '../../run/index.js';
import { cell, facts, table, type Cell, type Section } from '../blocks.js';
import { valueWords } from '../words.js';

export function backupSection(_record: RunRecord, { backup }: Assessment): Section {
  return {
    id: 'backup',
    title: 'Backup used',
    blocks: backup
      ? [
          facts('The backup that the recovery came back from', [
            ['Id', cell(backup.id, { code: true, evidence: backup.evidence })],
            ...backup.facts.map((fact) => [sentence(fact.name), valueWords(fact.value)] as const),
          ]),
        ]
      : [{ kind: 'text', text: 'Not exercised: no step restored from a backup.' }],
  };
}

const sentence = (words: string) => words.slice(0, 1).toUpperCase() + words.slice(1);

export function checksSection({ plan }: RunRecord, { measures }: Assessment): Section {
  const fromSteps = measures.steps.flatMap((step) => step.checks.map((one) => ({ step, ...one })));
  return {
    id: 'checks',
    title: 'Integrity checks: expected, actual, who set the expectation',
    blocks: [
      table(
        'Acceptance checks, in the round that counts',
        ['Check', 'Action', 'Verdict', 'Expected', 'Actual', '#Weight', '#Red rounds', 'Expectation set by'],
        measures.acceptance.map((one) => {
          const planned = plan.acceptance?.checks.find((check) => check.id === one.id);
          return [
            `${one.id}${one.critical ? ' (critical)' : ''}`,
            cell(one.action, { code: true }),
            verdictCell(one.check, one.seq === null ? [] : [one.seq]),
            ...expectedActual(one.check),
            String(one.weight),
            String(one.redRounds),
            planned?.call.expect === undefined
              ? 'the action: its output "ok" must be true'
              : `the runbook ${plan.runbook.id} ${plan.runbook.version}`,
          ];
        }),
        'not exercised: the plan has no acceptance checks',
      ),
      table(
        'Checks of steps',
        ['Step', 'Why it ran', 'Verdict', 'Expected', 'Actual'],
        fromSteps.map(({ step, purpose, check, seq }) => [
          step.id,
          purposes[purpose],
          verdictCell(check, [seq]),
          ...expectedActual(check),
        ]),
      ),
    ],
  };
}

const purposes = {
  before: 'already done?',
  after: 'did it work?',
  claim: 'a person said done',
  resume: 'true after the crash?',
  wait: 'waited for',
} as const;

function verdictCell(check: CheckRecord | null, evidence: readonly number[]): Cell {
  const files = (check?.evidence ?? []).map(({ file, title }) => ({ file, title }));
  switch (check?.verdict) {
    case 'pass':
      return cell('pass', { status: 'good', evidence, files });
    case 'fail':
      return cell('fail', { status: 'bad', evidence, files });
    case 'not-run':
    case undefined:
      return cell(`not run, counts as failed${check?.reason === undefined ? '' : `: ${check.reason}`}`, {
        status: 'bad',
        evidence,
        files,
      });
  }
}

function expectedActual(check: CheckRecord | null): [Cell, Cell] {
  if (!check || check.results.length === 0) return [cell('not recorded'), cell('not recorded')];
  const join = (pick: (one: CheckRecord['results'][number]) => string) =>
    cell(check.results.map(pick).join('; '), { code: true });
  return [
    join((one) => `${one.name} ${valueWords({ ...one.expected }, 120)}`),
    join((one) => `${one.name} = ${valueWords(one.actual, 120)}`),
  ];
}
