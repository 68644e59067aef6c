import { isJsonObject, type Json, type JsonObject } from '../../base/index.js';
import type { Row } from '../session.js';

/** How a plan reaches its tables, e.g. `Seq Scan on bookings`, in the plan's order, each once; from `explain (format json)`. */
export function accessPaths(rows: readonly Row[]): string[] {
  const found = new Set<string>();
  const walk = (node: Json | undefined) => {
    if (!isJsonObject(node)) return;
    const path = pathOf(node);
    if (path !== null) found.add(path);
    const inner = node['Plans'];
    if (Array.isArray(inner)) for (const one of inner as readonly Json[]) walk(one);
  };
  for (const row of rows) {
    const plans = row['QUERY PLAN'];
    if (!Array.isArray(plans)) continue;
    for (const plan of plans as readonly Json[]) if (isJsonObject(plan)) walk(plan['Plan']);
  }
  return [...found];
}

function pathOf(node: JsonObject): string | null {
  const [kind, index, relation] = ['Node Type', 'Index Name', 'Relation Name'].map((key) => node[key]);
  if (typeof kind !== 'string' || !/ Scan$/.test(kind)) return null;
  if (typeof index === 'string')
    return `${kind} using ${index}${typeof relation === 'string' ? ` on ${relation}` : ''}`;
  return typeof relation === 'string' ? `${kind} on ${relation}` : null;
}
