import { Failure } from '../base/index.js';

/** Below this a value is too short to be told from ordinary text. */
const shortestSecret = 4;

/**
 * Every way in which a known secret may turn up in output, as bytes read as latin1: as it is, line by line, escaped for JSON,
 * SQL, shell and XML, percent-encoded, in hex, and in base64 at any of the three alignments inside a longer text.
 * Rejects with `invalid` a value too short to be found; its own text is never in the message.
 */
export function secretForms(secret: string): string[] {
  if (secret.length < shortestSecret) {
    throw new Failure(
      'invalid',
      `a secret of fewer than ${shortestSecret} characters cannot be kept out of evidence`,
      {
        hint: 'Give that account a longer password, and name it in the configuration again.',
      },
    );
  }
  const lines = secret.split(/[\r\n]+/).filter((line) => line.length >= 8);
  const forms = new Set<string>();
  for (const one of new Set([secret, ...lines])) {
    const bytes = Buffer.from(one);
    for (const text of spellings(one)) forms.add(Buffer.from(text).toString('latin1'));
    for (const text of encodings(bytes)) forms.add(text);
  }
  return [...forms].filter((form) => form.length >= shortestSecret && !/[\r\n]/.test(form));
}

function spellings(text: string): string[] {
  const everyByte = [...Buffer.from(text)]
    .map((byte) => {
      const char = String.fromCharCode(byte);
      return /[A-Za-z0-9]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
  const lowerHex = (encoded: string) => encoded.replace(/%../g, (code) => code.toLowerCase());
  const percent = encodeURIComponent(Buffer.from(text).toString());
  return [
    text,
    JSON.stringify(text).slice(1, -1),
    text.replaceAll("'", "''"),
    text.replaceAll("'", String.raw`'\''`),
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
    percent,
    lowerHex(percent),
    new URLSearchParams({ form: text }).toString().slice('form='.length),
    everyByte,
    lowerHex(everyByte),
  ];
}

function encodings(bytes: Buffer): string[] {
  const hex = bytes.toString('hex');
  const forms = [hex, hex.toUpperCase()];
  for (const shift of [0, 1, 2]) {
    // Only the characters that the secret alone decides: its neighbours share the first and the last one.
    const from = Math.ceil((shift * 8) / 6);
    const to = Math.floor(((shift + bytes.length) * 8) / 6);
    const shifted = Buffer.concat([Buffer.alloc(shift), bytes]);
    forms.push(shifted.toString('base64').slice(from, to), shifted.toString('base64url').slice(from, to));
  }
  return forms;
}

/** One expression for all forms of all secrets, longest first; null when there is nothing to look for. */
export function knownSecrets(secrets: readonly string[]): RegExp | null {
  const forms = secrets.filter((secret) => secret !== '').flatMap(secretForms);
  if (forms.length === 0) return null;
  const longestFirst = [...new Set(forms)].sort((a, b) => b.length - a.length);
  return new RegExp(longestFirst.map((form) => form.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|'), 'g');
}
