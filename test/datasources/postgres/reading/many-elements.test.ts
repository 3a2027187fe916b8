import { describe, expect, it } from 'vitest';
import { count } from '../../../../src/datasources/questions/count.ts';
import { entityPage } from '../../../../src/datasources/questions/entity-page.ts';
import type { EntityFilter } from '../../../../src/domain/filter/filter.ts';
import { CATALOG } from '../../support/sample-catalog.ts';

const has = (...operands: string[]): EntityFilter => ({ kind: 'elements', attribute: CATALOG.textList, operands });
const of = (conditions: number) => ({
  ...{ tenantId: 1, type: null },
  filter: {
    kind: 'and',
    filters: [has('a'), ...Array.from({ length: conditions }, (_, n) => has('b', `c${n}`))],
  } as const,
});

/** The probes of a statement, and those of them that the planner cannot make joins of. */
function probes(text = ''): { all: number; fenced: number } {
  const found = text.split('EXISTS (SELECT FROM atlas.entity_element').slice(1);
  return { all: found.length, fenced: found.filter((probe) => probe.split('EXISTS')[0]?.includes('OFFSET 0)')).length };
}

describe('many conditions on elements', () => {
  it('are never joined: planning that takes all memory of the server', () => {
    const page = { order: [], from: null, direction: 'FORWARD', limit: 10 } as const;
    for (const statement of [count(of(90)).postgres?.select(), entityPage({ ...of(90), ...page }).postgres?.select()]) {
      const { all, fenced } = probes(statement?.text);
      expect(all).toBeGreaterThanOrEqual(90);
      expect(fenced).toBe(all);
    }
  });

  it('are left to the planner if they are few, where all entities may meet them', () => {
    expect(probes(count(of(3)).postgres?.select().text).fenced).toBe(0);
  });
});
