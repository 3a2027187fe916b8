import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { servePage } from '../../examples/frontend/serve.ts';
import { CHROMIUM, openChromium } from '../support/chromium.ts';

const FOLDER = join(import.meta.dirname, '../../screenshots');
const SIZES = { narrow: { width: 390, height: 844 }, wide: { width: 1440, height: 900 } };

/** Pictures of the pages of a running server with the sample data, and of the example frontend, at both widths, light and dark. The address is the first argument. */
async function takeScreenshots(server: string, chromium: string): Promise<void> {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER);
  const browser = await openChromium(chromium);
  const frontend = await servePage(`${server}/graphql`, 0);
  try {
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const [size, viewport] of Object.entries(SIZES)) {
        const page = await browser.newPage({ viewport, colorScheme });
        const take = (name: string) =>
          page.screenshot({ path: join(FOLDER, `${name}-${size}-${colorScheme}.png`), fullPage: true });
        await page.goto(server);
        await page.locator('#lag tr').first().waitFor();
        await take('start');
        await page.goto(`${server}/explorer`);
        await page.locator('.graphiql-query-editor .view-lines', { hasText: 'entities' }).waitFor();
        await page.locator('.graphiql-execute-button').click();
        await page.locator('#freshness .read').first().waitFor();
        await take('explorer');
        await page.goto(frontend.url);
        await page.locator('#users .user').first().waitFor();
        await page.locator('#facets .facet').first().waitFor();
        await take('frontend');
        await page.close();
      }
    }
  } finally {
    await browser.close();
    await frontend.stop();
  }
  process.stdout.write(`The pictures are in ${FOLDER}.\n`);
}

if (CHROMIUM === null) {
  process.stderr.write(
    'There is no Chromium; install it with the packages of the system (apt-get install chromium).\n',
  );
  process.exitCode = 1;
} else {
  await takeScreenshots(process.argv[2] ?? 'http://localhost:4000', CHROMIUM);
}
