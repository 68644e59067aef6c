import type { Assessment, RunRecord, StepFact } from '../../assessment/index.js';
import { cell, table, type Cell, type Section, type Status } from '../blocks.js';
import { duration, valueWords } from '../words.js';
import { sabotageTable } from './sabotage.js';

const results: {
  readonly [result in StepFact['result']]: { readonly words: string; readonly status: Status };
} = {
  succeeded: { words: 'succeeded', status: 'good' },
  failed: { words: 'failed', status: 'bad' },
  'not-finished': { words: 'begun, no result', status: 'bad' },
  'unknown-outcome': { words: 'outcome unknown', status: 'bad' },
  undone: { words: 'undone', status: 'bad' },
  'not-reached': { words: 'never reached', status: 'bad' },
  'skipped-by-person': { words: 'skipped by a person', status: 'warning' },
  stopped: { words: 'not run: the run stopped', status: 'bad' },
  'not-due': { words: 'not due', status: 'open' },
};

export function failedSection(record: RunRecord, assessment: Assessment): Section {
  const { entries } = record;
  const { measures } = assessment;
  const bad = measures.steps.filter((step) => step.result !== 'succeeded' && step.result !== 'not-due');
  const opened = entries.find((entry) => entry.type === 'environment-opened');
  return {
    id: 'failed',
    title: 'What failed, and what was not executed',
    blocks: [
      table(
        'Steps that did not succeed',
        ['Step', 'Phase', 'Result', '#Attempts', 'Why'],
        bad.map((step) => [
          step.title,
          step.phase,
          resultCell(step),
          String(step.attempts),
          step.reason ?? 'no reason recorded',
        ]),
      ),
      table(
        'Not exercised, because this environment does not have it',
        ['What'],
        (opened?.data.notExercised ?? []).map((one) => [
          cell(one, { status: 'open', evidence: opened ? [opened.seq] : [] }),
        ]),
      ),
      table(
        'Steps not due: a condition was not met, or another option was chosen',
        ['Step', 'Phase', 'Why'],
        measures.steps
          .filter((step) => step.result === 'not-due')
          .map((step) => [
            step.title,
            step.phase,
            cell(step.reason ?? 'its option was not chosen', { evidence: step.seqs }),
          ]),
      ),
      table(
        'Faults: what was injected, and what the runbook saw of it',
        ['Fault', 'Result', 'What was done', 'Found against done'],
        measures.faults.map((fault) => [
          `${fault.id}${fault.sabotage ? ' (sabotage)' : ''}`,
          cell(fault.result.replace('-', ' '), {
            status: fault.result === 'injected' ? 'good' : 'bad',
            evidence: fault.seqs,
          }),
          cell(fault.result === 'injected' ? valueWords(fault.groundTruth) : 'nothing', { code: true }),
          foundCell(fault),
        ]),
      ),
      ...sabotageTable(record, assessment),
      table(
        'Every step',
        ['Step', 'Phase', 'What it did', 'Result', '#Attempts', '#Duration', 'By'],
        measures.steps.map((step) => [
          step.title,
          step.phase,
          step.describe ?? step.action ?? step.form,
          resultCell(step),
          String(step.attempts),
          step.scripted && (step.form === 'ask' || step.form === 'instruct' || step.form === 'decide')
            ? cell('scripted, not measured', { status: 'scripted' })
            : step.startedAt === null
              ? 'not run'
              : duration(step.durationMs),
          step.scripted
            ? cell('scripted operator', { status: 'scripted' })
            : step.answeredBy
                .map((actor) => (actor.kind === 'person' ? actor.name : actor.kind))
                .join(', ') || 'engine',
        ]),
      ),
      table(
        'What steps found and kept',
        ['Step', 'Name', 'Value'],
        measures.steps.flatMap((step) =>
          Object.entries(step.saved).map(([name, value]) => [
            step.title,
            name,
            cell(valueWords(value), { code: true, evidence: step.seqs }),
          ]),
        ),
      ),
    ],
  };
}

function resultCell(step: StepFact): Cell {
  const { words, status } = results[step.result];
  const how =
    step.how === null || step.how === 'performed' || step.result === 'undone'
      ? ''
      : ` (${step.how.replace('-', ' ')})`;
  return cell(`${words}${how}`, {
    status,
    evidence: step.seqs,
    files: step.evidence
      .filter((one, index, all) => all.findIndex((other) => other.file === one.file) === index)
      .map(({ file, title }) => ({ file, title })),
  });
}

function foundCell(fault: Assessment['measures']['faults'][number]): Cell | string {
  if (fault.caughtBy)
    return fault.caughtBy.length > 0
      ? cell('caught: a check or step turned red afterwards', { status: 'good', evidence: fault.caughtBy })
      : cell('not caught by any check', { status: 'bad' });
  if (!fault.compared) return 'not compared';
  return fault.compared.same
    ? cell(`the same: ${fault.compared.found.join(', ')}`, { status: 'good' })
    : cell(`found ${fault.compared.found.join(', ') || 'nothing'}, done ${fault.compared.truth.join(', ')}`, {
        status: 'bad',
      });
}
