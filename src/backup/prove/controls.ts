import { archiveControls } from './archive-controls.js';
import { clusterControls } from './cluster-controls.js';
import type { Control } from './control.js';
import { storedControls } from './file-controls.js';
import { sealedControls } from './sealed-controls.js';

/** Every negative control there is, in the order of the tests that they are for. */
export const controls: readonly Control[] = [
  ...storedControls,
  ...sealedControls,
  ...archiveControls,
  ...clusterControls,
].sort((a, b) => a.test - b.test);
