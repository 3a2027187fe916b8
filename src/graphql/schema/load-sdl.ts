import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { concatAST, type DocumentNode, parse } from 'graphql';
import { packageFile } from '../../lib/package-file.ts';

const folder = fileURLToPath(packageFile('schema/'));

/** The fixed schema of all tenants: all files of `schema/` as one document. */
export function loadSdl(): DocumentNode {
  const files = readdirSync(folder).filter((name) => name.endsWith('.graphql'));
  return concatAST(files.sort().map((name) => parse(readFileSync(`${folder}${name}`, 'utf8'))));
}
