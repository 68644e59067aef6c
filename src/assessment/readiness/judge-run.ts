import { formatSize } from '../../base/index.js';
import { withinMonths } from './periods.js';
import type { ReadinessInputs } from './readiness-inputs.js';
import type { ReadinessRun } from './readiness-run.js';

/** A run of the sample database proves the mechanism alone; its smallest share of production's bytes for more. */
export const smallestShare = 0.5;
export const validMonths = 12;

/** Whether a run counts in full, and why or why not, in words. */
export interface Judged {
  readonly run: ReadinessRun;
  readonly counts: boolean;
  readonly why: string;
  /** Where the size of production comes from; null: it was not needed. */
  readonly source: string | null;
}

type Context = Pick<ReadinessInputs, 'at' | 'sets'>;

export function judgeRun(run: ReadinessRun, inputs: Context): Judged {
  const no = (why: string, source: string | null = null) => ({ run, counts: false, why, source });
  if (Date.parse(run.at) > Date.parse(inputs.at)) return no('its clock is ahead of this one');
  if (!withinMonths(run.at, inputs.at, validMonths)) return no(`older than ${validMonths} months`);
  if (run.data.kind === 'sample') return no('mechanism exercised: it ran on the sample database');
  if (run.data.kind === 'none') return no('its environment was never opened');
  if (!run.executed) return no('nothing was disrupted: a walk-through');
  if (run.band === 'NOT RATED') return no('NOT RATED');
  if (run.data.kind === 'live')
    return { run, counts: true, why: `live, in ${run.data.environment} itself`, source: null };
  return judgeSize(run, run.data, inputs);
}

/** Against the newest backup that is known of now; production may have grown since the run. */
function judgeSize(
  run: ReadinessRun,
  data: Extract<ReadinessRun['data'], { kind: 'own' }>,
  { sets }: Context,
): Judged {
  const seed = sets.find((set) => set.id === data.set);
  if (seed !== undefined && seed.environment !== data.environment)
    return {
      ...{ run, counts: false, source: `manifest ${seed.id} in ${seed.store}` },
      why: `backup ${data.set} is of ${seed.environment}, not of ${data.environment}`,
    };
  const ofIt = sets.filter((set) => set.environment === data.environment && set.clusterBytes > 0);
  const [newest] = [...ofIt].sort((a, b) => Date.parse(b.takenAt) - Date.parse(a.takenAt));
  const productionBytes = newest?.clusterBytes ?? data.productionBytes;
  const on = `on your own backup ${data.set} of ${data.environment}`;
  if (productionBytes === null)
    return {
      ...{ run, counts: false, source: null },
      why: `${on}, but the size of production is not known: no backup of it can be read now, and the record does not say`,
    };
  const source =
    newest === undefined
      ? `run ${run.runId}: newest backup of ${data.environment} when it began`
      : `manifest ${newest.id} in ${newest.store}`;
  const share = data.bytes / productionBytes;
  const size = `${formatSize(data.bytes)}, ${Math.floor(100 * share)} % of production’s ${formatSize(productionBytes)}`;
  const enough = share >= smallestShare;
  return {
    ...{ run, counts: enough, source },
    why: `${on}, ${size}${enough ? '' : `: less than ${100 * smallestShare} %`}`,
  };
}
