import type { CephPrograms } from './ceph-programs.js';

/** Makes one more storage class known; only a gateway started afterwards knows it. */
export async function addStorageClass(
  programs: CephPrograms,
  name: string,
  signal?: AbortSignal,
): Promise<void> {
  const zone = ['--placement-id=default-placement', `--storage-class=${name}`];
  await programs.run(
    'radosgw-admin',
    ['zonegroup', 'placement', 'add', '--rgw-zonegroup=default', ...zone],
    signal,
  );
  await programs.run(
    'radosgw-admin',
    [
      ...['zone', 'placement', 'add', '--rgw-zone=default', ...zone],
      `--data-pool=default.rgw.${name.toLowerCase().replaceAll('_', '-')}.data`,
    ],
    signal,
  );
}
