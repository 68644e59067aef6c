/**
 * Entries → phases, clock points, recovery time and data loss, score.
 * Promise: pure functions of a record; every figure says where it comes from; nothing planned appears as an actual.
 */
export * from './record.js';
