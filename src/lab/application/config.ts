import { readFileSync } from 'node:fs';
import { Failure, isJsonObject } from '../../base/index.js';

/** What the application's process is told, in one file; holds no secret. */
export interface ApplicationConfig {
  readonly v: 1;
  /** The lab's folder: traffic switch, heartbeat, load log and the note of this process lie there. */
  readonly labDirectory: string;
  readonly port: number;
  readonly user: string;
  readonly passfile: string;
  readonly heartbeatLimitMs: number;
  /** On the organisation's own tables it touches none of them; absent: on the sample database. */
  readonly seeded?: boolean;
}

export function readApplicationConfig(file: string): ApplicationConfig {
  const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!isJsonObject(value) || value['v'] !== 1 || typeof value['port'] !== 'number')
    throw new Failure('invalid', `${file} is no configuration of the sample application`);
  return value as unknown as ApplicationConfig;
}
