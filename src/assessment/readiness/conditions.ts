import { validMonths, type Judged } from './judge-run.js';
import { newestFirst, withinMonths } from './periods.js';
import { fromRun, withoutRunbook, type ReadinessInputs } from './readiness-inputs.js';
import type { ReadinessRun } from './readiness-run.js';

/** Something that has to hold before anybody may call the programme ready. */
export interface ReadyCondition {
  readonly id: string;
  readonly holds: boolean;
  readonly text: string;
  readonly sources: readonly string[];
}

const critical = 'P0';
const good = ['P', 'S'];

/** A critical scenario is one whose runbook has the highest severity. */
export function conditionsOf(inputs: ReadinessInputs, judged: readonly Judged[]): ReadyCondition[] {
  const scenarios = inputs.scenarios.filter((one) => one.severity === critical);
  return [
    ...(scenarios.length === 0
      ? [condition('critical', false, `no runbook of the programme has severity ${critical}`)]
      : scenarios.map((one) => measuredWell(one.id, judged))),
    ...withoutRunbook(inputs.scenarios).map((id) =>
      condition(`runbook/${id}`, false, `${id}: the programme has no runbook for it`),
    ),
    ...highFindings(inputs, judged),
    ...recordsThatAudit(inputs),
  ];
}

function condition(
  id: string,
  holds: boolean,
  text: string,
  sources: readonly string[] = [],
): ReadyCondition {
  return { id, holds, text, sources };
}

function measuredWell(id: string, judged: readonly Judged[]): ReadyCondition {
  const counted = newestFirst(
    judged.filter((one) => one.counts && one.run.scenario === id).map((one) => one.run),
  );
  const best = counted.find((run) => good.includes(run.band));
  if (best !== undefined)
    return condition(
      `critical/${id}`,
      true,
      `${id}: ${best.score ?? ''} ${best.band}, within ${validMonths} months`,
      [fromRun(best, [])],
    );
  const [last] = counted;
  const why =
    last === undefined
      ? 'no run counts'
      : `the newest that counts is ${last.score ?? ''} ${last.band}`.trim();
  return condition(
    `critical/${id}`,
    false,
    `${id}: not measured P or S within ${validMonths} months: ${why}`,
    last === undefined ? [] : [fromRun(last, [])],
  );
}

/**
 * A high finding is open until a later run of the same scenario no longer has it; only a run that counts closes what one that counted
 * found. Of a drill that broke the recovery on purpose it is only what the runbook did not catch.
 */
function highFindings({ at, scenarios }: ReadinessInputs, judged: readonly Judged[]): ReadyCondition[] {
  const past = judged.filter((one) => Date.parse(one.run.at) <= Date.parse(at));
  const open = [
    ...new Set([...scenarios.map((one) => one.id), ...past.map((one) => one.run.scenario)]),
  ].flatMap((id) => {
    const mine = past.filter((one) => one.run.scenario === id);
    const straight = mine.filter((one) => !one.run.sabotaged);
    const sabotaged = newestFirst(mine.map((one) => one.run).filter((run) => run.sabotaged));
    const runs = new Set([newest(straight), newest(straight.filter((one) => one.counts))]);
    return [
      ...[...runs].flatMap((run) => run?.highFindings.map((finding) => ({ run, finding })) ?? []),
      ...sabotaged
        .slice(0, 1)
        .flatMap((run) =>
          run.highFindings
            .filter((finding) => finding.id.startsWith('sabotage-not-caught:'))
            .map((finding) => ({ run, finding })),
        ),
    ];
  });
  if (open.length === 0) return [condition('no-high-finding', true, 'no high finding is open')];
  return open.map(({ run, finding }) =>
    condition(
      `high-finding/${run.scenario}/${finding.id}`,
      false,
      `open high finding of ${run.scenario}: ${finding.text}`,
      [fromRun(run, finding.evidence)],
    ),
  );
}

function newest(judged: readonly Judged[]): ReadinessRun | undefined {
  return newestFirst(judged.map((one) => one.run))[0];
}

/** What a record holds that nobody can believe is not known: it may be a high finding. */
function recordsThatAudit({ at, rejected }: ReadinessInputs): ReadyCondition[] {
  const recent = rejected.filter((one) => one.at === null || withinMonths(one.at, at, validMonths));
  return recent.map(({ record, why }) =>
    condition(`record/${record}`, false, `what ${record} found is not known: ${why}`, [`record ${record}`]),
  );
}
