import type { Plan } from '../language/index.js';
import { Exit } from './exit.js';

const [least, most] = [0.01, 10_000];

/** The factor that somebody typed. Throws exit `usage` for what is none. */
export function parseScale(typed: string): number {
  const scale = Number(typed);
  if (typed.trim() !== '' && scale >= least && scale <= most) return scale;
  throw new Exit(
    'usage',
    `--scale ${typed} is no factor from ${least} to ${most}`,
    'Type it like --scale 20.',
  );
}

/** The plan with another size of the sample database; what was configured stays in it, for the record to say. */
export function overrideScale(plan: Plan, typed: string | undefined): Plan {
  if (typed === undefined) return plan;
  const scale = parseScale(typed);
  const { settings } = plan.environment;
  const other =
    settings['seed'] !== undefined
      ? 'the lab is seeded from a backup of your own, whose size is what it is'
      : settings['directory'] !== undefined
        ? 'the lab was made beforehand'
        : null;
  if (other !== null) throw new Exit('usage', `--scale cannot be used: ${other}`, 'Leave --scale away.');
  const configuredScale = settings['scale'] ?? 1;
  return {
    ...plan,
    environment: { ...plan.environment, settings: { ...settings, scale, configuredScale } },
  };
}
