import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';

/** The namespace of people's signatures: a signature for another purpose cannot be used here. */
export const namespace = 'firedrill';

/** What `ssh-keygen -Y` makes of one signature over a file. */
export type SshVerdict =
  | { readonly is: 'trusted'; readonly principal: string }
  /** Good, but nobody said whose key it is. */
  | { readonly is: 'unknown-key' }
  | { readonly is: 'bad'; readonly why: string }
  /** ssh-keygen is missing. */
  | { readonly is: 'not-checked'; readonly why: string };

/** Checks one signature, with `trust` (an allowed_signers file) also whose it is. */
export async function checkSshSignature(
  signed: string,
  signature: string,
  trust: string | null,
): Promise<SshVerdict> {
  const valid = await sshKeygen(['check-novalidate', '-n', namespace, '-s', signature], signed);
  if (valid === null) return { is: 'not-checked', why: 'ssh-keygen is not installed' };
  if (valid.code !== 0) return { is: 'bad', why: valid.output.split('\n')[0] ?? '' };
  if (trust === null) return { is: 'unknown-key' };
  const found = await sshKeygen(['find-principals', '-s', signature, '-f', trust], null);
  if (found?.code !== 0) return { is: 'unknown-key' };
  for (const principal of found.output.split('\n').filter((line) => line !== '')) {
    const options = ['verify', '-f', trust, '-I', principal, '-n', namespace, '-s', signature];
    if ((await sshKeygen(options, signed))?.code === 0) return { is: 'trusted', principal };
  }
  return { is: 'unknown-key' };
}

/** Whether an armoured signature is spelled as ssh-keygen spells it: no byte in it can be changed unseen. */
export function isCanonicalArmour(text: string): boolean {
  const match = /^-----BEGIN SSH SIGNATURE-----\n([A-Za-z0-9+/=\n]+)\n-----END SSH SIGNATURE-----\n$/.exec(
    text,
  );
  const body = match?.[1];
  if (body === undefined) return false;
  const again = Buffer.from(body, 'base64').toString('base64');
  return body === (again.match(/.{1,70}/g) ?? []).join('\n');
}

async function sshKeygen(
  options: readonly string[],
  input: string | null,
): Promise<{ readonly code: number; readonly output: string } | null> {
  return new Promise((resolve, reject) => {
    const child = spawn('ssh-keygen', ['-Y', ...options], {
      stdio: [input === null ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      env: { ...process.env, LC_ALL: 'C' },
      timeout: 20_000,
    });
    let output = '';
    const listen = (chunk: Buffer) => (output = (output + chunk.toString()).slice(0, 4096));
    child.stdout?.on('data', listen);
    child.stderr?.on('data', listen);
    child.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ENOENT' ? resolve(null) : reject(error),
    );
    child.on('close', (code) => resolve({ code: code ?? 1, output: output.trim() }));
    if (input !== null && child.stdin !== null) {
      child.stdin.on('error', () => undefined);
      createReadStream(input).on('error', reject).pipe(child.stdin);
    }
  });
}
