import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FleetReport } from '../../../../src/cli/actions/report/document.ts';
import { reportPage } from '../../../../src/cli/actions/report/page.ts';
import type { ReportedWorkspace } from '../../../../src/cli/actions/report/workspaces.ts';
import { sanitize } from '../../../../src/sanitize.ts';
import { installedChromium, launch } from './browser.ts';

const HOSTILE =
  '</script><img src=x onerror="window.injected=1"><script>window.injected=1</script>"\'&\u202e\u001b[31m';

function entry(n: number, more: Partial<ReportedWorkspace> = {}): ReportedWorkspace {
  return {
    policy: 'desktops/no-visio',
    workspaceID: `ws-${String(n).padStart(9, '0')}`,
    userName: `user${n}`,
    applicationID: 'wsa-000000001',
    applicationName: 'Microsoft Visio LTSC Professional 2021',
    verdict: 'Denied',
    state: 'COMPLETED',
    status: 'Drifted',
    action: 'Disassociate',
    message: 'denied by name "Microsoft Visio*"',
    ...more,
  };
}

const NONE = { selected: 0, compliant: 0, drifted: 0, inProgress: 0, held: 0, failed: 0 };

const REPORT: FleetReport = {
  generatedAt: '2026-11-24T12:00:00.000Z',
  compliance: { selected: 812, compliant: 797, drifted: 15, inProgress: 4, held: 2, failed: 0 },
  policies: [
    {
      policy: 'desktops/no-visio',
      enforcement: 'Enforce',
      compliance: { selected: 812, compliant: 797, drifted: 15, inProgress: 4, held: 2, failed: 0 },
      history: [{ time: '2026-11-23T22:10:00Z', plan: 'abc', disassociated: 7, associated: 0, deployed: 6, failed: 1 }],
    },
    {
      policy: 'desktops/broken',
      enforcement: 'Audit',
      blocker: { reason: 'RefNotPermitted', message: HOSTILE },
      history: [],
    },
  ],
  applications: [
    {
      applicationID: 'wsa-000000001',
      name: 'Microsoft Visio LTSC Professional 2021',
      compliance: { selected: 812, compliant: 780, drifted: 32, inProgress: 0, held: 0, failed: 0 },
      associated: 15,
      toRemove: 11,
      toInstall: 0,
      monthlyCost: 217.5,
    },
    { applicationID: 'wsa-000000002', name: HOSTILE, compliance: NONE, associated: 3, toRemove: 0, toInstall: 1 },
  ],
  holds: [{ reason: 'OutsideMaintenanceWindow', associations: 2, until: '2026-11-24T22:00:00.000Z', message: HOSTILE }],
  sources: [
    {
      bundleID: 'wsb-000000001',
      applicationID: 'wsa-000000001',
      applicationName: HOSTILE,
      workspaces: 212,
      message: HOSTILE,
    },
    { bundleID: 'wsb-000000002', applicationID: 'wsa-000000001', workspaces: 3, message: '3 WorkSpaces get it back' },
  ],
  unknownSources: HOSTILE,
  workspaces: [
    entry(1, {
      status: 'Held',
      holdReason: 'OutsideMaintenanceWindow',
      until: '2026-11-24T22:00:00.000Z',
      userName: 'alice',
    }),
    entry(2, { userName: HOSTILE, applicationName: HOSTILE, message: HOSTILE, state: HOSTILE }),
    ...Array.from({ length: 600 }, (_, n) => entry(n + 10, { status: 'Compliant', userName: `user${n + 10}` })),
  ],
  costs: {
    currency: 'EUR',
    associated: 217.5,
    toRemove: 159.5,
    note: 'AWS bills whole months.',
    withoutPrice: [HOSTILE],
  },
};

const executable = installedChromium();

