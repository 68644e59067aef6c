import { readFile } from 'node:fs/promises';
import { Failure, isBech32 } from '../../base/index.js';

/**
 * A recipient is a text: a public key of age (or an SSH public key), optionally followed by who holds its identity:
 * `age1… escrow, safe of the Zurich office`. It is no secret; the manifest keeps it, so that whoever needs the set knows whom to ask.
 */
export interface Recipient {
  readonly key: string;
  readonly label: string | null;
}

const ssh = /^(ssh-(?:ed25519|rsa) [A-Za-z0-9+/]+=*)(?:\s+(.*))?$/;

export function parseRecipient(text: string): Recipient {
  const [, key = '', label = ''] =
    ssh.exec(text.trim()) ?? /^(\S*)(?:\s+#?\s*(.*))?$/s.exec(text.trim()) ?? [];
  return { key, label: label.trim() === '' ? null : label.trim() };
}

/** What is wrong with a recipient's text; null: nothing. Never quotes what may be a secret. */
export function recipientProblem(text: string): string | null {
  if (/AGE-(SECRET-KEY|PLUGIN)-|PRIVATE KEY/i.test(text))
    return 'this is an identity, which is secret: give its public key, which begins with age1';
  if (/[\r\n\0]/.test(text)) return 'a recipient is one line';
  if (ssh.test(text.trim())) return null;
  const { key } = parseRecipient(text);
  if (!key.startsWith('age1')) return 'a recipient begins with age1, ssh-ed25519 or ssh-rsa';
  return isBech32(key) ? null : 'its check characters do not fit: a character is wrong or missing';
}

/** Why so few recipients are a risk; null from two on. */
export function recipientsWarning(recipients: readonly string[]): string | null {
  const keys = new Set(recipients.map((one) => parseRecipient(one).key));
  if (keys.size !== 1) return null;
  return 'backups are encrypted for one recipient only: when its identity is lost nobody can open them; add an offline escrow recipient';
}

/** The keys, as age takes them. Rejects with `invalid`, naming which recipient is wrong and why. */
export function recipientKeys(recipients: readonly string[]): string[] {
  const keys = recipients.map((one, index) => {
    const problem = recipientProblem(one);
    if (problem !== null) throw new Failure('invalid', `recipient ${index + 1} cannot be used: ${problem}`);
    return parseRecipient(one).key;
  });
  if (keys.length === 0) throw new Failure('invalid', 'there is no recipient to encrypt for');
  return [...new Set(keys)];
}

/**
 * Reads a file of recipients as `age -R` takes it: a key a line. A comment right above a key says who holds it.
 * Rejects with `unavailable` when it cannot be read, with `invalid` and the line when a key is wrong.
 */
export async function readRecipients(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new Failure('unavailable', `cannot read the recipients in ${path}`, { cause, retryable: false });
  });
  const found: string[] = [];
  let comment = '';
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const trimmed = line.trim();
    const problem = trimmed === '' || trimmed.startsWith('#') ? null : recipientProblem(trimmed);
    if (problem !== null) throw new Failure('invalid', `line ${index + 1} of ${path}: ${problem}`);
    if (trimmed !== '' && !trimmed.startsWith('#'))
      found.push(
        parseRecipient(trimmed).label === null && comment !== '' ? `${trimmed} ${comment}` : trimmed,
      );
    comment = trimmed.startsWith('#') ? trimmed.replace(/^#+\s*/, '') : '';
  }
  return found;
}

/** For people: the label with enough of the key to find it, or the whole key. */
export function describeRecipient(text: string): string {
  const { key, label } = parseRecipient(text);
  return label === null ? key : `${label} (${key.slice(0, 20)}…)`;
}
