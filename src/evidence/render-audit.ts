import { printable, shortCode } from '../base/index.js';
import type { AuditResult } from './audit-result.js';

const mostFindings = 50;

/** The result as lines for a terminal or a log; what came out of the record's files is made safe to print. */
export function renderAudit(result: AuditResult): string[] {
  const shown = result.findings.slice(0, mostFindings);
  const hidden = result.findings.length - shown.length;
  return [
    headline(result),
    `  run       ${result.runId ?? 'without a name'}`,
    `  journal   ${result.entries} entries, code ${shortCode(result.head)}`,
    `  signed    ${signed(result)}`,
    ...result.people.map(
      (one) =>
        `  person    ${one.file}: ${one.principal ?? ''}${one.principal === null ? '' : ', '}${personWords[one.status]}`,
    ),
    `  report    ${renderingWords[result.renderings]}`,
    ...(shown.length === 0 ? [] : ['', 'Found:']),
    ...shown.map(({ code, seq, text }) => `  - ${text} [${code}${seq === undefined ? '' : `, ${seq}`}]`),
    ...(hidden > 0 ? [`  - and ${hidden} more`] : []),
    ...(result.missingRuns.length === 0 ? [] : ['', 'The register names runs whose folders are not here:']),
    ...result.missingRuns.map((runId) => `  - ${runId}`),
    '',
    'Not proven:',
    ...result.notProven.map((text) => `  - ${text}`),
  ].map((line) => printable(line));
}

function headline({ verdict, signer }: AuditResult): string {
  switch (verdict) {
    case 'intact':
      return signer.status === 'trusted' ? 'INTACT, signer trusted' : 'INTACT, signer unverified';
    case 'untrusted':
      return 'UNKNOWN KEY: nothing was changed since the signature, but a key is not one of the trusted ones';
    case 'draft':
      return 'DRAFT, provisional: not sealed, or sealed and not signed';
    case 'tampered':
      return 'TAMPERED: this record is not what was sealed';
  }
}

function signed({ signer }: AuditResult): string {
  if (signer.keyId === null) return 'no good signature';
  const words = {
    none: '',
    unverified: 'unverified',
    'unknown-key': 'unknown',
    trusted: `trusted: ${signer.principal ?? ''}`,
  };
  return `key ${shortCode(signer.keyId)}, ${words[signer.status]}`;
}

const personWords = {
  trusted: 'good, trusted key',
  'unknown-key': 'good, key unknown',
  bad: 'NOT GOOD',
  'not-checked': 'not checked',
} as const;

const renderingWords = {
  'same-bytes': 'follows from the journal, byte for byte',
  'figures-agree': 'figures agree, rendering not re-checked',
  differ: 'DOES NOT FOLLOW from the journal',
  'not-checked': 'not checked',
} as const;
