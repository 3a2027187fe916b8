import type { DocumentNode } from 'graphql';
import { LRUCache } from 'lru-cache';

/** Documents in memory, parsed and validated. Beyond this number, the least recently used are dropped and parsed again. */
const MAX_DOCUMENTS = 2_000;
/** Total length of their texts. A parsed document takes about twenty bytes of memory per character. */
const MAX_CHARACTERS = 4_000_000;

export interface DocumentStore {
  get(key: string): Promise<DocumentNode | undefined>;
  set(key: string, document: DocumentNode): Promise<void>;
  delete(key: string): Promise<boolean>;
}

/** One store for all schemas, so that memory does not grow with their number. Apollo prefixes the keys of each schema. */
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
