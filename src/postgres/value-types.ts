import pg from 'pg';
import type { Json } from '../base/index.js';

/** Type ids from pg_type.dat. Everything not named here arrives as PostgreSQL's own text. */
const parsers: { readonly [oid: number]: (text: string) => Json } = {
  16: (text) => text === 't',
  20: safeNumber,
  21: Number,
  23: Number,
  26: Number,
  114: (text) => JSON.parse(text) as Json,
  700: finite,
  701: finite,
  1700: safeNumber,
  3802: (text) => JSON.parse(text) as Json,
};

/** bool[], "char"[], name[], int2[], int4[], text[], varchar[], int8[], oid[]: the driver's own array parser gives plain values. */
const plainArrays = new Set([1000, 1002, 1003, 1005, 1007, 1009, 1015, 1016, 1028]);

/** The driver's types list the type ids it knows by name; it takes any. */
const byDriver = pg.types.getTypeParser as (oid: number, format: string) => unknown;

export function parseValue(oid: number, format?: 'text' | 'binary'): (text: string) => Json {
  if (format === 'binary') return byDriver(oid, 'binary') as (text: string) => Json;
  if (plainArrays.has(oid)) return byDriver(oid, 'text') as (text: string) => Json;
  return parsers[oid] ?? ((text) => text);
}

/** A whole number that a double holds exactly becomes a number, anything else keeps its digits. */
function safeNumber(text: string): Json {
  return /^-?\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : text;
}

function finite(text: string): Json {
  const value = Number(text);
  return Number.isFinite(value) ? value : text;
}
