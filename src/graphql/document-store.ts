import type { DocumentNode } from 'graphql';
import { LRUCache } from 'lru-cache';

/** Documents are parsed and validated once; more than this many different ones are parsed again. */
const MAX_DOCUMENTS = 2_000;
/** Of all their texts together: a parsed document takes some twenty bytes of memory per character. */
const MAX_CHARACTERS = 4_000_000;

export interface DocumentStore {
  get(key: string): Promise<DocumentNode | undefined>;
  set(key: string, document: DocumentNode): Promise<void>;
  delete(key: string): Promise<boolean>;
}

/** One store for all schemas, so that memory does not grow with their number: each schema's keys have its own prefix. */
export function createDocumentStore(): DocumentStore {
  const documents = new LRUCache<string, DocumentNode>({
    max: MAX_DOCUMENTS,
    maxSize: MAX_CHARACTERS,
    sizeCalculation: ({ loc }) => loc?.source.body.length ?? 1,
  });
  return {
    get: async (key) => documents.get(key),
    set: async (key, document) => {
      documents.set(key, document);
    },
    delete: async (key) => documents.delete(key),
  };
}
