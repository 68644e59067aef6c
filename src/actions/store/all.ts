import { storeCheck } from './check.js';
import { storeCopy } from './copy.js';
import { storeHas } from './has.js';
import { storeList } from './list.js';
import { storePrune } from './prune.js';

export const storeActions = [storeCheck, storeList, storeHas, storeCopy, storePrune];
