import { open } from 'node:fs/promises';
import { Failure } from '../../base/index.js';

export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/**
 * Reads the keys of one profile. Rejects with `refused` when anybody but the owner may read the file, `unavailable` when it
 * cannot be read, and `invalid` when the profile or a key is not in it. Never quotes what the file holds.
 */
export async function readCredentialsFile(path: string, profile = 'default'): Promise<AccessKey> {
  const values = sectionOf(await readPrivately(path), profile);
  const id = values?.get('aws_access_key_id');
  const secret = values?.get('aws_secret_access_key');
  const token = values?.get('aws_session_token');
  if (!id || !secret) {
    const lacking = values === null ? `a section [${profile}]` : `both keys in its section [${profile}]`;
    throw new Failure('invalid', `no credentials for S3: ${path} lacks ${lacking}`, {
      hint: `Write \`aws_access_key_id = …\` and \`aws_secret_access_key = …\` below \`[${profile}]\` there.`,
    });
  }
  return { accessKeyId: id, secretAccessKey: secret, ...(token ? { sessionToken: token } : {}) };
}

async function readPrivately(path: string): Promise<string> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    throw new Failure('unavailable', `no credentials for S3: ${path} cannot be read: ${code}`, {
      hint: `Make the file for the account that runs firedrill, with \`chmod 600 ${path}\`.`,
      retryable: false,
    });
  });
  try {
    // Of the open file: what is checked is what is read.
    const mode = (await file.stat()).mode & 0o777;
    if ((mode & 0o077) !== 0) {
      throw new Failure('refused', `others may read the credentials in ${path} (mode ${mode.toString(8)})`, {
        hint: `Close it with \`chmod 600 ${path}\`, and renew the keys if somebody may have seen them.`,
      });
    }
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

function sectionOf(text: string, wanted: string): Map<string, string> | null {
  let inside = false;
  let values: Map<string, string> | null = null;
  for (const line of text.split(/\r?\n/)) {
    const section = /^\s*\[\s*(?:profile\s+)?(.+?)\s*\]\s*$/.exec(line)?.[1];
    if (section !== undefined) {
      inside = section === wanted;
      if (inside) values ??= new Map();
      continue;
    }
    const pair = /^\s*([^#;=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line);
    if (inside && pair?.[1] !== undefined) values?.set(pair[1].toLowerCase(), pair[2] ?? '');
  }
  return values;
}
