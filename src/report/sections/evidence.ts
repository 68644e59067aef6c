import type { Assessment, RunRecord } from '../../assessment/index.js';
import type { EvidenceRef } from '../../run/index.js';
import { cell, table, text, type Section } from '../blocks.js';
import { count } from '../words.js';

export function evidenceSection(record: RunRecord): Section {
  const refs = refsOf(record);
  return {
    id: 'evidence',
    title: 'Evidence',
    blocks: [
      table(
        'Files of evidence',
        ['File', 'What it is', '#Bytes', '#Redactions', 'SHA-256'],
        record.evidence.map((one) => {
          const uses = refs.filter(({ ref }) => ref.file === one.file);
          const wrong = uses.find(({ ref }) => ref.sha256 !== one.sha256 || ref.bytes !== one.bytes);
          return [
            cell(one.file, { code: true, files: [{ file: one.file, title: 'open' }] }),
            uses.length === 0
              ? cell('no entry refers to it', { status: 'bad' })
              : cell([...new Set(uses.map(({ ref }) => ref.title))].join('; '), {
                  evidence: uses.map(({ seq }) => seq),
                }),
            count(one.bytes),
            count(Math.max(0, ...uses.map(({ ref }) => ref.redactions))),
            cell(wrong ? `${one.sha256}, but the journal says ${wrong.ref.sha256}` : one.sha256, {
              code: true,
              ...(wrong ? { status: 'bad' as const } : {}),
            }),
          ];
        }),
      ),
      table(
        'Referred to, but not there',
        ['File', 'SHA-256 in the journal'],
        refs
          .filter(({ ref }) => !record.evidence.some((one) => one.file === ref.file))
          .map(({ ref, seq }) => [
            cell(ref.file, { code: true, status: 'bad', evidence: [seq] }),
            cell(ref.sha256, { code: true }),
          ]),
      ),
      text('The hashes of every file of the record, this report included, stand in statement.json.'),
    ],
  };
}

/** Every reference to a file anywhere in the journal, whatever kind of entry holds it. */
function refsOf({ entries }: RunRecord): { readonly seq: number; readonly ref: EvidenceRef }[] {
  return entries.flatMap((entry) => {
    const found: EvidenceRef[] = [];
    const walk = (node: unknown): void => {
      if (Array.isArray(node)) node.forEach(walk);
      else if (typeof node === 'object' && node !== null) {
        if (isRef(node)) found.push(node);
        else Object.values(node).forEach(walk);
      }
    };
    walk(entry.data);
    return found.map((ref) => ({ seq: entry.seq, ref }));
  });
}

function isRef(node: object): node is EvidenceRef {
  const one = node as Partial<EvidenceRef>;
  return (
    typeof one.file === 'string' &&
    typeof one.sha256 === 'string' &&
    typeof one.bytes === 'number' &&
    typeof one.redactions === 'number'
  );
}

export function limitationsSection(
  { plan, survivors, entries }: RunRecord,
  { measures }: Assessment,
): Section {
  const closed = entries.findLast((entry) => entry.type === 'environment-closed');
  const items = [
    ...(closed?.data.kept ?? []).map((one) => `Kept on purpose after the run: ${one}.`),
    ...(plan.unattended
      ? [
          'Nobody was exercised: an unattended run shows that the mechanism works, not that people can work it.',
        ]
      : []),
    ...(plan.environment.kind === 'lab'
      ? ['The run took place in a lab on one machine: sizes, network and load are not those of production.']
      : []),
    ...(plan.environment.kind === 'lab' && (plan.environment.settings['from'] ?? 'sample') === 'sample'
      ? ['The data were a generated sample: the mechanism was exercised, not the organisation’s own backups.']
      : []),
    ...(measures.loss.resolutionMs === null
      ? ['No outside observer watched: data loss is not measured, and outages are those the engine saw.']
      : [
          `What the observer did not write is not counted: it samples every ${measures.loss.resolutionMs} ms.`,
        ]),
    ...(survivors === null ? ['There is no list of surviving commits.'] : []),
    ...(measures.sessions > 1 ? ['The run was interrupted: times across a gap are by the wall clock.'] : []),
    ...(entries.some((entry) => entry.type === 'run-sealed') ? [] : ['The record is not sealed.']),
    'Times rest on this machine’s clocks. Approvals without a person’s own signature are attested.',
    'This report does not say whether the record is intact: that is what an audit says.',
  ];
  return { id: 'limitations', title: 'Limitations', blocks: [{ kind: 'list', items }] };
}

export function verifySection(record: RunRecord): Section {
  return {
    id: 'verify',
    title: 'How to verify',
    blocks: [
      text('With firedrill, offline: firedrill audit FOLDER --trust allowed_signers'),
      text(`With other tools alone: VERIFY.md beside this report. The journal’s head is ${record.head}.`),
    ],
  };
}
