import { readdir, readFile } from 'node:fs/promises';

const LICENSE_FILE = /^(?:licen[cs]e|notice|copying)/i;

/**
 * The licences of the packages that files of a bundle come from, as one text: whoever gets a copy of a package must get its terms.
 * @param inputs paths of source files, relative to `root`.
 */
export async function licensesOf(inputs, root) {
  const packages = new Set(inputs.map((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]).filter(Boolean));
  const parts = await Promise.all([...packages].sort().map((path) => licenseOf(new URL(`${path}/`, root))));
  return Buffer.from(parts.join(`\n${'-'.repeat(100)}\n\n`));
}

async function licenseOf(folder) {
  const { name, version, license, author } = JSON.parse(await readFile(new URL('package.json', folder), 'utf8'));
  const files = (await readdir(folder)).filter((file) => LICENSE_FILE.test(file)).sort();
  const terms = await Promise.all(files.map((file) => readFile(new URL(file, folder), 'utf8')));
  // Some publish no more than the name of the licence, and of the author.
  if (terms.length === 0) terms.push(`Licence: ${license}. Author: ${author?.name ?? author ?? 'not named'}.\n`);
  return `${name} ${version}, ${license}\n\n${terms.join('\n')}`;
}
