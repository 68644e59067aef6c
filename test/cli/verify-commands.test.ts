import { chmodSync, readdirSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { connectTo } from '../../src/postgres/index.js';
import { expectExit } from '../end-to-end/support/run-program.js';
import { makeBackupProgramme, verified, type BackupProgramme } from './backup-ground.js';

let programme: BackupProgramme;
beforeAll(async () => {
  programme = await makeBackupProgramme();
});
afterAll(async () => programme.remove());
beforeEach(() => programme.declare());

describe('firedrill verify', () => {
  test('without --full it is partial and says so; with it every test is shown, and the set counts as verified', async () => {
    programme.declare({ policies: verified });
    const session = await connectTo(programme.primary);
    await session
      .query('insert into canary select max(id) + 1 from canary')
      .finally(async () => session.end());
    expectExit(await programme.run('backup'), 0);
    const partial = await programme.run('verify');
    expectExit(partial, 0);
    expect(partial.stdout.trimEnd().split('\n').at(-1)).toMatch(/: partial, .* not run: 2, 4, 5, 6, 7, 8$/);
    expect((await programme.sets())[0]?.verified).toBeNull();
    const full = await programme.run('verify', '--full');
    expectExit(full, 0);
    for (const n of [1, 3, 4, 5, 6, 7, 8]) expect(full.stdout).toMatch(new RegExp(`✓ ${n} .*: pass`));
    expect(full.stdout).toMatch(/: verified · 7\/7 required/);
    expect((await programme.sets())[0]?.verified).toEqual(expect.objectContaining({ countersigned: false }));
    expect(readdirSync(programme.ground.directory).filter((name) => name.startsWith('firedrill-'))).toEqual(
      [],
    );
  });

  test('a file that was cut fails, with exit 1, and one without its signature is listed as broken', async () => {
    const id = await programme.takeLogical();
    const folder = join(programme.storeDirectory, id);
    const file = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map((name) => join(folder, name))
      .filter((name) => statSync(name).isFile() && !name.endsWith('manifest.json'))
      .sort((a, b) => statSync(b).size - statSync(a).size)[0]!;
    chmodSync(file, 0o600);
    truncateSync(file, statSync(file).size - 1);
    const ended = await programme.run('verify', id);
    expectExit(ended, 1);
    expect(ended.stdout).toMatch(/✗ 1 .*: fail/);
    // Its summary is the failure, and is said once.
    expect(`${ended.stdout}${ended.stderr}`.match(/NOT verified/g)).toHaveLength(1);
    expect(ended.stderr).toContain('NOT verified');
    const quiet = await programme.run('--quiet', 'verify', id);
    expect([quiet.code, quiet.stdout, quiet.stderr.trimEnd().split('\n').length]).toEqual([1, '', 1]);
    chmodSync(join(folder, 'manifest.json'), 0o600);
    writeFileSync(join(folder, 'manifest.json'), '{}');
    const listed = await programme.run('backups');
    expect(listed.stdout).toMatch(new RegExp(`✗ ${id} in main: .+`));
    expectExit(await programme.run('verify', id), 1);
    // Whoever asks for the latest one is told that it is not the newest there was.
    const latest = await programme.run('verify');
    expectExit(latest, 0);
    expect(latest.stdout).toMatch(new RegExp(`warning: ${id} in main is newer, and cannot be used: .+`));
  });

  test('one manifest that the disk does not give hides no set beside it', async () => {
    const id = await programme.takeLogical();
    const good = await programme.takeLogical();
    const manifest = join(programme.storeDirectory, id, 'manifest.json');
    rmSync(manifest);
    symlinkSync('manifest.json', manifest);
    const listed = await programme.run('backups');
    expectExit(listed, 0);
    expect(listed.stdout).toMatch(new RegExp(`✗ ${id} in main: its manifest cannot be read: .*ELOOP`));
    expectExit(await programme.run('verify', good), 0);
    const nowhere = await programme.runWith({ FIREDRILL_SCRATCH: '/nonexistent' }, '--quiet', 'verify', good);
    expectExit(nowhere, 6);
    expect(nowhere.stderr).toMatch(/can be made in \/nonexistent: ENOENT.*FIREDRILL_SCRATCH/);
  });
});
