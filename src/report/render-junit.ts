import { cleanLine } from './clean.js';
import type { Report } from './report.js';

interface Case {
  readonly suite: string;
  readonly name: string;
  readonly seconds: number | null;
  readonly failure: string | null;
  /** Only for what was never due; what was due and did not run has failed. */
  readonly skipped: string | null;
}

/** For CI: objectives, acceptance checks, steps and phase pace as test cases. Not run is a failure, never a pass or a skip. */
export function renderJunit(report: Report): string {
  const cases = casesOf(report);
  const suites = [...new Set(cases.map((one) => one.suite))].map((suite) => {
    const own = cases.filter((one) => one.suite === suite);
    return `  <testsuite name="${attribute(suite)}" ${counts(own)}>\n${own.map(caseXml).join('\n')}\n  </testsuite>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="${attribute(`${report.title} ${report.runId}`)}" ${counts(cases)}>
${suites.join('\n')}
</testsuites>
`;
}

function casesOf({ assessment }: Report): Case[] {
  const { measures, score, outcome } = assessment;
  const plain = { seconds: null, skipped: null };
  const seconds = (ms: number | null) => (ms === null ? null : ms / 1000);
  return [
    {
      ...plain,
      suite: 'outcome',
      name: 'the run completed',
      failure: outcome.status === 'completed' ? null : `${outcome.status}: ${outcome.because}`,
    },
    {
      ...plain,
      suite: 'outcome',
      name: 'the objectives were met',
      failure: outcome.verdict === 'met' ? null : `${outcome.verdict}: ${outcome.verdictBecause}`,
    },
    ...score.objectives.map((one) => ({
      ...plain,
      suite: 'objectives',
      name: one.id,
      seconds: one.id === 'recovery-time' ? seconds(one.actualMs) : null,
      failure:
        one.met === true
          ? null
          : one.met === null
            ? 'not measured'
            : `${one.actualMs ?? 0} ms, the objective is ${one.targetMs} ms`,
    })),
    ...measures.acceptance.map((one) => ({
      ...plain,
      suite: 'acceptance',
      name: one.id,
      failure: one.verdict === 'pass' ? null : (one.check?.reason ?? one.verdict.replace('-', ' ')),
    })),
    ...measures.steps.map((step) => ({
      suite: `steps of ${step.phase}`,
      name: step.id,
      seconds: seconds(step.durationMs),
      failure:
        step.result === 'succeeded' || step.result === 'not-due'
          ? null
          : `${step.result.replaceAll('-', ' ')}${step.reason === null ? '' : `: ${step.reason}`}`,
      skipped: step.result === 'not-due' ? (step.reason ?? 'not due') : null,
    })),
  ];
}

function caseXml(one: Case): string {
  const time = one.seconds === null ? '' : ` time="${one.seconds.toFixed(3)}"`;
  const open = `    <testcase classname="${attribute(one.suite)}" name="${attribute(one.name)}"${time}`;
  if (one.failure !== null) return `${open}><failure message="${attribute(one.failure)}"/></testcase>`;
  if (one.skipped !== null) return `${open}><skipped message="${attribute(one.skipped)}"/></testcase>`;
  return `${open}/>`;
}

function counts(cases: readonly Case[]): string {
  const failures = cases.filter((one) => one.failure !== null).length;
  const skipped = cases.filter((one) => one.skipped !== null).length;
  return `tests="${cases.length}" failures="${failures}" errors="0" skipped="${skipped}"`;
}

function attribute(text: string): string {
  return cleanLine(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
