import { statusMark, type Block, type Cell } from './blocks.js';
import { cleanLine } from './clean.js';
import type { Report } from './report.js';

/** For a ticket: every section of the report as CommonMark with tables; the journal itself is left to `journal.jsonl`. */
export function renderMarkdown(report: Report): string {
  const head = [
    `# ${escapeMarkdown(report.title)}`,
    '',
    `Run ${code(report.runId)}, ${report.mode === 'drill' ? 'DRILL' : 'LIVE'}, head of the journal ${code(report.shortCode)}`,
    ...(report.unattended ? ['', `**${statusMark.scripted} Unattended: scripted operator**`] : []),
  ];
  const sections = report.sections.map((section, index) =>
    [`## ${index + 1}. ${escapeMarkdown(section.title)}`, ...section.blocks.map(blockMarkdown)]
      .filter((part) => part !== '')
      .join('\n\n'),
  );
  return `${[head.join('\n'), ...sections].join('\n\n')}\n`;
}

function blockMarkdown(block: Block): string {
  switch (block.kind) {
    case 'text':
      return block.status === undefined
        ? escapeMarkdown(block.text)
        : `**${statusMark[block.status]} ${escapeMarkdown(block.text)}**`;
    case 'list':
      return block.items.map((item) => `- ${escapeMarkdown(item)}`).join('\n');
    case 'facts':
      return [
        caption(block.caption),
        '',
        '| What | Value |',
        '| --- | --- |',
        ...block.rows.map(({ name, value }) => `| ${escapeMarkdown(name)} | ${cellMarkdown(value)} |`),
      ].join('\n');
    case 'table':
      if (block.rows.length === 0) return `${caption(block.caption)} ${escapeMarkdown(block.whenEmpty)}`;
      return [
        caption(block.caption),
        '',
        `| ${block.columns.map(({ title }) => escapeMarkdown(title)).join(' | ')} |`,
        `| ${block.columns.map(({ numeric }) => (numeric ? '---:' : '---')).join(' | ')} |`,
        ...block.rows.map((row) => `| ${row.map(cellMarkdown).join(' | ')} |`),
      ].join('\n');
    case 'picture':
      return '';
  }
}

function caption(said: string): string {
  return `**${escapeMarkdown(said)}:**`;
}

function cellMarkdown(cell: Cell): string {
  const said = cell.code ? code(cell.text) : escapeMarkdown(cell.text);
  const marked = cell.status === undefined ? said : `${statusMark[cell.status]} ${said}`;
  const seqs = [...new Set(cell.evidence ?? [])].sort((a, b) => a - b);
  const shown = seqs.slice(0, 5).join(', ') + (seqs.length > 5 ? ` and ${seqs.length - 5} more` : '');
  return seqs.length === 0 ? marked : `${marked} (entry ${shown})`;
}

/** No markup of anybody else's gets through: every character that CommonMark or HTML could read is escaped. */
function escapeMarkdown(text: string): string {
  return cleanLine(text)
    .replace(/[\\`*_{}[\]()#+!|~]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/^([-=])/, '\\$1')
    .replace(/^(\d+)\.(?=\s)/, '$1\\.')
    .replace(/@/g, '&#64;')
    .replace(/:\/\//g, '&#58;//');
}

/** A code span: its fence is longer than any run of backticks inside; a bar would still end the cell of a table. */
function code(text: string): string {
  const line = cleanLine(text);
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map((match) => match[0].length));
  const fence = '`'.repeat(longest + 1);
  const padded = line.startsWith('`') || line.endsWith('`') || line === '' ? ` ${line} ` : line;
  return `${fence}${padded.replaceAll('|', '\\|')}${fence}`;
}
