import { readFileSync, rmSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { assess } from '../../src/assessment/index.js';
import { buildReport, renderHtml } from '../../src/report/index.js';
import { makePlan, unobserved } from '../assessment/plan-fixture.js';
import { fail } from '../assessment/record-builder.js';
import { buildRun, type Variation } from '../assessment/run-fixture.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const runs: readonly [string, Variation][] = [
  ['attended', { lost: 2, deviation: true, byHand: true }],
  ['unattended', { plan: unobserved(makePlan({ unattended: true })) }],
  [
    'failed',
    { acceptance: { content: fail }, sentinel: false, stopAfter: { phase: 'verification', end: 'failed' } },
  ],
];

let browser: Browser;
let folder = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'report-'));
  browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--headless',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
});
afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(
  name: string,
  how: Variation,
): Promise<{ page: Page; requests: string[]; problems: string[] }> {
  const record = buildRun(how).record();
  const file = join(folder, `${name}.html`);
  writeFileSync(file, renderHtml(buildReport(record, assess(record))));
  const context = await browser.newContext({ bypassCSP: true });
  const page = await context.newPage();
  const [requests, problems]: [string[], string[]] = [[], []];
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(error.message));
  await page.goto(`file://${file}`);
  return { page, requests, problems };
}

describe.each(runs)('the report of a run that was %s, in a real browser', (name, how) => {
  test('asks the network for nothing, runs no script, and complains of nothing', async () => {
    const { page, requests, problems } = await open(name, how);
    expect(requests).toEqual([page.url()]);
    expect(problems).toEqual([]);
    expect(await page.locator('script, link, img, iframe, object, [onload], [onclick]').count()).toBe(0);
    await page.context().close();
  });

  test('has no serious or critical problem of accessibility', async () => {
    const { page } = await open(name, how);
    await page.evaluate(axe);
    const violations = await page.evaluate(async () => {
      const result = await (
        globalThis as unknown as {
          axe: {
            run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }>;
          };
        }
      ).axe.run();
      return result.violations.map(({ id, impact, nodes }) => ({
        id,
        impact,
        first: nodes[0]?.html.slice(0, 200),
      }));
    });
    expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);
    await page.context().close();
  });

  test('can be read without colour: every status has a word and a symbol', async () => {
    const { page } = await open(name, how);
    const said = await page.evaluate<[string | null, string][]>(
      `[...document.querySelectorAll('td .status')].map((one) => [one.querySelector('b')?.textContent ?? null, one.textContent])`,
    );
    expect(said.length).toBeGreaterThan(20);
    for (const [symbol, words] of said) {
      expect(symbol).toMatch(/^[✓✗!–§]$/);
      expect(words.length).toBeGreaterThan(2);
    }
    await page.context().close();
  });

  test('does not scroll sideways on a small screen, and prints', async () => {
    const { page } = await open(name, how);
    await page.setViewportSize({ width: 390, height: 800 });
    const over = await page.evaluate<number>(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );
    expect(over).toBeLessThanOrEqual(0);
    const pdf = await page.pdf({ preferCSSPageSize: true });
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    await page.context().close();
  });
});

test('the picture has a name and a description, and draws each phase', async () => {
  const { page } = await open('picture', {});
  const picture = page.getByRole('img', { name: /Timeline of the run/ });
  expect(await picture.count()).toBe(1);
  for (const phase of ['Phase assessment', 'Phase recovery', 'Phase verification'])
    expect(await picture.getByText(phase, { exact: true }).count()).toBe(1);
  await page.context().close();
});
