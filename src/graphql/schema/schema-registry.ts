import type { ApolloServer } from '@apollo/server';
import type { DocumentNode } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { TenantCatalog } from '../../domain/catalog/attribute.ts';
import { eventLoopTurns } from '../../lib/event-loop-turns.ts';
import type { RequestContext } from '../../resolvers/request-context.ts';
import { type BaseSchema, buildBaseSchema, buildSchema } from './build-schema.ts';
import { type ApolloServerParts, createApolloServer } from './create-apollo-server.ts';
import { DrainingServer } from './draining-server.ts';
import { type ExposedAttribute, exposedAttributes, exposedFingerprint } from './exposed-attributes.ts';

/** Schemas in memory. One that is evicted is built again when needed, in some tens of milliseconds. */
const MAX_SCHEMAS = 64;
/** Of tenants' catalogs, by what their callers may read. */
const MAX_VIEWS = 10_000;

interface Exposed {
  readonly revision: string;
  readonly attributes: readonly ExposedAttribute[];
  readonly fingerprint: string;
}

/**
 * The schema of each set of exposed attributes, and its server. Tenants with the same typed fields share one; introspection
 * never shows another tenant's fields, nor those that the caller may not read. A request is routed by the catalog at its arrival: exposing an attribute needs no
 * restart, and requests that run on the previous schema finish on it.
 */
export class SchemaRegistry {
  readonly #base: BaseSchema;
  readonly #parts: ApolloServerParts;
  readonly #servers: LRUCache<string, DrainingServer>;
  readonly #exposed = new LRUCache<string, Exposed>({ max: MAX_VIEWS });

  constructor(sdl: DocumentNode, parts: ApolloServerParts) {
    this.#base = buildBaseSchema(sdl);
    this.#parts = parts;
    this.#servers = new LRUCache({
      max: MAX_SCHEMAS,
      dispose: (server) => {
        server.retire().catch((error: unknown) => parts.logger.error({ err: error }, 'a schema did not stop'));
      },
    });
  }

  /** Builds the catalog's schema, which takes the longer the less code has been compiled, so that no request waits for it. */
  prepare(catalog: TenantCatalog): void {
    this.#serverFor(this.#exposedOf(catalog));
  }

  /** Runs `work` on the server with the catalog's schema. */
  async run<T>(catalog: TenantCatalog, work: (server: ApolloServer<RequestContext>) => Promise<T>): Promise<T> {
    return this.#serverFor(this.#exposedOf(catalog)).use(work);
  }

  /** Retires every server. */
  stop(): void {
    this.#servers.clear();
  }

  #serverFor({ fingerprint, attributes }: Exposed): DrainingServer {
    const known = this.#servers.get(fingerprint);
    if (known !== undefined) return known;
    const server = new DrainingServer(this.#build(attributes));
    this.#servers.set(fingerprint, server);
    return server;
  }

  /** In two turns of the event loop: each takes some tens of milliseconds if there are thousands of typed fields. */
  async #build(attributes: readonly ExposedAttribute[]): Promise<ApolloServer<RequestContext>> {
    const schema = buildSchema(this.#base, attributes);
    await eventLoopTurns.next();
    return createApolloServer(schema, this.#parts);
  }

  /** Cached per view and revision: with thousands of definitions, computing it is too expensive for every request. */
  #exposedOf(catalog: TenantCatalog): Exposed {
    const view = `${catalog.tenantId} ${catalog.restriction?.id ?? ''}`;
    const known = this.#exposed.get(view);
    if (known?.revision === catalog.revision) return known;
    const attributes = exposedAttributes(catalog);
    const exposed = { revision: catalog.revision, attributes, fingerprint: exposedFingerprint(attributes) };
    this.#exposed.set(view, exposed);
    return exposed;
  }
}
