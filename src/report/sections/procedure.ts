import type { Assessment, RunRecord } from '../../assessment/index.js';
import { cell, table, text, type Section } from '../blocks.js';
import { duration, plural, time, valueWords } from '../words.js';

export function deviationsSection(_record: RunRecord, { measures }: Assessment): Section {
  return {
    id: 'deviations',
    title: 'Deviations, skips, overrides',
    blocks: [
      table(
        'With reason and person',
        ['When', 'Kind', 'Step', 'By', 'Reason', 'Counts against the procedure'],
        measures.deviations.map((one) => [
          time(one.at),
          one.kind,
          one.step ?? 'none',
          one.by === 'scripted' ? cell('scripted operator', { status: 'scripted' }) : one.by,
          cell(one.reason, { evidence: [one.seq] }),
          one.counts ? 'yes' : 'no: manual help',
        ]),
      ),
      table(
        'Automatic steps that needed manual help',
        ['Step'],
        measures.manualHelp.map((id) => [id]),
      ),
    ],
  };
}

export function messagesSection({ plan }: RunRecord, { measures }: Assessment): Section {
  return {
    id: 'messages',
    title: 'Messages: due, sent, template',
    blocks: [
      table(
        'Messages',
        [
          'Message',
          'Audience',
          'Required',
          '#Due within',
          'Counted from',
          'Sent',
          '#After',
          'Channel',
          'Unfilled',
        ],
        measures.messages.map((message) => {
          const late =
            message.actualMs !== null && message.deadlineMs !== null && message.actualMs > message.deadlineMs;
          const missing = message.sentAt === null && message.required && message.due;
          return [
            message.subject === 'not given' ? message.id : `${message.id}: ${message.subject}`,
            message.audience,
            message.required ? (message.due ? 'yes' : 'not due: its step was not') : 'no',
            message.deadlineMs === null ? 'no deadline' : duration(message.deadlineMs),
            message.deadlineOf ?? 'nothing',
            cell(message.sentAt === null ? 'not sent' : time(message.sentAt), {
              evidence: message.evidence,
              ...(missing ? { status: 'bad' as const } : {}),
            }),
            cell(
              message.sentAt === null ? 'not sent' : duration(message.actualMs),
              late ? { status: 'warning' } : {},
            ),
            message.channel ?? 'none',
            message.unfilled.length === 0 ? 'none' : cell(message.unfilled.join(', '), { status: 'bad' }),
          ];
        }),
      ),
      text(`${plural(plan.messages.length, 'template')} frozen in plan.json.`),
    ],
  };
}

export function decisionsSection(_record: RunRecord, { decisions }: Assessment): Section {
  return {
    id: 'decisions',
    title: 'Decisions',
    blocks: [
      table(
        'Everything that was asked',
        ['When', 'Kind', 'Step', 'Asked', 'Suggested', 'Answer', 'By', 'Reason'],
        decisions.map((one) => [
          one.at === null ? 'open' : time(one.at),
          one.kind,
          one.step ?? 'none',
          one.text,
          one.suggest ?? 'nothing',
          cell(one.answer === null ? 'none' : valueWords(one.answer, 200), {
            code: true,
            evidence: one.evidence,
          }),
          one.scripted ? cell(one.by, { status: 'scripted' }) : one.by,
          one.reason ?? 'none given',
        ]),
      ),
    ],
  };
}
