import { join } from 'node:path';
import { canonicalJson, Failure } from '../base/index.js';
import type { Score } from '../assessment/index.js';
import { readRecord } from './read-record.js';
import { readRegular } from './read-regular.js';
import { renderRecord, sealedScore } from './renderings.js';

/**
 * Computes the score of a record again. `sameAsSealed`: its canonical JSON equals, byte for byte, that of the score in the
 * sealed report; false when there is none. Rejects with `invalid` when the record does not verify.
 */
export async function rescore(
  folder: string,
): Promise<{ readonly score: Score; readonly sameAsSealed: boolean }> {
  const { record, problems } = await readRecord(folder);
  const [first] = problems;
  if (record === null || first !== undefined) {
    throw new Failure('invalid', `${folder} cannot be scored: ${first?.text ?? 'it holds no run'}`, {
      hint: `See all of it with \`firedrill audit ${folder}\`.`,
    });
  }
  const { score } = renderRecord(record);
  const report = await readRegular(join(folder, 'report.json'), 512 * 1024 * 1024);
  const sealed = report === null ? undefined : sealedScore(report);
  return { score, sameAsSealed: sealed !== undefined && canonicalJson(sealed) === canonicalJson(score) };
}
