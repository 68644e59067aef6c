import { join } from 'node:path';
import type { AuditFinding, Part, PersonSignature } from './audit-result.js';
import { keyFile } from './audit-statement.js';
import type { FolderListing } from './record-files.js';
import { readRegular } from './read-regular.js';
import { checkSshSignature, isCanonicalArmour } from './ssh-signatures.js';

const mostBytes = 1024 * 1024;

/** People's signatures over statement.json, one file each under `signatures/`. */
export async function auditPeople(
  folder: string,
  listing: FolderListing,
  trust: string | undefined,
): Promise<Part & { readonly people: readonly PersonSignature[] }> {
  const findings: AuditFinding[] = [];
  const notProven: string[] = [];
  const people: PersonSignature[] = [];
  const hasStatement = listing.files.some(({ file }) => file === 'statement.json');
  for (const { file } of listing.files) {
    if (!file.startsWith('signatures/') || file === keyFile) continue;
    const signature = await readRegular(join(folder, file), mostBytes);
    if (!file.endsWith('.sig') || signature === null) {
      findings.push({ code: 'unlisted-file', file, text: `${file} is no signature` });
      continue;
    }
    const verdict = !hasStatement
      ? ({ is: 'not-checked', why: 'there is no statement.json' } as const)
      : isCanonicalArmour(signature.toString())
        ? await checkSshSignature(join(folder, 'statement.json'), join(folder, file), trust ?? null)
        : ({ is: 'bad', why: 'it is not spelled as ssh-keygen spells a signature' } as const);
    people.push({ file, status: verdict.is, principal: verdict.is === 'trusted' ? verdict.principal : null });
    if (verdict.is === 'bad') {
      findings.push({
        code: 'signature-bad',
        file,
        text: `${file} is no good signature over statement.json: ${verdict.why}`,
      });
    } else if (verdict.is === 'not-checked') {
      notProven.push(`${file} was not checked: ${verdict.why}`);
    } else if (verdict.is === 'unknown-key' && trust === undefined) {
      notProven.push(`whose signature ${file} is: it is good, but nobody said whose key made it (--trust)`);
    } else if (verdict.is === 'unknown-key') {
      findings.push({
        code: 'key-unknown',
        file,
        text: `${file} is a good signature by a key that ${trust ?? ''} does not name`,
      });
    }
  }
  if (people.length === 0) {
    notProven.push(
      'that the people named in the record agree with it: none of them signed, their approvals are attested',
    );
  }
  return { findings, notProven, people };
}
