import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import type { Setting } from '../../src/config/settings/setting.ts';
import { SETTINGS } from '../../src/config/settings.ts';

const DOCUMENT = fileURLToPath(new URL('../../docs/configuration.md', import.meta.url));
const GENERATED = /(?<=<!-- settings: [^\n]*-->\n)[\s\S]*(?=<!-- \/settings -->)/;

function table(): string {
  const rows = Object.entries<Setting<unknown>>(SETTINGS).map(([name, { default: fallback, description, secret }]) => {
    const cells = [`\`${name}\``, fallback === undefined ? '' : `\`${fallback}\``, description];
    return `| ${cells.join(' | ')}${secret === true ? ' (secret)' : ''} |\n`;
  });
  return `\n| name | default | what |\n|---|---|---|\n${rows.join('')}\n`;
}

it('docs/configuration.md lists every setting with its current description', async () => {
  const document = readFileSync(DOCUMENT, 'utf8');
  await expect(document.replace(GENERATED, () => table())).toMatchFileSnapshot(DOCUMENT);
});
