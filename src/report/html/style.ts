/** Colours hold at least 4.5:1 on white and on the grey of table heads (WCAG 2.2 AA); nothing is said by colour alone. */
export const style = `
:root { color-scheme: light; --ink: #1b1f24; --quiet: #4a5260; --line: #b9c0ca; --head: #eef1f5; --link: #0b4f9e;
  --good: #11632f; --bad: #a3161c; --warning: #7a4a00; --open: #4a5260; --scripted: #5b2a86; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 0 1.25rem 3rem; color: var(--ink); background: #fff;
  font: 0.95rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
header.page { border-bottom: 3px solid var(--ink); padding: 1.25rem 0 0.75rem; margin-bottom: 1rem; }
h1 { overflow-wrap: anywhere; font-size: 1.7rem; line-height: 1.2; margin: 0 0 0.35rem; }
h2 { font-size: 1.25rem; margin: 2.2rem 0 0.6rem; padding-bottom: 0.2rem; border-bottom: 1px solid var(--line); }
p, li { overflow-wrap: anywhere; }
p { margin: 0.5rem 0; max-width: 60rem; }
.line { margin: 0.15rem 0; color: var(--quiet); }
.mode { display: inline-block; border: 2px solid currentColor; padding: 0 0.5rem; font-weight: 700; letter-spacing: 0.06em; }
nav ol { columns: 3 15rem; column-gap: 3rem; padding-left: 2rem; margin: 0.4rem 0; }
a { color: var(--link); }
a.ref { font-size: 0.82em; white-space: nowrap; margin-left: 0.3em; }
.scroll { position: relative; overflow-x: auto; margin: 0.7rem 0 1.1rem; }
.scroll:focus-visible { outline: 3px solid var(--link); }
table { border-collapse: collapse; width: 100%; font-size: 0.88rem; }
caption { text-align: left; font-weight: 600; padding: 0.25rem 0; }
th, td { border: 1px solid var(--line); padding: 0.3rem 0.5rem; text-align: left; vertical-align: top; overflow-wrap: break-word; }
thead th { background: var(--head); overflow-wrap: normal; }
tbody th { font-weight: 600; background: #fafbfc; width: 16rem; }
.short { white-space: nowrap; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
code { font: 0.86em/1.45 ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; overflow-wrap: anywhere; }
.empty { color: var(--quiet); }
.status { font-weight: 600; }
.status b { font-weight: 700; margin-right: 0.25em; }
.good { color: var(--good); } .bad { color: var(--bad); } .warning { color: var(--warning); }
.open { color: var(--open); } .scripted { color: var(--scripted); }
p.status { border-left: 4px solid currentColor; padding: 0.2rem 0.7rem; }
figure { margin: 0.8rem 0; }
svg { width: 100%; height: auto; border: 1px solid var(--line); background: #fff; }
.journal table { font-size: 0.8rem; }
tr:target, tr:target th { background: #fff4c2; }
/* Read aloud, not shown. */
.heard { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: 0.5rem; background: #fff; padding: 0.3rem; }
@media print {
  body { max-width: none; padding: 0; font-size: 9pt; }
  nav, .skip { display: none; }
  h1 { font-size: 16pt; } h2 { font-size: 12pt; break-after: avoid; margin-top: 1.2rem; }
  .scroll { overflow: visible; }
  table { font-size: 7.6pt; } .journal table { font-size: 6.6pt; }
  th, td { padding: 0.12rem 0.3rem; }
  tbody th { width: auto; }
  thead { display: table-header-group; }
  p { font-size: 8.5pt; } li { font-size: 8.5pt; }
  tr, figure { break-inside: avoid; }
  caption { break-after: avoid; }
  a { color: inherit; text-decoration: none; }
  section#outcome { break-before: page; break-after: page; }
}
`;

/** The page header of paper: run and short code on every sheet, where the printing program knows margin boxes. */
export function pageRule(runId: string, shortCode: string): string {
  const quote = (text: string) => text.replace(/[^A-Za-z0-9 ._:-]/g, '?');
  return `@page { size: A4; margin: 18mm 14mm 16mm;
  @top-left { content: "${quote(runId)}"; font: 8pt sans-serif; color: #4a5260; }
  @top-right { content: "head ${quote(shortCode)}"; font: 8pt monospace; color: #4a5260; }
  @bottom-right { content: "page " counter(page) " of " counter(pages); font: 8pt sans-serif; color: #4a5260; } }`;
}
