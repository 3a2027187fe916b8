import { type AtlasFetch, atlasFetch, type RequestedFreshness, type ServedFreshness } from '@atlas/client/fetch';
import type { EntityWhere, FacetsQuery, UserFieldsFragment } from './generated/graphql.ts';
import { Facets, SaveUser, UserById, Users } from './operations.ts';

export type User = UserFieldsFragment;
export type Facet = FacetsQuery['analytics']['facets']['facets'][number];

/** What the page shows. Empty lists select everything. */
export interface Selection {
  readonly status: readonly string[];
  readonly country: readonly string[];
  readonly minScore: number;
}

export interface Change {
  readonly status: string;
  readonly score: number;
}

export type SaveResult =
  | { readonly kind: 'saved'; readonly user: User }
  /** Somebody else has changed the user since it was read. */
  | { readonly kind: 'conflict'; readonly theirs: User };

/** The reads and writes of the page. Each throws an Error with the server's messages. */
export interface UserClient {
  list(
    selection: Selection,
    first: number,
    freshness: RequestedFreshness,
  ): Promise<{ readonly users: readonly User[]; readonly total: number; readonly served: ServedFreshness | null }>;
  facets(selection: Selection): Promise<{ readonly facets: readonly Facet[]; readonly served: ServedFreshness | null }>;
  /** The user as it is now. Null if there is none. */
  read(id: string): Promise<User | null>;
  /** Saves only if `read` is still the stored version. */
  save(read: User, change: Change): Promise<SaveResult>;
}

/** A typed filter: a member that does not exist, or a value of another type, does not compile. */
function where({ status, country, minScore }: Selection): EntityWhere {
  return {
    ...(status.length > 0 && { status: { in: [...status] } }),
    ...(country.length > 0 && { country: { in: [...country] } }),
    ...(minScore > 0 && { score: { gte: minScore } }),
  };
}

export function userClient(options: Parameters<typeof atlasFetch>[0]): UserClient {
  const request = atlasFetch(options);

  async function read(id: string): Promise<User | null> {
    const { data } = await answered(request(UserById, { id }, { freshness: { class: 'REALTIME' } }));
    return data.entity ?? null;
  }

  return {
    async list(selection, first, freshness) {
      const { data, served } = await answered(request(Users, { where: where(selection), first }, { freshness }));
      const { edges, totalCount } = data.entities;
      return { users: edges.map(({ node }) => node), total: Number(totalCount), served };
    },
    async facets(selection) {
      const { data, served } = await answered(request(Facets, { where: where(selection) }));
      return { facets: data.analytics.facets.facets, served };
    },
    read,
    async save({ id, version }, { status, score }) {
      const attributes = [
        { key: 'status', text: status },
        { key: 'score', number: score },
      ];
      const answer = await request(SaveUser, { input: { id, type: 'user', attributes, expectedVersion: version } });
      if (answer.errors.some(({ extensions }) => extensions?.code === 'VERSION_CONFLICT')) {
        const theirs = await read(id);
        if (theirs !== null) return { kind: 'conflict', theirs };
      }
      const { data } = await answered(Promise.resolve(answer));
      return { kind: 'saved', user: data.upsertEntity.entity };
    },
  };
}

type Result<Data> = Awaited<ReturnType<AtlasFetch>> & { readonly data: Data | null };

async function answered<Data>(sent: Promise<Result<Data>>): Promise<Result<Data> & { readonly data: Data }> {
  const { data, errors, ...others } = await sent;
  if (errors.length > 0 || data === null) throw new Error(errors.map(({ message }) => message).join('\n'));
  return { data, errors, ...others };
}
