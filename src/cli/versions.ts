import { formulaVersion } from '../assessment/index.js';
import { rendererVersion } from '../report/index.js';
import type { Plan } from '../language/index.js';
import { version } from './version.js';

/** Frozen with every plan, so that a later program knows what figures and bytes to expect. */
export function planVersions(): Plan['versions'] {
  return { tool: version(), formula: formulaVersion, renderer: rendererVersion };
}
