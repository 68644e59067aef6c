import { readFile } from 'node:fs/promises';
import { Failure } from '../base/index.js';
import type { ClusterLocation } from './cluster-location.js';

/**
 * The account a server must be run as. PostgreSQL refuses to run as root, so root needs another one, with an entry in
 * /etc/passwd (initdb asks for it); anybody else runs it as themselves, which is null.
 */
export async function serverAccount(name = 'postgres'): Promise<ClusterLocation['account']> {
  if (process.getuid?.() !== 0) return null;
  const passwd = await readFile('/etc/passwd', 'utf8');
  for (const line of passwd.split('\n')) {
    const [account, , uid, gid] = line.split(':');
    if (account === name) return { name, uid: Number(uid), gid: Number(gid) };
  }
  throw new Failure(
    'unavailable',
    `running as root, and there is no account named ${name} to run PostgreSQL as`,
    {
      hint: `Make one with \`useradd --system ${name}\`, or start firedrill as an ordinary user.`,
    },
  );
}
