import type { Assessment, RunRecord } from '../../assessment/index.js';
import type { Section } from '../blocks.js';
import { backupSection, checksSection } from './checks.js';
import { clockSection } from './clock.js';
import { comparisonSection, controlsSection, findingsSection, signOffSection } from './conclusions.js';
import { evidenceSection, limitationsSection, verifySection } from './evidence.js';
import { identitySection, peopleSection, planSection, targetsSection } from './identity.js';
import { outcomeSection } from './outcome.js';
import { failedSection } from './failed.js';
import { decisionsSection, deviationsSection, messagesSection } from './procedure.js';
import { scoreSection } from './score.js';
import { timelineSection } from './timeline.js';

/** Every section of a report, always all of them and in this order: what there is nothing to say about says so. */
const order: readonly ((record: RunRecord, assessment: Assessment) => Section)[] = [
  identitySection,
  outcomeSection,
  planSection,
  peopleSection,
  targetsSection,
  timelineSection,
  clockSection,
  backupSection,
  checksSection,
  failedSection,
  deviationsSection,
  messagesSection,
  decisionsSection,
  scoreSection,
  comparisonSection,
  findingsSection,
  signOffSection,
  controlsSection,
  evidenceSection,
  limitationsSection,
  verifySection,
];

export function sectionsOf(record: RunRecord, assessment: Assessment): Section[] {
  return order.map((section) => section(record, assessment));
}
