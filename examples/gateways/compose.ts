/**
 * Prints the supergraph of the subgraphs that a file names, for `serve.ts`:
 *
 *     npx tsx examples/gateways/compose.ts supergraph.yaml hive > supergraph.graphql
 *
 * `apollo` composes with Apollo's library, `hive` with that of Hive.
 */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { composeServices as composeWithApollo } from '@apollo/composition';
import { composeServices as composeWithHive } from '@theguild/federation-composition';
import { parse } from 'graphql';
import { parse as parseYaml } from 'yaml';

/** The part of the configuration of `rover supergraph compose` that is used here. */
interface Supergraph {
  readonly subgraphs: Readonly<
    Record<string, { readonly routing_url: string; readonly schema: { readonly file: string } }>
  >;
}

export type Composer = 'apollo' | 'hive';

/** @throws Error with what the composer found. */
export function composeSupergraph(configFile: string, composer: Composer): string {
  const { subgraphs } = parseYaml(readFileSync(configFile, 'utf8')) as Supergraph;
  const services = Object.entries(subgraphs).map(([name, { routing_url: url, schema }]) => ({
    name,
    url,
    typeDefs: parse(readFileSync(resolve(dirname(configFile), schema.file), 'utf8')),
  }));
  const { supergraphSdl, errors } = composer === 'apollo' ? composeWithApollo(services) : composeWithHive(services);
  if (supergraphSdl !== undefined) return supergraphSdl;
  throw new Error(`The subgraphs do not compose:\n${errors?.map((error) => error.message).join('\n')}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [configFile, composer] = process.argv.slice(2);
  if (configFile === undefined || (composer !== 'apollo' && composer !== 'hive')) {
    throw new Error('Usage: compose.ts <supergraph.yaml> apollo|hive');
  }
  process.stdout.write(`${composeSupergraph(configFile, composer)}\n`);
}
