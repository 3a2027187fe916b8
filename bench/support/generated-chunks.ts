import { type Population, sizesOfTenants } from './generated-entities.ts';

/** Entities of a tenant that are imported as one file. */
export interface Chunk {
  readonly tenant: number;
  /** The first id. */
  readonly from: number;
  /** The last one. */
  readonly to: number;
}

/** The first chunk of a tenant is small, so that its attributes move to their columns while there is little to move. */
const FIRST = 1_000;

/** All entities, tenant by tenant. @param size of a chunk, at most. */
export function chunksOf(population: Population, size: number): readonly Chunk[] {
  return [...sizesOfTenants(population)].flatMap(([tenant, entities]) => {
    const chunks: Chunk[] = [];
    for (let from = 1; from <= entities; from = (chunks.at(-1)?.to ?? 0) + 1) {
      const to = from + (from === 1 ? Math.min(FIRST, size) : size) - 1;
      chunks.push({ tenant, from, to: Math.min(to, entities) });
    }
    return chunks;
  });
}

export function chunkName({ tenant, from, to }: Chunk): string {
  return `tenant-${tenant}-from-${from}-to-${to}`;
}
