/**
 * Record → report: JSON, HTML, Markdown, JUnit, the guide to verifying and the summary on exit, as strings.
 * Promise: the same record always gives the same bytes; what there is nothing to say about says so; nothing is certified.
 */
export { statusMark, type Block, type Cell, type Section, type Status } from './blocks.js';
export { lossWords, verdictStatus } from './figures.js';
export { renderHtml } from './html/render-html.js';
export { renderJunit } from './render-junit.js';
export { renderMarkdown } from './render-markdown.js';
export { renderSummary } from './render-summary.js';
export { renderVerifyGuide } from './render-verify-guide.js';
export { reportSchema } from './report-schema.js';
export { buildReport, rendererVersion, renderJson, type JournalLine, type Report } from './report.js';
export type { Timeline } from './timeline.js';
export { duration } from './words.js';
