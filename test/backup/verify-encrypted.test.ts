import { createPublicKey } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  controls,
  describeProof,
  findAge,
  findBackup,
  generateSigningKey,
  lastVerification,
  newIdentity,
  proveSet,
  recordVerification,
  signerFrom,
  takeLogicalBackup,
  trustedKeys,
  verifySet,
  type ListedSet,
  type Verification,
  type VerifyRequest,
} from '../../src/backup/index.js';
import { signer, trusted, useBackupGround } from './ground.js';

const verifierKey = generateSigningKey();
const verifier = signerFrom(verifierKey.privateKey);
const both = new Map([...trusted, ...trustedKeys(createPublicKey(verifierKey.publicKey))]);

const verdicts = (result: Verification) => result.tests.map(({ verdict }) => verdict).join(' ');

describe('verification of an encrypted set', () => {
  const on = useBackupGround();

  async function logical(recipients: readonly string[]): Promise<ListedSet> {
    const { manifest } = await takeLogicalBackup({
      ...{
        tools: on.ground.tools,
        location: on.primary,
        store: on.store,
        source: 'test',
        signer,
        recipients,
      },
    });
    return findBackup(on.store, trusted, manifest.id);
  }

  async function verify(set: ListedSet, more: Partial<VerifyRequest> = {}): Promise<Verification> {
    const scratch = await on.ground.place('scratch');
    const stagingDirectory = join(on.ground.directory, 'staging');
    const result = await verifySet({
      ...{ tools: on.ground.tools, store: on.store, set, trusted, scratch, stagingDirectory, full: true },
      ...{ passwordFrom: on.primary, freshness: { rpoMs: 3_600_000 } },
      ...more,
    });
    expect(existsSync(stagingDirectory)).toBe(false);
    return result;
  }

  it('does not pass an encrypted set on the host; a verifier with the identity passes and countersigns', async () => {
    const age = await findAge();
    const identity = join(on.ground.directory, 'operations.key');
    const escrow = join(on.ground.directory, 'escrow.key');
    const operations = await newIdentity({ age, path: identity });
    const set = await logical([operations.recipient, (await newIdentity({ age, path: escrow })).recipient]);
    const onHost = await verify(set);
    expect(verdicts(onHost)).toBe('pass not-run not-run not-run not-run not-run not-run not-run');
    expect(onHost.passed).toBe(false);
    expect(onHost.tests[1]!.evidence[0]).toContain(
      'a verifier elsewhere, which holds the operations identity',
    );
    expect(await recordVerification(on.store, set, onHost, signer)).toBe(false);
    const elsewhere = await verify(set, { identities: [identity] });
    expect(elsewhere.tests.filter(({ verdict }) => verdict !== 'pass')).toEqual([]);
    expect(elsewhere.required).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    // The host's own word about what it cannot open does not count.
    await recordVerification(on.store, set, elsewhere, signer);
    expect(await lastVerification(on.store, set, both)).toBeNull();
    await recordVerification(on.store, set, { ...elsewhere, endedAt: new Date().toISOString() }, verifier);
    expect(await lastVerification(on.store, set, both)).toMatchObject({
      by: verifier.keyId,
      countersigned: true,
    });
    const stranger = join(on.ground.directory, 'stranger.key');
    await newIdentity({ age, path: stranger });
    const closed = await verify(set, { identities: [stranger] });
    expect(closed.tests[1]).toMatchObject({ verdict: 'fail' });
    expect(closed.tests[2]).toMatchObject({ verdict: 'not-run' });
    expect(closed.passed).toBe(false);
    const scratch = await on.ground.place('proof');
    const proof = await proveSet({
      controls: controls.filter(({ test }) => test <= 3),
      ...{ tools: on.ground.tools, store: on.store, set, trusted, scratch, passwordFrom: on.primary },
      ...{ stagingDirectory: join(on.ground.directory, 'proof-staging'), identities: [identity] },
    });
    expect(proof.controls.filter((one) => !one.caught)).toEqual([]);
    expect(proof.controls.find((one) => one.id === 'wrong-key')!.done).not.toContain(
      'encrypted for the purpose',
    );
    expect(describeProof(elsewhere, proof)).toBe(
      `8/8 tests passed · ${proof.total}/${proof.total} seeded faults caught`,
    );
  }, 240_000);
});
