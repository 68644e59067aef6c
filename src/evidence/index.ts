/**
 * Redaction, artefacts, seal, signatures, register, audit.
 * Promise: output enters a record in one place and redacted; a sealed record can be checked offline by anyone; a record is
 * checked before it is believed.
 */
export { openArtefacts, type Artefacts } from './artefacts.js';
export { auditRecord } from './audit.js';
export type {
  AuditCode,
  AuditFinding,
  AuditOptions,
  AuditResult,
  AuditVerdict,
  PersonSignature,
} from './audit-result.js';
export { writeWhole } from './durable-file.js';
export { configurationFolder, engineSigner, signerOf, type Signer } from './engine-key.js';
export { readRecord, type RecordReading } from './read-record.js';
export type { RecordProblem } from './record-problem.js';
export { makeRedactor, scanForSecrets, type Redactor } from './redactor.js';
export type { RedactionStream } from './redaction-stream.js';
export {
  readRegister,
  registerEnd,
  registerStart,
  type RegisterFact,
  type RegisterLine,
  type RegisterReading,
} from './register.js';
export { renderAudit } from './render-audit.js';
export { rescore } from './rescore.js';
export { readSealedFile } from './sealed-file.js';
export { sealRecord, type Sealed, type SealRequest } from './seal.js';
export { decodeSurvivors, encodeSurvivors } from './survivors.js';
