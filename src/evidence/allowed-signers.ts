import { namespace } from './ssh-signatures.js';

/** Who an allowed_signers file (see ssh-keygen(1)) says a key belongs to, for our purpose and at that time; null: nobody. */
export function principalOf(allowedSigners: string, sshPublicKey: string, at: Date): string | null {
  const wanted = sshPublicKey.split(' ');
  for (const line of allowedSigners.split('\n')) {
    const fields = splitQuoted(line.trim());
    const [principals] = fields;
    if (principals === undefined || principals.startsWith('#')) continue;
    const keyAt = fields.findIndex((field, index) => index > 0 && field === wanted[0]);
    if (keyAt === -1 || fields[keyAt + 1] !== wanted[1]) continue;
    if (keyAt === 2 && !allows(fields[1] ?? '', at)) continue;
    if (keyAt <= 2) return principals.replaceAll('"', '');
  }
  return null;
}

/** Fields are apart by blanks; quotes hold blanks together. */
function splitQuoted(line: string): string[] {
  return line.match(/(?:"[^"]*"|[^\s"])+/g) ?? [];
}

function allows(options: string, at: Date): boolean {
  return (options.match(/(?:"[^"]*"|[^,"])+/g) ?? []).every((option) => {
    const [name = '', value = ''] = option.replaceAll('"', '').split('=');
    switch (name.toLowerCase()) {
      case 'namespaces':
        return value.split(',').some((pattern) => pattern === namespace || pattern === '*');
      case 'valid-after':
        return at >= readTime(value);
      case 'valid-before':
        return at < readTime(value);
      default:
        // cert-authority, and whatever is not known: a key for something else.
        return false;
    }
  });
}

/** `YYYYMMDD[HHMM[SS]][Z]`: local time without the Z. An unreadable time fits nothing. */
function readTime(text: string): Date {
  const match = /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?(Z?)$/.exec(text);
  if (match === null) return new Date(Number.NaN);
  const [, year, month, day, hour = '00', minute = '00', second = '00', zone = ''] = match;
  return new Date(`${year ?? ''}-${month ?? ''}-${day ?? ''}T${hour}:${minute}:${second}${zone}`);
}
