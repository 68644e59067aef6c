import type { EntryOf } from '../run/index.js';
import type { AuditCode, AuditFinding, Part } from './audit-result.js';
import type { RecordReading } from './read-record.js';
import { evidenceListSha256 } from './record-files.js';

const file = 'journal.jsonl';

/** The journal's end: its seal, what came after it, and every anchor of its length and head that is at hand. */
export function auditJournal(
  reading: RecordReading,
  hasStatement: boolean,
  expectHead: string | undefined,
): Part & { readonly seal: EntryOf<'run-sealed'> | null } {
  const { entries, hashes } = reading.journal;
  const findings: AuditFinding[] = [];
  const say = (code: AuditCode, text: string, seq?: number) =>
    findings.push({ code, file, ...(seq === undefined ? {} : { seq }), text });

  const sealAt = entries.findIndex((entry) => entry.type === 'run-sealed');
  const found = entries[sealAt];
  const seal = found?.type === 'run-sealed' ? found : null;
  if (seal === null) {
    if (hasStatement)
      say(
        'journal-short',
        'the record was signed with a seal, and the journal has none: its end was cut off',
      );
    else
      findings.push({
        code: 'unsealed',
        file,
        text: 'the journal has no seal: the run is not over, or was never sealed',
      });
  } else {
    const after = entries[sealAt + 1];
    if (after !== undefined) {
      say('entries-after-seal', `${entries.length - sealAt - 1} entries stand after the seal`, after.seq);
    }
    if (seal.data.entries !== seal.seq || seal.seq !== sealAt + 1) {
      say(
        'entry-missing',
        `the seal counts ${seal.data.entries} entries; it is entry ${sealAt + 1}`,
        seal.seq,
      );
    }
    const evidence = reading.record?.evidence ?? [];
    const told = reading.problems.some(({ code }) => code.startsWith('evidence-'));
    if (!told && reading.record !== null && evidenceListSha256(evidence) !== seal.data.evidenceSha256) {
      say('evidence-list-differs', 'the evidence files are not the ones that were sealed', seal.seq);
    }
  }

  entries.forEach((entry, index) => {
    if (entry.type !== 'message-sent' || typeof entry.data.head !== 'string' || entry.data.head === '')
      return;
    const { head } = entry.data;
    if (hashes.slice(0, index).some((hash) => hash.startsWith(head))) return;
    say(
      'entry-altered',
      `the message of entry ${entry.seq} carried the code ${head.slice(0, 12)}, which no entry before it has`,
      entry.seq,
    );
  });

  const notProven: string[] = [];
  if (expectHead !== undefined) {
    const wanted = expectHead.toLowerCase();
    if (!/^[0-9a-f]{12,64}$/.test(wanted) || !hashes.some((hash) => hash.startsWith(wanted))) {
      say(
        'journal-short',
        `no entry has the expected code ${expectHead}: the journal is shorter than that, or another one`,
      );
    }
  }
  return { findings, notProven, seal };
}
