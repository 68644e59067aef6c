import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { generatedPlan } from './generated-plan.mjs';
import { atMost, median, percentile, round } from './row.mjs';
import { runGenerated } from './run-generated.mjs';
import { withScratch } from './scratch.mjs';

const steps = 200;
const rounds = 5;

export function measureStepCost() {
  return withScratch(async (directory) => {
    const plan = generatedPlan(
      Array.from({ length: steps }, (_, at) => `{id: s${at}, title: S, role: lead, uses: bench.nothing}`),
    );
    const means = [];
    const single = [];
    for (let turn = 0; turn < rounds; turn += 1) {
      const place = join(directory, String(turn));
      mkdirSync(place);
      const entries = await runGenerated(plan, place);
      const ends = entries.filter(({ type }) => type === 'step-succeeded').map(({ mono }) => mono);
      if (ends.length !== steps) throw new Error(`${ends.length} of ${steps} steps succeeded`);
      means.push((ends.at(-1) - ends[0]) / (steps - 1));
      single.push(...ends.slice(1).map((end, at) => end - ends[at]));
    }
    return atMost({
      what: 'a step that does nothing, its durable entries included',
      value: median(means),
      limit: 5,
      unit: 'ms',
      detail: `99 of 100 steps within ${round(percentile(single, 0.99))} ms`,
      how: `mean of ${steps} steps of a generated runbook, real executor and file journal; median of ${rounds} runs`,
    });
  });
}
