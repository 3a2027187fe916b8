import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { TrustedDocuments } from '../../config/trusted-documents.ts';
import { AtlasError } from '../../domain/errors.ts';
import type { TenantId } from '../../domain/identifiers.ts';
import type { Logger } from '../../observability/logger.ts';
import type { GraphQLHttpRequest } from '../graphql-handler.ts';
import { RegisteredDocuments } from './registered-documents.ts';

export interface DocumentGateOptions {
  readonly documents: TrustedDocuments;
  readonly logger: Logger;
  /** Called for each request without a trusted document, unless the mode is `off`. */
  readonly onUntrusted?: (outcome: 'run' | 'refused') => void;
}

type Parameters = Readonly<Record<string, unknown>>;

/** Documents that were logged. Each is logged once, so that clients do not fill the log. */
const MAX_LOGGED = 10_000;
const SHA256 = /^[0-9a-f]{64}$/;

/** Puts the document in place of its id, and decides what happens to requests that send another one. */
export class DocumentGate {
  readonly #options: DocumentGateOptions;
  readonly #logged = new LRUCache<string, true>({ max: MAX_LOGGED });

  readonly #registered: RegisteredDocuments;

  constructor(options: DocumentGateOptions) {
    this.#options = options;
    this.#registered = new RegisteredDocuments(options.documents.maxRegisteredCharacters);
  }

  /**
   * The request to execute.
   * @throws AtlasError BAD_USER_INPUT (an unknown id; an id or hash with the text of another document), FORBIDDEN (no id, and trusted documents only)
   */
  admit(request: GraphQLHttpRequest, tenantId: TenantId): GraphQLHttpRequest {
    const { byId, mode } = this.#options.documents;
    if (byId.size === 0 && mode === 'off' && this.#registered.isOff) return request;
    const given = parametersOf(request);
    const text = typeof given.query === 'string' && given.query !== '' ? given.query : null;
    const id = documentId(given);
    const document = id === null ? undefined : (byId.get(id) ?? byId.get(id.replace(/^sha256:/, '')));
    if (document !== undefined) {
      if (text !== null && text !== document) {
        throw new AtlasError('BAD_USER_INPUT', 'The query is not the document of its id; send the id alone.');
      }
      return withDocument(request, given, document);
    }
    const hash = this.#registered.isOff ? null : persistedHash(given);
    const sha256 = hash !== null && SHA256.test(hash) ? hash : null;
    if (sha256 !== null && text === null) {
      const known = this.#registered.textOf(tenantId, sha256);
      this.#decideOn(known, given, tenantId);
      return withDocument(request, given, known);
    }
    if (id !== null && text === null && byId.size > 0) {
      throw new AtlasError(
        'BAD_USER_INPUT',
        `Unknown document ${JSON.stringify(id.slice(0, 100))}; expected an id of the manifest.`,
      );
    }
    if (sha256 !== null && text !== null) this.#registered.register(tenantId, sha256, text);
    this.#decideOn(text, given, tenantId);
    return sha256 === null || text === null ? request : withDocument(request, given, text);
  }

  #decideOn(text: string | null, { operationName }: Parameters, tenantId: TenantId): void {
    const { documents, logger, onUntrusted } = this.#options;
    if (documents.mode === 'off') return;
    if (documents.mode === 'only') {
      onUntrusted?.('refused');
      throw new AtlasError(
        'FORBIDDEN',
        'The server runs trusted documents only; send the id of one instead of a query.',
        { hint: 'Send the id of a document of the manifest as documentId or extensions.persistedQuery.sha256Hash.' },
      );
    }
    onUntrusted?.('run');
    const sha256 = createHash('sha256')
      .update(text ?? '')
      .digest('hex');
    if (this.#logged.has(sha256)) return;
    this.#logged.set(sha256, true);
    const operation = typeof operationName === 'string' ? operationName.slice(0, 100) : null;
    logger.warn({ sha256, operation, tenant: tenantId }, 'a document is not in the manifest');
  }
}

function parametersOf({ method, body, search }: GraphQLHttpRequest): Parameters {
  if (method !== 'GET') return isObject(body) ? body : {};
  const given: Record<string, unknown> = Object.fromEntries(new URLSearchParams(search));
  return typeof given.extensions === 'string' ? { ...given, extensions: parsed(given.extensions) } : given;
}

/** As `extensions.persistedQuery.sha256Hash` (Apollo), or as `documentId` (GraphQL over HTTP). */
function documentId(given: Parameters): string | null {
  const { documentId: id } = given;
  return typeof id === 'string' && id !== '' ? id : persistedHash(given);
}

function persistedHash({ extensions }: Parameters): string | null {
  const persisted = isObject(extensions) ? extensions.persistedQuery : null;
  const hash = isObject(persisted) ? persisted.sha256Hash : null;
  return typeof hash === 'string' && hash !== '' ? hash : null;
}

/** The request with the text in place of the id, which would be a query of its own to what executes it. */
function withDocument(request: GraphQLHttpRequest, given: Parameters, query: string): GraphQLHttpRequest {
  if (request.method !== 'GET') {
    const { documentId: _id, extensions, ...rest } = given;
    const others = isObject(extensions) ? { extensions: { ...extensions, persistedQuery: undefined } } : {};
    return { ...request, body: { ...rest, ...others, query } };
  }
  const search = new URLSearchParams(request.search);
  search.delete('documentId');
  search.delete('extensions');
  search.set('query', query);
  return { ...request, search: `?${search}` };
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Parameters {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
