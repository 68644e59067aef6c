import type { Assessment, RunRecord } from '../../assessment/index.js';
import { cell, facts, table, text, type Cell, type Section } from '../blocks.js';
import { fingerprintBlock } from '../fingerprint.js';
import { duration, notMeasuredText, plural, time, valueWords } from '../words.js';

export function identitySection(record: RunRecord, assessment: Assessment): Section {
  const { plan, entries } = record;
  const opened = entries.find((entry) => entry.type === 'run-opened');
  const place = entries.find((entry) => entry.type === 'environment-opened');
  const ended = entries.findLast((entry) => entry.type === 'run-ended');
  return {
    id: 'identity',
    title: 'Identity and mode',
    blocks: [
      ...(plan.unattended
        ? [
            text(
              'Unattended: scripted operator. Declared answers stood in for people; nobody was exercised.',
              'scripted',
            ),
          ]
        : []),
      facts('What this is the record of', [
        ['Run', cell(assessment.runId, { code: true })],
        [
          'Mode',
          plan.mode === 'drill' ? 'DRILL: a real disaster in a throw-away environment' : 'LIVE: an incident',
        ],
        ['Operator', plan.unattended ? cell('scripted (unattended)', { status: 'scripted' }) : 'people'],
        [
          'Runbook',
          `${plan.runbook.title}, ${plan.runbook.id} ${plan.runbook.version}, severity ${plan.runbook.severity}`,
        ],
        ['Drill', plan.drill ? `${plan.drill.title} (${plan.drill.id})` : 'none: not a drill plan'],
        ['Scheduled for', plan.drill?.scheduled ?? 'not scheduled'],
        ['Environment', `${plan.environment.name} (${plan.environment.kind})`],
        ...dataRow(place),
        ['Begun', opened ? cell(time(opened.at), { evidence: [opened.seq] }) : notMeasuredText],
        [
          'Ended',
          ended
            ? cell(time(ended.at), { evidence: [ended.seq] })
            : cell('no end: interrupted', { status: 'bad' }),
        ],
        ['Sessions', plural(assessment.measures.sessions, 'session')],
        [
          'Host',
          opened
            ? `${opened.data.host.name}, ${opened.data.host.platform}, user ${opened.data.host.user}`
            : notMeasuredText,
        ],
        ['Made with', `firedrill ${plan.versions.tool}${opened ? `, Node ${opened.data.tool.node}` : ''}`],
        ['Journal', cell(`${record.entries.length} entries, head ${record.head}`, { code: true })],
      ]),
      fingerprintBlock(place),
    ],
  };
}

export function planSection({ plan, planSha256, entries }: RunRecord): Section {
  const opened = entries.find((entry) => entry.type === 'run-opened');
  const same = opened?.data.planSha256 === planSha256;
  return {
    id: 'plan',
    title: 'Plan frozen before the start',
    blocks: [
      facts('The plan', [
        ['SHA-256 of plan.json', cell(planSha256, { code: true })],
        [
          'Bound by the first entry',
          opened
            ? cell(same ? 'yes, the same hash' : `no, the journal says ${opened.data.planSha256}`, {
                status: same ? 'good' : 'bad',
                evidence: [opened.seq],
              })
            : cell('no first entry', { status: 'bad' }),
        ],
        [
          'Versions',
          `tool ${plan.versions.tool}, formulas ${plan.versions.formula}, rendering ${plan.versions.renderer}`,
        ],
        ['Rubric', `${plan.rubric.title} (${plan.rubric.id} ${plan.rubric.version})`],
      ]),
      table(
        'Files it was made from',
        ['File', 'SHA-256'],
        plan.sources.map((source) => [
          cell(source.path, { code: true }),
          cell(source.sha256, { code: true }),
        ]),
      ),
      table(
        'Faults planned',
        ['Fault', 'Kind', 'When', 'Arguments'],
        plan.faults.map((fault) => [
          fault.id,
          `${fault.inject}${fault.sabotage ? ' (sabotage of the recovery)' : ''}`,
          `${duration(fault.after.delayMs)} after ${fault.after.phase}`,
          cell(valueWords(fault.with), { code: true }),
        ]),
        plan.mode === 'live' ? 'none: a live run injects nothing' : 'none',
      ),
    ],
  };
}

export function peopleSection({ plan }: RunRecord, { independence }: Assessment): Section {
  const everybody = [...independence.people, ...(independence.observer ? [independence.observer] : [])];
  return {
    id: 'people',
    title: 'People, roles, independence',
    blocks: [
      table(
        'Who took part',
        ['Role', 'Person', 'Entries of their own'],
        everybody.map((person) => [
          person.title,
          person.name ?? cell('nobody named', { status: 'open' }),
          person.seqs.length === 0
            ? cell('none', { status: plan.unattended ? 'scripted' : 'open' })
            : cell(plural(person.seqs.length, 'entry', 'entries'), { evidence: person.seqs }),
        ]),
      ),
      facts('Independence', [
        ['Observer', independence.observer?.name ?? cell('none', { status: 'warning' })],
        [
          'Independent',
          cell(`${independence.independent ? 'yes' : 'no'}: ${independence.why}`, {
            status: independence.independent ? 'good' : 'warning',
            evidence: independence.evidence,
          }),
        ],
        [
          'Scripted answers',
          independence.scriptedAnswers === 0
            ? 'none'
            : cell(`${independence.scriptedAnswers} (Unattended: scripted operator)`, { status: 'scripted' }),
        ],
      ]),
    ],
  };
}

export function targetsSection({ plan }: RunRecord): Section {
  const owner = `set in the runbook ${plan.runbook.id} ${plan.runbook.version}; no owner by name in the plan`;
  return {
    id: 'targets',
    title: 'Targets and their owner',
    blocks: [
      facts('Objectives', [
        ['Recovery time objective (RTO)', duration(plan.objectives.rtoMs)],
        [
          'Recovery point objective (RPO)',
          plan.objectives.rpoMs === 0
            ? 'no acknowledged commit may be lost'
            : duration(plan.objectives.rpoMs),
        ],
        [
          'Expected',
          plan.objectives.expectedMs === undefined ? 'not given' : duration(plan.objectives.expectedMs),
        ],
        ['Owner', owner],
      ]),
      table(
        'Targets of the phases',
        ['Phase', '#Target'],
        plan.phases
          .filter((phase) => phase.stage === 'response')
          .map((phase) => [
            phase.title,
            phase.targetMs === undefined ? 'no target' : duration(phase.targetMs),
          ]),
      ),
    ],
  };
}

/** Whose data it ran on; records of a time when only the sample database was there say nothing of it. */
function dataRow(
  place: Extract<RunRecord['entries'][number], { type: 'environment-opened' }> | undefined,
): (readonly [string, Cell])[] {
  const data = place?.data.values['data'];
  return place === undefined || typeof data !== 'string'
    ? []
    : [['Data', cell(data, { evidence: [place.seq] })]];
}
