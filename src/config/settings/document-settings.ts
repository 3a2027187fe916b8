import { z } from 'zod';
import { flag, setting } from './setting.ts';

/** Which documents clients may send, and what they may find out about the schema. */
export const DOCUMENT_SETTINGS = {
  ATLAS_TRUSTED_DOCUMENTS: setting(
    z.string().min(1).optional(),
    undefined,
    'Path of a manifest of documents that clients send by id: a persisted query manifest of Apollo, or JSON {"<id>": "<document>"}.',
  ),
  ATLAS_TRUSTED_DOCUMENTS_MODE: setting(
    z.enum(['off', 'log', 'only']),
    'off',
    'What happens to requests that send no id of the manifest: run, run and log, or refuse them.',
  ),
  ATLAS_PERSISTED_QUERIES_MAX_CHARACTERS: setting(
    z.coerce.number().int().min(0),
    '4000000',
    'Total length of the documents that clients register by their SHA-256 (automatic persisted queries). The least recently used are forgotten. 0: clients register none.',
  ),
  ATLAS_INTROSPECTION: setting(
    flag,
    'true',
    'Whether clients may read the schema, by introspection or as SDL, and whether errors suggest names of it.',
  ),
} as const;
