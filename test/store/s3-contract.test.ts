import { afterAll, beforeAll } from 'vitest';
import { storeContract } from './contract.js';
import { openObjectStoreGround, type ObjectStoreGround } from './object-store-ground.js';

let ground: ObjectStoreGround;
beforeAll(async () => {
  ground = await openObjectStoreGround();
});
afterAll(async () => ground.remove());

storeContract('a bucket', () => ground.fresh('plain'));
storeContract('a bucket with versions', () => ground.fresh('versioned'));
storeContract('a bucket that locks', () => ground.fresh('locked'));
