import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DeclaredSettings } from '../actions/index.js';

/** Passwords of libpq passfiles (`host:port:database:user:password`, backslash escapes), for the redactor to know. */
export function passwordsIn(passfiles: readonly string[]): string[] {
  const lines = passfiles.flatMap((file) => readOrNothing(file).split('\n'));
  return lines.flatMap((line) => {
    const password = /^(?:(?:[^:\\]|\\.)*:){4}(.*)$/.exec(line)?.[1]?.replace(/\\(.)/g, '$1');
    // What is shorter would blot out half of every output.
    return password !== undefined && password.length >= 6 ? [password] : [];
  });
}

/** Secret keys of credential files of the AWS form. */
export function secretKeysIn(files: readonly string[]): string[] {
  return files.flatMap(
    (file) => /^aws_secret_access_key *= *(\S{6,})$/m.exec(readOrNothing(file))?.[1] ?? [],
  );
}

export function passfilesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.pass'))
    .map((name) => join(folder, name));
}

function readOrNothing(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** What a declared environment's files hold of secrets, for the redactor to know before anything is written down. */
export function secretsOf(settings: DeclaredSettings): string[] {
  const { primary, standby, declared, stores } = settings;
  const path = (written: string) => settings.path(written);
  const roles = Object.values(declared.rotation?.roles ?? {}).map((one) => one.passfile);
  const written = [declared.latency?.passfile, declared.sentinel?.passfile, ...roles];
  const passfiles = [primary.passfile, standby?.passfile ?? null, ...written.map((one) => one && path(one))];
  const credentials = Object.values(stores).flatMap((store) =>
    store.kind === 's3' && store.credentials?.file !== undefined ? [path(store.credentials.file)] : [],
  );
  return [...passwordsIn(passfiles.filter((one) => typeof one === 'string')), ...secretKeysIn(credentials)];
}
