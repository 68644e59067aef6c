/**
 * The outside observer: canary writes, ledger of acknowledged commits, probes; a process of its own.
 * Promise: what stands in the ledger was acknowledged to a client; what is not known is not in it; reading never trusts it.
 */
export * from './compare-ledger.js';
export { silentForMs } from './engine-silence.js';
export * from './figures.js';
export { followLedger, nextAcknowledged } from './follow-ledger.js';
export type { LedgerFact, LedgerLine, Watched, WatchedState } from './ledger-line.js';
export { openedLedger } from './opened-ledger.js';
export { programPath } from './program-path.js';
export {
  headOf,
  ledgerHead,
  readLedger,
  readLedgerText,
  type LedgerHead,
  type LedgerProblem,
} from './read-ledger.js';
export * from './sentinel-process.js';
export type { SentinelNote } from './claim.js';
export * from './survivors.js';
export * from './switched-connection.js';
export * from './traffic.js';
export { oneLine, sayError } from './observed-states.js';
export { pause, repeat } from './pace.js';
