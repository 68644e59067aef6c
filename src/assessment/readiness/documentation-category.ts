import { validMonths, type Judged } from './judge-run.js';
import { newestFirst, withinMonths } from './periods.js';
import {
  fromRun,
  line,
  unmeasured,
  type ReadinessInputs,
  type ReadinessLine,
  type ReadinessWorking,
} from './readiness-inputs.js';

const costs = { deviation: 10, unexercised: 10, placeholder: 5 } as const;

/** Documentation: whether people can go by what is written. Runs on the sample database exercise a runbook, too. */
export function documentationCategory(inputs: ReadinessInputs, judged: readonly Judged[]): ReadinessWorking {
  const lines = [
    ...inputs.scenarios.flatMap((scenario) => runbookLines(scenario, inputs, judged)),
    ...inputs.placeholders.map(({ file, place, text }) =>
      line(`placeholder/${file}`, `"${text}" at ${place} was never filled in`, -costs.placeholder, [
        `document ${file}`,
      ]),
    ),
  ];
  const off = lines.reduce((sum, one) => sum + Math.min(0, one.points ?? 0), 0);
  const nothing = inputs.scenarios.length === 0;
  return {
    key: 'documentation',
    title: 'Documentation',
    formula:
      '100 − 10 per open deviation (of the last completed run of a scenario) − 10 per runbook not exercised in 12 months (a sealed and completed run on any data) − 5 per placeholder; at least 0',
    points: nothing ? 0 : Math.max(0, 100 + off),
    inputs: nothing ? [unmeasured('runbooks', 'the programme has no runbook'), ...lines] : lines,
  };
}

function runbookLines(
  { id, file }: ReadinessInputs['scenarios'][number],
  { at }: ReadinessInputs,
  judged: readonly Judged[],
): ReadinessLine[] {
  const completed = newestFirst(
    judged
      .map((one) => one.run)
      .filter((run) => run.scenario === id && run.completed && run.executed)
      .filter((run) => Date.parse(run.at) <= Date.parse(at)),
  );
  const [last] = completed;
  if (last === undefined)
    return [
      line(`exercised/${id}`, 'never exercised: no sealed and completed run', -costs.unexercised, [
        `document ${file}`,
      ]),
    ];
  const recent = withinMonths(last.at, at, validMonths);
  const said = `last exercised ${last.at.slice(0, 10)}`;
  return [
    line(
      `exercised/${id}`,
      recent ? said : `${said}, not in ${validMonths} months`,
      recent ? 0 : -costs.unexercised,
      [fromRun(last, [])],
    ),
    ...last.deviations.map(({ text, seq }) =>
      line(`deviation/${id}`, text, -costs.deviation, [fromRun(last, [seq])]),
    ),
  ];
}
