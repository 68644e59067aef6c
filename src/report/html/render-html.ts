import { canonicalJson } from '../../base/index.js';
import type { Actor } from '../../run/index.js';
import { statusMark } from '../blocks.js';
import { bandWords } from '../figures.js';
import type { JournalLine, Report } from '../report.js';
import { actorWords, time } from '../words.js';
import { sectionHtml } from './blocks-html.js';
import { escape } from './escape.js';
import { pageRule, style } from './style.js';

/** One file: no script, no request, the same bytes for the same report. */
export function renderHtml(report: Report): string {
  const { sections, score } = { ...report, score: report.assessment.score };
  const links = sections.map(({ id, title }) => `<li><a href="#${escape(id)}">${escape(title)}</a></li>`);
  const modeWord = report.mode === 'drill' ? '◇ DRILL' : '● LIVE';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(`${report.title}: ${report.runId}`)}</title>
<style>${style}${pageRule(report.runId, report.shortCode)}</style>
</head>
<body>
<a class="skip" href="#main">To the report</a>
<header class="page">
<h1>${escape(report.title)}</h1>
<p class="line"><span class="mode">${modeWord}</span> Run <code>${escape(report.runId)}</code>, head of the journal <code>${escape(report.shortCode)}</code></p>
<p class="line">Score ${score.final === null ? 'NOT RATED' : `${score.final} ${score.band}`}: ${escape(bandWords[score.band])}. Evidence supports; it does not certify.</p>
${report.unattended ? `<p class="status scripted"><b aria-hidden="true">${statusMark.scripted}</b>Unattended: scripted operator</p>` : ''}
</header>
<nav aria-label="Sections"><ol>${links.join('')}<li><a href="#journal">The journal, entry by entry</a></li></ol></nav>
<main id="main">
${sections.map((section, index) => sectionHtml(section, index + 1, report.timeline)).join('\n')}
${journalHtml(report.journal, sections.length + 1)}
</main>
<footer><p class="line">firedrill ${escape(report.versions.tool)}, formulas ${escape(report.versions.formula)}, rendering ${escape(report.versions.renderer)}</p></footer>
</body>
</html>
`;
}

const mostCharacters = 1200;

function journalHtml(lines: readonly JournalLine[], number: number): string {
  const rows = lines.map((line) => {
    const letters = Array.from(canonicalJson(line.data));
    const cut = letters.length > mostCharacters;
    const data = cut
      ? `${letters.slice(0, mostCharacters).join('')} … (${letters.length - mostCharacters} more characters in journal.jsonl)`
      : letters.join('');
    const actor = line.actor as unknown as Actor;
    const who =
      actor.kind === 'scripted'
        ? `<span class="status scripted"><b aria-hidden="true">${statusMark.scripted}</b>${escape(actorWords(actor))}</span>`
        : escape(actorWords(actor));
    return `<tr id="seq-${line.seq}"><th scope="row">${line.seq}</th><td>${escape(time(line.at))}</td><td>${who}</td><td>${escape(line.type)}</td><td><code>${escape(data)}</code></td></tr>`;
  });
  const body = rows.length === 0 ? '<tr><td colspan="5" class="empty">none</td></tr>' : rows.join('\n');
  return `<section id="journal" class="journal" aria-labelledby="journal-title">
<h2 id="journal-title">${number}. The journal, entry by entry</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Entries of the journal"><table><caption>Entries; journal.jsonl holds the very bytes</caption>
<thead><tr><th scope="col">Entry</th><th scope="col">Time</th><th scope="col">By</th><th scope="col">Type</th><th scope="col">Data</th></tr></thead>
<tbody>${body}</tbody></table></div>
</section>`;
}
