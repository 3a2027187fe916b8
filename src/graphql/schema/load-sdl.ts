import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { concatAST, type DocumentNode, parse } from 'graphql';

const folder = fileURLToPath(new URL('../../../schema/', import.meta.url));

/** The fixed schema of all tenants: all files of `schema/` as one document. */
export function loadSdl(): DocumentNode {
  const files = readdirSync(folder).filter((name) => name.endsWith('.graphql'));
  return concatAST(files.sort().map((name) => parse(readFileSync(`${folder}${name}`, 'utf8'))));
}
