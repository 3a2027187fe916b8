import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const inDocs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md'))
  .map((name) => join('docs', name));
const documents = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...inDocs];

const matches = (document: string, pattern: RegExp): string[] =>
  [...readFileSync(join(root, document), 'utf8').matchAll(pattern)].map((match) => match[1] ?? '');

/** Anchor of a heading: lower case, words joined by hyphens. */
const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

describe.each(documents)('%s', (document) => {
  it('has no broken links', () => {
    const broken = matches(document, /\]\(([^)\s]+)\)/g).filter((link) => {
      if (/^https?:/.test(link)) return false;
      const [path = '', fragment] = link.split('#');
      const target = path === '' ? document : join(dirname(document), path);
      if (!existsSync(join(root, target))) return true;
      return (
        fragment !== undefined &&
        !matches(target, /^#+ (.+)$/gm)
          .map(anchor)
          .includes(fragment)
      );
    });
    expect(broken).toEqual([]);
  });

  it('names tests that exist', () => {
    const named = matches(document, /`((?:[\w-]+\/)+[\w.-]+\.test\.ts)/g);
    expect(named.filter((name) => !existsSync(join(root, 'test', name)) && !existsSync(join(root, name)))).toEqual([]);
  });
});
