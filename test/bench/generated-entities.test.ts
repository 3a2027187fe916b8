import { describe, expect, it } from 'vitest';
import { chunksOf } from '../../bench/support/generated-chunks.ts';
import {
  generatedEntity,
  ndjson,
  sizesOfTenants,
  tailSize,
  VALUES_PER_ENTITY,
} from '../../bench/support/generated-entities.ts';

const population = { entities: 100_000, tenants: 50, attributeTypes: 10_000 };
const tail = tailSize(population);

describe('generated entities', () => {
  it('are as many as asked for, of tenants of very different sizes', () => {
    const sizes = [...sizesOfTenants(population).values()];
    expect(sizes).toHaveLength(50);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(100_000);
    expect(sizes[0]).toBeGreaterThan(25_000);
    expect(sizes.at(-1)).toBeLessThan(500);
  });

  it('are the same whenever and in whatever order they are generated', () => {
    const entity = generatedEntity(3, 77, tail);
    generatedEntity(3, 76, tail);
    expect(generatedEntity(3, 77, tail)).toEqual(entity);
    expect(generatedEntity(4, 77, tail)).not.toEqual(entity);
  });

  it('have 12 values beside their id, of all types, and use the whole tail between them', () => {
    const entities = Array.from({ length: 3_000 }, (_, n) => generatedEntity(1, n + 1, tail));
    expect(new Set(entities.map((entity) => Object.keys(entity).length))).toEqual(new Set([VALUES_PER_ENTITY + 1]));
    expect(new Set(entities.flatMap((entity) => Object.keys(entity)))).toHaveProperty('size', tail + 11);
    expect(new Set(Object.values(entities[0] ?? {}).map((value) => typeof value))).toEqual(
      new Set(['number', 'string', 'boolean', 'object']),
    );
  });

  it('come as lines of NDJSON', () => {
    const lines = [...ndjson(2, 999, 2_500, tail)].join('').split('\n');
    expect(lines.pop()).toBe('');
    expect(lines).toHaveLength(1_502);
    expect(JSON.parse(lines.at(-1) ?? '')).toEqual(generatedEntity(2, 2_500, tail));
  });
});

describe('chunksOf', () => {
  it('covers the ids of every tenant without gaps, beginning with a small chunk', () => {
    const chunks = chunksOf(population, 10_000);
    for (const [tenant, size] of sizesOfTenants(population)) {
      const own = chunks.filter((chunk) => chunk.tenant === tenant);
      expect(own[0]).toMatchObject({ from: 1, to: Math.min(1_000, size) });
      expect(own.at(-1)?.to).toBe(size);
      expect(own.slice(1).map(({ from }) => from)).toEqual(own.slice(0, -1).map(({ to }) => to + 1));
      expect(Math.max(...own.map(({ from, to }) => to - from + 1))).toBeLessThanOrEqual(10_000);
    }
  });
});
