/**
 * Durable entries in a hash chain: one JSON object a line, written and synced before anybody hears of it.
 * Promise: what `append` returned survives any crash; a torn last line is set aside and said; one writer at a time.
 */
export * from './journal.js';
