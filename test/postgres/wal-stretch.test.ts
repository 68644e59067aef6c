import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { walStretch } from '../../src/postgres/wal-records.js';

test('a segment that the receiver completes in the middle of the reading stays readable', async () => {
  const received = mkdtempSync(join(tmpdir(), 'fd-received-'));
  try {
    const segmentBytes = 1024 * 1024;
    const name = '000000010000000000000003';
    const partial = join(received, `${name}.partial`);
    writeFileSync(partial, Buffer.alloc(segmentBytes, 'log'));
    const wal = await walStretch({
      ...{
        places: [received],
        timeline: 1,
        segmentBytes,
        from: '0/300000',
        to: '0/300100',
        segmentsBefore: 0,
      },
    });
    renameSync(partial, join(received, name));
    expect(readFileSync(join(wal.directory, name), 'latin1')).toMatch(/^loglog/);
    await wal.remove();
    expect(readFileSync(join(received, name))).toHaveLength(segmentBytes);
  } finally {
    rmSync(received, { recursive: true });
  }
});
