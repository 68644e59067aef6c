import { storeVersionsIntact } from '../immutable/versions-intact.js';
import { storeLogIsShipped, storeShipLog } from '../immutable/ship-log.js';
import {
  storeRenewWriter,
  storeRevokeWriter,
  storeWriterRenewed,
  storeWriterRevoked,
} from '../immutable/writer.js';
import { storePrivilegeShown, storeWriterPrivilege } from '../immutable/writer-privilege.js';
import { storeCheck } from './check.js';
import { storeCopy } from './copy.js';
import { storeHas } from './has.js';
import { storeList } from './list.js';
import { storePrune } from './prune.js';
import { storeReadPace } from './read-pace.js';

export const storeActions = [
  storeCheck,
  storeList,
  storeHas,
  storeCopy,
  storePrune,
  storeReadPace,
  storeVersionsIntact,
  storeRevokeWriter,
  storeWriterRevoked,
  storeRenewWriter,
  storeWriterRenewed,
  storeWriterPrivilege,
  storePrivilegeShown,
  storeShipLog,
  storeLogIsShipped,
];
