import { regionFence, regionIsFenced, regionUnfence } from './fence.js';
import { regionProbe } from './probe.js';
import { regionWakeAndWrite } from './wake-and-write.js';

export const regionActions = [regionProbe, regionFence, regionIsFenced, regionUnfence, regionWakeAndWrite];
