import { canonicalJson, isJsonObject, type Json } from '../base/index.js';
import type { Band } from '../assessment/index.js';

/** https://github.com/in-toto/attestation: Statement v1 with the test-result predicate. */
const statementType = 'https://in-toto.io/Statement/v1';
const predicateType = 'https://in-toto.io/attestation/test-result/v0.1';

export interface Subject {
  readonly file: string;
  readonly sha256: string;
}

export type TestResult = 'PASSED' | 'WARNED' | 'FAILED';

/** P → PASSED, S → WARNED, everything else → FAILED: a run that was not rated has not passed. */
export function testResult(band: Band | 'NOT RATED'): TestResult {
  return band === 'P' ? 'PASSED' : band === 'S' ? 'WARNED' : 'FAILED';
}

/** The statement as it is written: canonical JSON and a newline, subjects sorted by name. */
export function encodeStatement(subjects: readonly Subject[], result: TestResult): string {
  const subject = subjects
    .map(({ file, sha256 }) => ({ name: file, digest: { sha256 } }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const configuration = subject.filter(({ name }) => name === 'plan.json');
  const statement = { _type: statementType, subject, predicateType, predicate: { result, configuration } };
  return `${canonicalJson(statement)}\n`;
}

export interface Statement {
  readonly subjects: readonly Subject[];
  readonly result: TestResult;
}

/** Reads a statement; null when it is none, or when its bytes are not exactly what `encodeStatement` would write of it. */
export function readStatement(bytes: Buffer): Statement | null {
  let value: Json;
  try {
    value = JSON.parse(bytes.toString()) as Json;
  } catch {
    return null;
  }
  if (!isJsonObject(value) || !Array.isArray(value.subject) || !isJsonObject(value.predicate)) return null;
  const { result } = value.predicate;
  if (result !== 'PASSED' && result !== 'WARNED' && result !== 'FAILED') return null;
  const subjects: Subject[] = [];
  for (const one of value.subject as readonly Json[]) {
    if (!isJsonObject(one) || typeof one.name !== 'string' || !isJsonObject(one.digest)) return null;
    const { sha256 } = one.digest;
    if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) return null;
    subjects.push({ file: one.name, sha256 });
  }
  if (new Set(subjects.map(({ file }) => file)).size !== subjects.length) return null;
  return Buffer.from(encodeStatement(subjects, result)).equals(bytes) ? { subjects, result } : null;
}
