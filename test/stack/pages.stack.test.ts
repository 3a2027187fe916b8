import { rmSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AtlasProcess, startAtlasDev } from '../support/atlas-process.ts';
import { CHROMIUM, openChromium } from '../support/chromium.ts';
import { temporaryDirectory } from '../support/run-directory.ts';

const PATIENCE = { timeout: 15_000, interval: 250 };

if (CHROMIUM === null) {
  process.stderr.write('The pages are not tested in a browser: there is no Chromium (apt-get install chromium).\n');
}

describe.skipIf(CHROMIUM === null)('the pages in a browser', () => {
  let directory: string;
  let atlas: AtlasProcess;
  let browser: Browser;
  let explorer: Page;
  const hosts = new Set<string>();
  const complaints: string[] = [];

  beforeAll(async () => {
    directory = temporaryDirectory('pages');
    [atlas, browser] = await Promise.all([
      startAtlasDev(join(directory, 'home'), ['--no-sample']),
      openChromium(CHROMIUM ?? ''),
    ]);
    await atlas.graphql('mutation { upsertEntity(input: { type: "note" }) { consistencyToken } }');
    explorer = await open('/explorer');
  });

  afterAll(async () => {
    await browser?.close();
    await atlas?.destroy();
    rmSync(directory, { recursive: true, force: true });
  });

  async function open(path: string): Promise<Page> {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    page.on('request', (request) => {
      const { protocol, host } = new URL(request.url());
      if (protocol !== 'data:') hosts.add(host);
    });
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(`${atlas.stack.http}${path}`);
    return page;
  }

  const onReplicas = (statement: string): Promise<unknown> =>
    Promise.all(
      atlas.stack.shards
        .flatMap(({ replicas }) => replicas)
        .map(async (connectionString) => {
          const client = new pg.Client({ connectionString });
          await client.connect();
          await client.query(statement);
          await client.end();
        }),
    );

  /** Completes the name of a field, and has the brackets closed by the editor. */
  async function typeCount(page: Page, selected = 'type: "note"'): Promise<void> {
    await page.locator('.graphiql-query-editor .view-lines').click();
    await page.keyboard.press('Control+A');
    await page.keyboard.press('Delete');
    await page.keyboard.type(`{ entities(${selected}) { totalC`);
    const suggestion = page.locator('.suggest-widget.visible .monaco-list-row.focused');
    await suggestion.filter({ hasText: 'totalCount' }).waitFor();
    await page.keyboard.press('Enter');
  }

  const answer = (page: Page) => page.locator('.graphiql-response .view-lines');
  const reads = (page: Page) => page.locator('#freshness .read');

  async function runAndRead(page: Page): Promise<string> {
    await page.locator('.graphiql-execute-button').click();
    return (await reads(page).allInnerTexts()).join();
  }

  /** How far above the bottom the highest line of a source reaches, in pixels. */
  const drawnHeight = (page: Page, source: string): Promise<number> => highest(page, `#picture .series.${source}`);
  const budgetHeight = (page: Page): Promise<number> => highest(page, '#picture [data-class=interactive]');

  async function highest(page: Page, selector: string): Promise<number> {
    await page.locator('#picture .series').first().waitFor({ state: 'attached' });
    const picture = await page.locator('#picture').boundingBox();
    const boxes = await Promise.all((await page.locator(selector).all()).map((line) => line.boundingBox()));
    return (
      (picture?.height ?? 0) + (picture?.y ?? 0) - Math.min(...boxes.map((box) => box?.y ?? Number.POSITIVE_INFINITY))
    );
  }

  it('complete a field, run the operation and show how fresh each read is', async () => {
    const page = explorer;
    await typeCount(page);
    await page.locator('#class').selectOption('interactive');
    await page.locator('#bound').fill('900');
    await page.locator('#carry').check();
    // The editor tells what was typed a moment later.
    const runAndAnswer = () => runAndRead(page).then(() => answer(page).textContent());
    await expect.poll(runAndAnswer, PATIENCE).toContain('"totalCount"');
    expect(await reads(page).count()).toBeGreaterThan(0);
    const [first = ''] = await reads(page).allInnerTexts();
    expect(first).toMatch(/^(Replica|Primary), shard /);
    expect(first).toMatch(/Class asked for\s+interactive\s+Bound\s+900 ms/);
    expect(await page.locator('#token').inputValue()).not.toBe('');
    await page.locator('#carry').uncheck();
    await page.locator('#token').fill('');
  });

  it('keep a history of operations, without their headers', async () => {
    const page = explorer;
    await page.getByRole('button', { name: 'Headers', exact: true }).click();
    await page.locator('.graphiql-editor-tool .view-lines').last().click();
    await page.keyboard.type('{ "x-request-id": "kept-nowhere"');
    await typeCount(page, 'type: "note", first: 3');
    const answered = page.waitForResponse(
      (response) => response.headers()['x-request-id'] === 'kept-nowhere',
      PATIENCE,
    );
    await expect.poll(() => runAndRead(page), PATIENCE).not.toBe('');
    await answered;
    await page.getByRole('button', { name: 'Show History' }).click();
    await page.locator('.graphiql-history-item', { hasText: 'first: 3' }).first().waitFor();
    await page.getByRole('button', { name: 'Hide History' }).click();
    const kept = String(await page.evaluate('localStorage["graphiql:queries"]'));
    expect(kept).toContain('first: 3');
    expect(kept).not.toContain('kept-nowhere');
  });

  it('show why a read fell back while replay is paused, and draw the lag', async () => {
    const page = explorer;
    await typeCount(page);
    await onReplicas('SELECT pg_wal_replay_pause()');
    try {
      await expect.poll(() => runAndRead(page), PATIENCE).toMatch(/Primary, shard .*LAG_EXCEEDED.*Fell back/s);
      await page.locator('#fallback').selectOption('fail');
      await expect.poll(() => runAndRead(page), PATIENCE).toMatch(/FRESHNESS_UNAVAILABLE.*Retry after/s);
      const start = await open('/');
      await expect.poll(() => drawnHeight(start, 'replica'), PATIENCE).toBeGreaterThan(await budgetHeight(start));
      expect(await drawnHeight(start, 'primary')).toBeLessThan(await budgetHeight(start));
      await start.close();
    } finally {
      await onReplicas('SELECT pg_wal_replay_resume()');
    }
  });

  it('send no request to another host, and do nothing that their policies forbid', () => {
    expect([...hosts]).toEqual([new URL(atlas.stack.http).host]);
    expect(complaints.filter((text) => !text.includes('the server responded with a status of'))).toEqual([]);
  });
});
