import type { Facts, Finding, FindingClass, FindingRule } from './finding.js';
import { lossFindings, objectiveFindings } from './findings-objectives.js';
import { procedureFindings } from './findings-procedure.js';
import { runFindings } from './findings-run.js';
import { serviceFindings } from './findings-service.js';

const rules: readonly FindingRule[] = [
  ...objectiveFindings,
  ...lossFindings,
  ...serviceFindings,
  ...procedureFindings,
  ...runFindings,
];

const order: readonly FindingClass[] = ['high', 'medium', 'low'];

/** All findings, gravest first, within a class in the rules' order. */
export function findingsOf(facts: Facts): Finding[] {
  const all = rules.flatMap((rule) => rule(facts));
  return order.flatMap((one) => all.filter((finding) => finding.class === one));
}