// Contributors may have no browser. CI must have one.
describe.skipIf(executable === undefined && process.env.CI === undefined)('reportPage in a browser', () => {
  let browser: Browser;
  let url: string;

  beforeAll(async () => {
    browser = await launch(executable ?? 'chromium');
    const file = join(await mkdtemp(join(tmpdir(), 'wsap-report-')), 'report.html');
    await writeFile(file, reportPage(REPORT));
    url = pathToFileURL(file).href;
  });
  afterAll(() => browser?.close());

  /** Opens the page. `problems` collects requests, console messages, errors, and dialogs. */
  async function open(options: Parameters<Browser['newContext']>[0] = {}): Promise<{ page: Page; problems: string[] }> {
    const context = await browser.newContext({ ...options, serviceWorkers: 'block' });
    const page = await context.newPage();
    const problems: string[] = [];
    page.on('request', (request) => request.url() !== url && problems.push(`request ${request.url()}`));
    page.on('console', (message) => problems.push(`console ${message.text()}`));
    page.on('pageerror', (error) => problems.push(`error ${error.message}`));
    page.on('dialog', (dialog) => problems.push(`dialog ${dialog.message()}`));
    await page.goto(url);
    return { page, problems };
  }

  const rows = (page: Page) => page.locator('#rows tr');

  test('shows counts, policies, holds with their end, latest runs, and costs', async () => {
    const { page } = await open();
    const text = await page.locator('main').innerText();
    for (const part of [
      'Sources of drift',
      '3 WorkSpaces get it back',
      'AWS bills whole months.',
      '812',
      '797',
      '€217.50',
      '€159.50',
      '98%',
      '96%',
      'RefNotPermitted',
      '2026-11-24 22:00 UTC',
      '2026-11-23 22:10 UTC',
    ]) {
      expect(text).toContain(part);
    }
  });

  test('filters WorkSpaces by words and by status', async () => {
    const { page } = await open();
    expect(await rows(page).count()).toBe(200);
    await page.getByRole('button', { name: 'Show more' }).click();
    expect(await rows(page).count()).toBe(400);
    await page.getByRole('searchbox').fill('ALICE visio');
    expect(await rows(page).allInnerTexts()).toEqual([expect.stringContaining('ws-000000001')]);
    expect(await page.locator('#count').innerText()).toBe('1 of 602 entries');
    await page.getByRole('searchbox').fill('');
    await page.getByLabel('Status').selectOption('Drifted');
    expect(await rows(page).count()).toBe(1);
    await page.getByRole('searchbox').fill('no such text');
    expect(await rows(page).count()).toBe(0);
  });

  test('makes no requests and shows data as text, not as markup', async () => {
    const { page, problems } = await open();
    await page.getByLabel('Status').selectOption('Drifted');
    expect(await rows(page).first().innerText()).toContain('</script><img src=x');
    expect(await page.evaluate('window.injected')).toBeUndefined();
    expect(await page.locator('img').count()).toBe(0);
    expect(sanitize(await page.content(), 1_000_000)).toBe((await page.content()).replaceAll('\n', '\uFFFD'));
    expect(problems).toEqual([]);
  });

  test('runs no injected script', async () => {
    const { page, problems } = await open();
    await page.evaluate(`(() => {
      const script = document.createElement('script');
      script.textContent = 'window.injected = 1';
      document.body.append(script);
    })()`);
    expect(await page.evaluate('window.injected')).toBeUndefined();
    expect(problems).toEqual([expect.stringContaining('Content Security Policy')]);
  });

  test.each(['light', 'dark'] as const)('has enough contrast in a %s color scheme', async (colorScheme) => {
    const { page } = await open({ colorScheme });
    const [ground, text] = (await page.evaluate(
      '[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]',
    )) as [string, string];
    expect(contrast(ground, text)).toBeGreaterThan(7);
  });

  test('fits a phone and labels each cell', async () => {
    const { page } = await open({ viewport: { width: 360, height: 780 }, isMobile: true });
    const { scroll, client } = (await page.evaluate(
      '({ scroll: document.documentElement.scrollWidth, client: document.documentElement.clientWidth })',
    )) as { scroll: number; client: number };
    expect(scroll).toBeLessThanOrEqual(client);
    const content = await page.evaluate('getComputedStyle(document.querySelector("#rows td"), "::before").content');
    expect(content).toBe('"WorkSpace"');
  });

  test('prints all rows and no controls', async () => {
    const { page } = await open();
    await page.evaluate('dispatchEvent(new Event("beforeprint"))');
    await page.emulateMedia({ media: 'print' });
    expect(await rows(page).count()).toBe(602);
    expect(await page.getByRole('searchbox').isVisible()).toBe(false);
  });
});

/** Returns the contrast ratio of two colors as defined by WCAG 2, from 1 to 21. */
function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [a, b].map(luminance).sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = (color.match(/\d+/g) ?? []).map((part) => {
    const share = Number(part) / 255;
    return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
