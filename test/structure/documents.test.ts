import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const inDocs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md'))
  .map((name) => join('docs', name));
const documents = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'packages/client/README.md', ...inDocs];

const matches = (document: string, pattern: RegExp): string[] =>
  [...readFileSync(join(root, document), 'utf8').matchAll(pattern)].map((match) => match[1] ?? '');

const files = ['src', 'test', 'schema', 'migrations', 'docs', 'packages'].flatMap((top) => [
  top,
  ...readdirSync(join(root, top), { recursive: true, encoding: 'utf8' }).map((name) => join(top, name)),
]);

const escaped = (text: string): string => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');

/** `*` stands for any part of a name. Of a path with a `<placeholder>`, the folders before it count. */
function exists(path: string): boolean {
  const known = path.replace(/[^/]*<.*$/, '').replace(/\/$/, '');
  const pattern = new RegExp(`^${known.split('*').map(escaped).join('[^/]*')}$`);
  return files.some((file) => pattern.test(file));
}

/** Whether the file declares the name; of `Class.member`, the class and then a member of that name. */
function declares(file: string, name: string): boolean {
  const code = readFileSync(join(root, file), 'utf8');
  const [declared = '', member] = name.split('.');
  const kinds = 'function|class|interface|type|const';
  const at = code.search(new RegExp(`^(?:export )?(?:async )?(?:${kinds}) ${declared}\\b`, 'm'));
  return at >= 0 && (member === undefined || new RegExp(`^  (?:async )?${member}[(<]`, 'm').test(code.slice(at)));
}

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

/** The changelog and the decision records speak of their own time. */
const current = documents.filter((document) => document !== 'CHANGELOG.md' && !document.startsWith('docs/adr/'));

describe.each(current)('%s', (document) => {
  it('names paths that exist', () => {
    const paths = matches(document, /`((?:src|test|schema|migrations|docs|packages)\/[^`\s]*)`/g);
    expect(paths.filter((path) => !exists(path))).toEqual([]);
  });

  it('names, after the path of a file, what that file declares', () => {
    const text = readFileSync(join(root, document), 'utf8');
    const named = [...text.matchAll(/`((?:src|test)\/[\w./-]+\.ts)`\s+`([A-Za-z]\w*(?:\.\w+)?)`/g)];
    const missing = named.filter(([, file = '', name = '']) => !exists(file) || !declares(file, name));
    expect(missing.map(([, file, name]) => `${file} ${name}`)).toEqual([]);
  });
});

it('docs/architecture.md lists every layer', () => {
  const layers = readdirSync(join(root, 'src')).map((name) => `src/${name}/`);
  const listed = matches('docs/architecture.md', /(?<=^\|.*)`(src\/\w+\/)`(?=.*\|.*\|$)/gm);
  expect(layers.filter((layer) => !listed.includes(layer))).toEqual([]);
});
