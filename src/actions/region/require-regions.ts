import { Failure } from '../../base/index.js';
import type { Environment } from '../environment.js';
import type { RegionPort } from './region-port.js';

/** Rejects with `unavailable` where there is one region only. */
export function regionsOf({ regions, name }: Environment): RegionPort {
  if (regions !== null) return regions;
  throw new Failure('unavailable', `environment ${name} has no second region that firedrill can work with`, {
    hint: `For a lab write \`regions: 2\` into its section of firedrill.yaml; for your own environment \`standby\`, \`fence\` and \`thirdPlace\` under \`environments.${name}\`. Until then do this step by hand.`,
    retryable: false,
  });
}
