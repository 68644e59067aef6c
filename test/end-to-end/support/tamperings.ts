import { cpSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

export interface Tampering {
  /** Copies the record into `folder`, changes the copy and returns where it lies. */
  readonly change: (record: string, folder: string) => string;
  /** What an audit must say at least. */
  readonly names: RegExp;
}

/** Ways to improve a record after the fact, each on a copy. */
export const tamperings: { readonly [name: string]: Tampering } = {
  'one byte of a journal line': {
    names: /journal\.jsonl/,
    change: changed('journal.jsonl', (text) => text.replace('"seen":true', '"seen":tRue')),
  },
  'a number in the journal': {
    names: /journal\.jsonl/,
    change: changed('journal.jsonl', (text) => text.replace('"missing":0', '"missing":1')),
  },
  'the last line of the journal removed': {
    names: /journal|sealed/,
    change: changed('journal.jsonl', (text) => `${text.trimEnd().split('\n').slice(0, -1).join('\n')}\n`),
  },
  'a line of the journal removed from its middle': {
    names: /journal\.jsonl/,
    change: changed('journal.jsonl', (text) => text.split('\n').toSpliced(40, 1).join('\n')),
  },
  'one byte of the ledger': {
    names: /ledger\.jsonl/,
    change: changed('ledger.jsonl', (text) => text.replace('"id":7,', '"id":8,')),
  },
  'one byte of the plan': {
    names: /plan\.json/,
    change: changed('plan.json', (text) => text.replace('"rtoMs": 14400000', '"rtoMs": 14500000')),
  },
  'a figure in report.html': {
    names: /report\.html/,
    change: changed('report.html', (text) => text.replace('acknowledged commits', 'acknowledged c0mmits')),
  },
  'a figure in report.json': {
    names: /report\.json/,
    change: changed('report.json', (text) =>
      text
        .replace('"unattended": true', '"unattended":false')
        .replace('"unattended":true', '"unattended":false'),
    ),
  },
  'one byte of the signed statement': {
    names: /statement/,
    change: changed('statement.json', (text) => text.replace('"WARNED"', '"PASSED"')),
  },
  'one byte of a piece of evidence': {
    names: /evidence\/[0-9a-f]{64}/,
    change: (record, folder) => {
      const [first = ''] = readdirSync(join(record, 'evidence')).sort();
      return changed(join('evidence', first), (text) => `${text.slice(0, -2)}~\n`)(record, folder);
    },
  },
  'two pieces of evidence swapped': {
    names: /evidence\/[0-9a-f]{64}/,
    change: (record, folder) => {
      const copy = copied(record, folder);
      const at = (name: string) => join(copy, 'evidence', name);
      const [one = '', other = ''] = readdirSync(join(copy, 'evidence'))
        .filter((name) => name.endsWith('.txt'))
        .sort();
      renameSync(at(one), at('aside'));
      renameSync(at(other), at(one));
      renameSync(at('aside'), at(other));
      return copy;
    },
  },
  'a piece of evidence removed': {
    names: /evidence\/[0-9a-f]{64}/,
    change: (record, folder) => {
      const copy = copied(record, folder);
      const [first = ''] = readdirSync(join(copy, 'evidence')).sort();
      renameSync(join(copy, 'evidence', first), join(folder, first));
      return copy;
    },
  },
  'a file added': {
    names: /better-report\.html/,
    change: (record, folder) => {
      const copy = copied(record, folder);
      writeFileSync(join(copy, 'better-report.html'), '<p>0 of 0 commits lost</p>\n');
      return copy;
    },
  },
};

function copied(record: string, folder: string): string {
  const copy = join(folder, basename(record));
  cpSync(record, copy, { recursive: true });
  return copy;
}

function changed(file: string, edit: (text: string) => string): Tampering['change'] {
  return (record, folder) => {
    const copy = copied(record, folder);
    // Byte for byte, whatever the file holds.
    const before = readFileSync(join(copy, file), 'latin1');
    const after = edit(before);
    if (after === before) throw new Error(`nothing was changed in ${file}`);
    writeFileSync(join(copy, file), after, 'latin1');
    return copy;
  };
}
