import type { RecoveryUntil } from '../../backup/index.js';
import { Exit } from '../exit.js';

const hint =
  'Type `--to time 2027-01-17T09:00:00+08:00`, `--to lsn 0/3000060`, `--to xid 1234`, `--to name <restore point>` or `--to latest`.';

/** What `--to` says; a time without an offset would be read differently on another machine, and is refused. */
export function recoveryOption(words: readonly string[] | undefined): RecoveryUntil {
  if (words === undefined) return 'latest';
  const [kind, value, ...more] = words.length === 1 ? (words[0] ?? '').split(/[= ]/) : words;
  const wrong = (why: string): Exit => new Exit('usage', `--to ${words.join(' ')}: ${why}`, hint);
  if (more.length > 0) throw wrong('too many words; the backup comes before the options');
  if (kind === 'latest' && value === undefined) return 'latest';
  if (value === undefined || value === '') throw wrong('a kind and a value are expected');
  switch (kind) {
    case 'time':
      if (!/(Z|[+-]\d{2}:?\d{2})$/.test(value) || Number.isNaN(Date.parse(value)))
        throw wrong(`${value} is no time with an offset`);
      return { time: new Date(value).toISOString() };
    case 'lsn':
      if (!/^[0-9a-f]{1,8}\/[0-9a-f]{1,8}$/i.test(value)) throw wrong(`${value} is no place in the log`);
      return { lsn: value.toUpperCase() };
    case 'xid':
      if (!/^\d+$/.test(value)) throw wrong(`${value} is no transaction`);
      return { xid: value };
    case 'name':
      return { name: value };
    default:
      throw wrong(`${kind ?? ''} is no kind of target`);
  }
}
