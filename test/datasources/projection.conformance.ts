import { expect, it } from 'vitest';
import { entitiesById } from '../../src/datasources/questions/entities-by-id.ts';
import { entityPage } from '../../src/datasources/questions/entity-page.ts';
import type { Question } from '../../src/datasources/questions/question.ts';
import { search } from '../../src/datasources/questions/search.ts';
import { attributeOf, type EntityRecord, hasRead, stamped } from '../../src/domain/entity.ts';
import { EntityProjection } from '../../src/domain/entity-projection.ts';
import { MATCH_ALL } from '../../src/domain/filter/filter.ts';
import { ProjectedAttributes } from '../../src/domain/projected-attributes.ts';
import { searchWords } from '../../src/domain/search/search-words.ts';
import type { ReaderUnderTest } from './entity-reader.conformance.ts';
import { CATALOG, SAMPLE_KEYS } from './support/sample-catalog.ts';
import type { SampleEntity } from './support/sample-entity.ts';

/** What reads return of the attributes. @param entities what the engine is filled with. */
export function projectionConformance(tested: () => ReaderUnderTest, entities: readonly SampleEntity[]): void {
  const { signal } = new AbortController();
  async function answerTo<Part, Answer>(question: Question<Part, Answer>): Promise<Answer> {
    return question.merge([(await tested().reader.ask(question, signal)).data]);
  }
  const stored = new Map(entities.filter(({ tenantId }) => tenantId === 1).map(({ record }) => [record.id, record]));

  it.each([
    ['no attribute', []],
    ['one attribute of each type', ['text', 'hotNumber', 'boolean', 'timestamp', 'json', 'reference']],
    ['every attribute', SAMPLE_KEYS],
  ] as const)('returns at least what is asked for, whatever the values: %s', async (_case, keys) => {
    for (const parts of [{}, { hasStamp: true }, { hasTimes: true }]) {
      const projection = new EntityProjection(
        keys.map((key) => CATALOG[key]),
        parts,
      );
      const [one = '', ...others] = stored.keys();
      const byId = (ids: readonly string[]) => answerTo(entitiesById({ tenantId: 1, shard: 's0', ids, projection }));
      const page = await answerTo(
        entityPage({
          ...{ tenantId: 1, type: null, filter: MATCH_ALL, from: null, direction: 'FORWARD', limit: 1_000, projection },
          order: [{ kind: 'attribute', attribute: CATALOG.number, direction: 'DESC' }],
        }),
      );
      const found = await answerTo(
        search({
          ...{ tenantId: 1, type: null, filter: MATCH_ALL, from: null, limit: 1_000, projection },
          ...{ attributes: [CATALOG.text], words: searchWords('a', 1) },
        }),
      );
      expect(found.rows.length).toBeGreaterThan(0);
      for (const { entity } of found.rows) expectPart(entity, projection);
      for (const records of [
        page.rows.map(({ entity }) => entity),
        [...(await byId([one])), ...(await byId(others))],
      ]) {
        expect(records.map(({ id }) => id).sort()).toEqual([...stored.keys()].sort());
        for (const record of records) expectPart(record, projection);
      }
    }
  });

  function expectPart(record: EntityRecord, projection: EntityProjection): void {
    expect(hasRead(record, projection)).toBe(true);
    const isProjected = record.attributes instanceof ProjectedAttributes;
    const whole = stored.get(record.id);
    const { id, type, attributes = {}, attributeUpdatedAt, ...stamp } = whole ?? {};
    expect(record).toMatchObject({ id, type });
    if (projection.hasStamp) expect(stamped(record)).toMatchObject(stamp);
    else if (isProjected) expect(() => stamped(record)).toThrow('without its version');
    if (projection.hasTimes) expect(record.attributeUpdatedAt).toEqual(attributeUpdatedAt);
    const wanted = new Set(projection.attributes.map(({ id }) => id));
    for (const { id } of Object.values(CATALOG)) {
      const isHere = !isProjected || wanted.has(id);
      expect(attributeOf(record, id)).toEqual(isHere ? attributes[id] : undefined);
    }
  }
}
