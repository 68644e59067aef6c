import { chownSync, readFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { Failure } from '../base/index.js';
import type { ClusterLocation } from '../postgres/index.js';
import { writeDurably } from './durable-file.js';

/** A libpq passfile that fits every port of this machine: a restored cluster brings its roles along, but not its port. */
export function writeRolePassfile(file: string, role: string, password: string): void {
  writeDurably(file, `127.0.0.1:*:*:${role}:${password}\n`, 0o600);
}

/** Lets the superuser's passfile, made for one port, fit every cluster of the lab. */
export function widenPassfile(location: ClusterLocation): void {
  const { passfile, account } = location;
  if (passfile === null) return;
  const password = readFileSync(passfile, 'utf8').trim().split(':').at(-1);
  if (password === undefined || password === '')
    throw new Failure('unavailable', `${passfile} holds no password`);
  writeRolePassfile(passfile, location.user, password);
  if (account !== null) chownSync(passfile, account.uid, account.gid);
}

export function newRolePassword(): string {
  return randomBytes(24).toString('hex');
}
