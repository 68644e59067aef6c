import { isBech32 } from '../../base/index.js';
import { text } from '../shape/scalars.js';
import { invalid, type Shape } from '../shape/shape.js';

const one = text(500);
const ssh = /^ssh-(ed25519|rsa) [A-Za-z0-9+/]+=*$/;
const hint = 'Write the public key that `age-keygen -y <identity>` prints: it begins with `age1`.';

/** A public key that backups are encrypted for. A secret one that stands in its place is never quoted. */
export const recipient: Shape<string> = {
  schema: () => ({ type: 'string', pattern: '^(age1[a-z0-9]+|ssh-(ed25519|rsa) [A-Za-z0-9+/]+=*)$' }),
  read(node, report) {
    if (node.type === 'scalar' && /AGE-(SECRET-KEY|PLUGIN)-|PRIVATE KEY/i.test(String(node.value))) {
      return report.error(
        node.position,
        'secret-in-configuration',
        'an identity, which is secret, where its public key belongs',
        `${hint} Whoever has read this file may open the backups: make a new identity.`,
      );
    }
    const value = one.read(node, report);
    if (value === invalid || ssh.test(value)) return value;
    if (!/^age1[a-z0-9]+$/.test(value))
      return report.error(node.position, 'bad-recipient', 'this is no public key of age', hint);
    if (isBech32(value)) return value;
    const message = 'a public key with a wrong or missing character: its check characters do not fit';
    return report.error(node.position, 'bad-recipient', message, hint);
  },
};
