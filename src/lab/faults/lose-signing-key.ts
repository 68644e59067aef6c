import { readFileSync } from 'node:fs';
import { generateSigningKey, listBackups, signerFrom } from '../../backup/index.js';
import { Failure, type JsonObject } from '../../base/index.js';
import { writeDurably } from '../durable-file.js';
import { guardLab } from '../guard.js';
import type { Lab } from '../lab.js';
import { labKeyFile, labStore, labTrustedKeys } from '../protect.js';
import { trafficTarget } from '../traffic-switch.js';
import { faultNote } from './fault-note.js';
import type { InjectedFault, LabFault } from './lab-fault.js';

/** Puts another key in the place of the one that signed the lab's backups: no set can be told from a forged one any more. */
export const loseSigningKey: LabFault = {
  name: 'lose-signing-key',
  with: { type: 'object', additionalProperties: false, properties: {} },
  describe: () => 'replaces the key that signed the backups with another one: no backup can be believed',
  preview: () => ['<lab>/secrets/backup-key.pem := a new Ed25519 key'],
  async inject(lab, { id }): Promise<InjectedFault> {
    const note = faultNote(lab, id);
    const location = trafficTarget(lab);
    await guardLab(lab, location, 'take the key of its backups away');
    const file = labKeyFile(lab);
    const keyNow = () => signerFrom(readFileSync(file, 'utf8')).keyId;
    let plan: JsonObject | null = note.read();
    if (plan === null) {
      plan = { v: 1, lostKey: keyNow(), otherKey: null, at: null };
      note.write(plan);
    }
    if (plan['at'] === null) {
      const at = new Date().toISOString();
      if (keyNow() === plan['lostKey']) writeDurably(file, generateSigningKey().privateKey, 0o600);
      plan = { ...plan, otherKey: keyNow(), at, seen: await look(lab) };
      note.write(plan);
    }
    return { groundTruth: plan, proof: { at: plan['at'] ?? null, message: plan['seen'] ?? null } };
  },
};

/** What an honest look at the sets says of them now. Rejects with `check` when any of them is still believed. */
async function look(lab: Lab): Promise<string> {
  const { sets, broken } = await listBackups(labStore(lab), labTrustedKeys(lab));
  const [first] = broken;
  if (sets.length > 0 || first === undefined)
    throw new Failure('check', `${sets.length} backups of the lab are still believed`);
  return `${broken.length} of ${broken.length} sets are not believed; ${first.id}: ${first.problem}`;
}
