import { formatDuration } from '../base/index.js';
import { entriesOf, firstOf, lastOf } from './entries.js';
import { finding, type FindingRule } from './finding.js';
import { verdictOf } from './outcome.js';

/** The run itself: how it ended, who took part, what the clock and the record say. */
export const runFindings: readonly FindingRule[] = [
  ({ record }) => {
    const ended = lastOf(record.entries, 'run-ended');
    if (!ended) return [finding('interrupted', 'high', 'the run has no end: it was interrupted')];
    return ended.data.status === 'completed'
      ? []
      : [
          finding(`run-${ended.data.status}`, 'high', `the run ${ended.data.status}: ${ended.data.because}`, [
            ended.seq,
          ]),
        ];
  },
  ({ record, measures }) => {
    const ended = lastOf(record.entries, 'run-ended');
    const computed = verdictOf(record, measures);
    return ended && ended.data.verdict !== computed.verdict
      ? [
          finding(
            'verdict-disagrees',
            'high',
            `the run ended as "${ended.data.verdict}", the record gives "${computed.verdict}": ${computed.because}`,
            [ended.seq],
          ),
        ]
      : [];
  },
  ({ record }) =>
    entriesOf(record.entries, 'obligation-opened').map((opened) =>
      finding(`obligation-open:${opened.data.obligation}`, 'high', `still to do: ${opened.data.text}`, [
        opened.seq,
      ]),
    ),
  ({ independence }) =>
    independence.independent
      ? []
      : [finding('not-independent', 'medium', independence.why, independence.evidence)],
  ({ independence }) =>
    independence.scriptedAnswers > 0
      ? [
          finding(
            'scripted-operator',
            'medium',
            `${independence.scriptedAnswers} answers were declared beforehand: nobody was exercised, and no human time was measured`,
            independence.evidence,
          ),
        ]
      : [],
  ({ record }) => {
    const opened = firstOf(record.entries, 'environment-opened');
    return (opened?.data.notExercised ?? []).map((text, index) =>
      finding(`not-exercised:${index + 1}`, 'low', `not exercised: ${text}`, opened ? [opened.seq] : []),
    );
  },
  ({ record }) =>
    entriesOf(record.entries, 'session-started')
      .filter((session) => session.data.resumed)
      .map((session) =>
        finding(
          `resumed:${session.seq}`,
          'low',
          `the engine died and the run was taken up again${
            session.data.gapMs === null ? '' : ` after ${formatDuration(session.data.gapMs)}`
          }; times across the gap are by the wall clock`,
          [session.seq],
        ),
      ),
  ({ measures }) =>
    measures.clock.steps.map((step) =>
      finding(
        `clock-step:${step.seq}`,
        step.explainedBy === null ? 'high' : 'low',
        `the wall clock moved by ${formatDuration(step.byMs)} against the monotonic one${
          step.explainedBy === null ? ', and no entry says why' : ''
        }`,
        [step.seq, ...(step.explainedBy === null ? [] : [step.explainedBy])],
      ),
    ),
  ({ measures }) =>
    measures.clock.synchronised === true
      ? []
      : [
          finding(
            'clock-not-in-step',
            'low',
            measures.clock.synchronised === null
              ? 'whether the clock was in step could not be told'
              : 'the clock was not synchronised',
            measures.clock.evidence,
          ),
        ],
];
