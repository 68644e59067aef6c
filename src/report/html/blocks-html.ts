import { statusMark, type Block, type Cell, type Section } from '../blocks.js';
import type { Timeline } from '../timeline.js';
import { escape, recordLink } from './escape.js';
import { timelineSvg } from './timeline-svg.js';

export function sectionHtml(section: Section, number: number, timeline: Timeline | null): string {
  const id = escape(section.id);
  const blocks = section.blocks.map((block) => blockHtml(block, timeline)).join('\n');
  return `<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${number}. ${escape(section.title)}</h2>
${blocks}
</section>`;
}

function blockHtml(block: Block, timeline: Timeline | null): string {
  switch (block.kind) {
    case 'text':
      return block.status === undefined
        ? `<p>${escape(block.text)}</p>`
        : `<p class="status ${block.status}"><b aria-hidden="true">${statusMark[block.status]}</b>${escape(block.text)}</p>`;
    case 'list':
      return `<ul>${block.items.map((item) => `<li>${escape(item)}</li>`).join('')}</ul>`;
    case 'facts': {
      const rows = block.rows.map(
        ({ name, value }) => `<tr><th scope="row">${escape(name)}</th><td>${cellHtml(value)}</td></tr>`,
      );
      return scrolling(
        block.caption,
        `<table><caption>${escape(block.caption)}</caption><tbody>${rows.join('')}</tbody></table>`,
      );
    }
    case 'table': {
      const head = block.columns.map(
        ({ title, numeric }) => `<th scope="col"${numeric ? ' class="number"' : ''}>${escape(title)}</th>`,
      );
      const rows = block.rows.map((row) => {
        const cells = row.map(
          (one, index) =>
            `<td${block.columns[index]?.numeric ? ' class="number"' : ''}>${cellHtml(one)}</td>`,
        );
        return `<tr>${cells.join('')}</tr>`;
      });
      const empty = `<tr><td class="empty" colspan="${block.columns.length}">${escape(block.whenEmpty)}</td></tr>`;
      return scrolling(
        block.caption,
        `<table><caption>${escape(block.caption)}</caption><thead><tr>${head.join('')}</tr></thead><tbody>${
          rows.length === 0 ? empty : rows.join('')
        }</tbody></table>`,
      );
    }
    case 'picture':
      return timeline ? timelineSvg(timeline) : '<p class="empty">No picture: no phase was entered.</p>';
  }
}

/** Wide tables scroll by themselves, and by keyboard too. */
function scrolling(caption: string, html: string): string {
  return `<div class="scroll" tabindex="0" role="region" aria-label="${escape(caption)}">${html}</div>`;
}

/** Up to this many characters stay in one line: durations, states, single words. */
const shortText = 14;

function cellHtml(cell: Cell): string {
  const said = cell.code
    ? `<code>${escape(cell.text)}</code>`
    : cell.text.length <= shortText
      ? `<span class="short">${escape(cell.text)}</span>`
      : escape(cell.text);
  const marked =
    cell.status === undefined
      ? said
      : `<span class="status ${cell.status}"><b aria-hidden="true">${statusMark[cell.status]}</b>${said}</span>`;
  const files = (cell.files ?? []).map(({ file, title }) => {
    const link = recordLink(file);
    return link === null
      ? ` ${escape(title)}`
      : ` <a class="ref" href="${escape(link)}">${escape(title)}</a>`;
  });
  return marked + evidenceHtml(cell.evidence ?? []) + files.join('');
}

const mostRefs = 5;

/** Links to entries, runs of numbers drawn together: `#4 #7–9`. */
function evidenceHtml(seqs: readonly number[]): string {
  const runs: { first: number; last: number }[] = [];
  for (const seq of [...new Set(seqs)].sort((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run && seq === run.last + 1) run.last = seq;
    else runs.push({ first: seq, last: seq });
  }
  const shown = runs.slice(0, mostRefs).map(({ first, last }) => {
    const name = first === last ? `#${first}` : `#${first}–${last}`;
    const spoken = first === last ? 'entry' : 'entries';
    return `<a class="ref" href="#seq-${first}"><span class="heard">${spoken} </span>${name}</a>`;
  });
  const more = runs.length > mostRefs ? ` and ${runs.length - mostRefs} more` : '';
  return shown.join('') + (more === '' ? '' : `<span class="empty">${more}</span>`);
}
