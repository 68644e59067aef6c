import type { Rubric } from '../plan.js';

/** Used when a drill names no rubric, and for live runs: the weights of `rubrics/evidence.yaml`, every cap. */
export const defaultRubric: Rubric = {
  id: 'evidence',
  title: 'Evidence',
  version: '1.0.0',
  categories: [
    { key: 'R', title: 'Recovery objectives', weight: 30 },
    { key: 'V', title: 'Integrity and service verification', weight: 20 },
    { key: 'X', title: 'Procedure', weight: 15 },
    { key: 'P', title: 'Phase pace', weight: 10 },
    { key: 'C', title: 'Communication', weight: 10 },
    { key: 'S', title: 'Security and privacy', weight: 10 },
    { key: 'E', title: 'Evidence and governance', weight: 5 },
  ],
  caps: Array.from({ length: 12 }, (_, index) => `CF-${String(index + 1).padStart(2, '0')}`),
};
