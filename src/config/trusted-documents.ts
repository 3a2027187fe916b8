import { readFileSync } from 'node:fs';
import { parse } from 'graphql';
import { z } from 'zod';
import { ConfigError } from './config.ts';
import type { Settings } from './settings.ts';

export interface TrustedDocuments {
  /** What happens to requests without an id of a document: they run, run and are logged, or are refused. */
  readonly mode: 'off' | 'log' | 'only';
  readonly byId: ReadonlyMap<string, string>;
  /** Total length of the documents that clients may register by their SHA-256; 0: they may register none. */
  readonly maxRegisteredCharacters: number;
}

const SETTING = 'ATLAS_TRUSTED_DOCUMENTS';

/** As `@apollo/generate-persisted-query-manifest` writes it. */
const apolloManifest = z.object({
  format: z.literal('apollo-persisted-query-manifest'),
  version: z.literal(1),
  operations: z.array(z.object({ id: z.string().min(1), body: z.string() })),
});

/** As the client preset of GraphQL Code Generator writes it. */
const plainManifest = z.record(z.string().min(1), z.string());

/** @throws ConfigError if the manifest cannot be read, or is not one */
export function trustedDocuments(
  settings: Pick<
    Settings,
    'ATLAS_TRUSTED_DOCUMENTS' | 'ATLAS_TRUSTED_DOCUMENTS_MODE' | 'ATLAS_PERSISTED_QUERIES_MAX_CHARACTERS'
  >,
): TrustedDocuments {
  const { ATLAS_TRUSTED_DOCUMENTS: path, ATLAS_TRUSTED_DOCUMENTS_MODE: mode } = settings;
  // Who runs trusted documents only lets nobody register others.
  const maxRegisteredCharacters = mode === 'only' ? 0 : settings.ATLAS_PERSISTED_QUERIES_MAX_CHARACTERS;
  if (path !== undefined) return { mode, byId: readManifest(path), maxRegisteredCharacters };
  if (mode === 'off') return { mode, byId: new Map(), maxRegisteredCharacters };
  throw new ConfigError([`${SETTING} is not set; ${SETTING}_MODE=${mode} needs it.`]);
}

function readManifest(path: string): ReadonlyMap<string, string> {
  const byId = new Map<string, string>();
  const faults: string[] = [];
  for (const { id, body } of operationsOf(jsonOf(path))) {
    if (byId.has(id)) faults.push(`${SETTING}: two documents have the id ${JSON.stringify(id)}; expected unique ids.`);
    byId.set(id, body);
    const problem = problemOf(body);
    if (problem !== null) faults.push(`${SETTING}: document ${JSON.stringify(id)} is not valid GraphQL: ${problem}`);
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return byId;
}

function jsonOf(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError([
      `${SETTING} is not the path of a readable file (${(error as NodeJS.ErrnoException).code}).`,
    ]);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new ConfigError([`${SETTING}: the file is not valid JSON.`]);
  }
}

function operationsOf(json: unknown): readonly { readonly id: string; readonly body: string }[] {
  if (typeof json === 'object' && json !== null && 'format' in json) {
    const parsed = apolloManifest.safeParse(json);
    if (parsed.success) return parsed.data.operations;
  } else {
    const parsed = plainManifest.safeParse(json);
    if (parsed.success) return Object.entries(parsed.data).map(([id, body]) => ({ id, body }));
  }
  throw new ConfigError([
    `${SETTING}: the file is no manifest; expected {"format": "apollo-persisted-query-manifest", "version": 1, "operations": [{"id": …, "body": …}]} or {"<id>": "<document>"}.`,
  ]);
}

function problemOf(document: string): string | null {
  try {
    parse(document, { noLocation: true });
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}
