import { quoteName, type Settings } from '../../postgres/index.js';
import { labClusterSettings } from '../cluster-settings.js';
import { seededRoles } from './seed.js';

const megabyte = 1024 * 1024;

/** From the very first start on: a scheduler must not run the organisation's jobs in a copy. */
export const nothingPreloaded: Settings = {
  shared_preload_libraries: '',
  session_preload_libraries: '',
  local_preload_libraries: '',
};

/**
 * What a copy runs with in a lab, on top of what every restore switches off: the lab's own settings, nothing preloaded that might
 * schedule or connect, the log where the lab reads it. The cache is an eighth of the data at most, so that pages on disk are read.
 */
export function seededSettings(bytes: number): Settings {
  const cache = Math.min(128, Math.max(2, Math.floor(bytes / 8 / megabyte)));
  return {
    ...labClusterSettings(1),
    shared_buffers: `${cache}MB`,
    listen_addresses: '127.0.0.1',
    ...nothingPreloaded,
    restore_command: '',
    logging_collector: 'off',
    log_destination: 'stderr',
    password_encryption: 'scram-sha-256',
  };
}

/** Nobody but the lab gets in, and only from this machine: the organisation's accounts keep their passwords, and cannot use them. */
export function seededHba(user: string): string {
  const names = [user, seededRoles.application, seededRoles.sentinel]
    .map((name) => quoteName(name))
    .join(',');
  return [
    '# Written by firedrill for a throw-away copy.',
    `local all ${names} scram-sha-256`,
    `host all ${names} 127.0.0.1/32 scram-sha-256`,
    `local replication ${quoteName(user)} scram-sha-256`,
    `host replication ${quoteName(user)} 127.0.0.1/32 scram-sha-256`,
    '',
  ].join('\n');
}
