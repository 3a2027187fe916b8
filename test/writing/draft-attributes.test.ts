import { describe, expect, it } from 'vitest';
import type { AttributeDefinition } from '../../src/domain/catalog/attribute.ts';
import { CallerAttributes } from '../../src/domain/catalog/caller-attributes.ts';
import { undefinable } from '../../src/domain/catalog/plan-definitions.ts';
import { AtlasError } from '../../src/domain/errors.ts';
import { type AttributeInput, attributeValue } from '../../src/domain/values/attribute-value.ts';
import type { EntityInput } from '../../src/writing/check-row.ts';
import { DraftAttributes } from '../../src/writing/draft-attributes.ts';
import { authorOf } from '../support/author.ts';
import { attribute } from '../support/domain.ts';
import { tenantCatalog } from '../support/tenant-catalog.ts';

const limits = { maxAttributesPerEntity: 10, maxValueBytes: 100, maxListElements: 1_000 };
const nobody = new Map<string, AtlasError>();
const name = attribute({ id: 7, key: 'name', type: 'TEXT' });

const row = (...attributes: AttributeInput[]): EntityInput => ({ type: 'user', attributes });
const draftsOver = (...definitions: AttributeDefinition[]) => new DraftAttributes(tenantCatalog(definitions), limits);

/** A value that counts how often it is read. */
function countedJson(): { readonly json: { readonly a: number }; reads(): number } {
  let reads = 0;
  const json = {
    get a() {
      reads += 1;
      return 1;
    },
  };
  return { json, reads: () => reads };
}

describe('a row that sets undefined attributes', () => {
  it('has each value checked once, and gets the definitions in place of the drafts', () => {
    const once = countedJson();
    attributeValue(attribute({ type: 'JSON' }), { key: 'doc', json: once.json }, limits);
    const counted = countedJson();
    const drafts = draftsOver(name);
    const checked = drafts.check(row({ key: 'doc', json: counted.json }, { key: 'name', text: 'Ada' }));
    const doc = attribute({ id: 8, key: 'doc', type: 'JSON' });
    const write = drafts.settle(checked, tenantCatalog([name, doc]), nobody);
    expect(write).toMatchObject({ set: [{ attribute: doc }, { attribute: name, value: 'Ada' }] });
    expect(once.reads()).toBeGreaterThan(0);
    expect(counted.reads()).toBe(once.reads());
  });

  it.each<[string, Partial<AttributeDefinition>, string]>([
    ['another type', { type: 'NUMBER' }, 'ATTRIBUTE_TYPE_MISMATCH'],
    ['rules', { rules: { enum: ['blue'] } }, 'ATTRIBUTE_INVALID'],
    ['nothing, but is retired', { retiredAt: new Date(0) }, 'ATTRIBUTE_UNKNOWN'],
  ])('is checked again if the definition has %s', (_case, differs, code) => {
    const drafts = draftsOver();
    const checked = drafts.check(row({ key: 'color', text: 'red' }));
    expect(checked.write).toMatchObject({ set: [{ value: 'red' }] });
    const color = attribute({ key: 'color', type: 'TEXT', ...differs });
    expect(drafts.settle(checked, tenantCatalog([color]), nobody)).toMatchObject({ code });
  });

  it('is right after all if its value fits the definition and not the draft of an earlier row', () => {
    const drafts = draftsOver();
    const [text, number] = [row({ key: 'size', text: 'XL' }), row({ key: 'size', number: 7 })].map((input) =>
      drafts.check(input),
    );
    expect(number?.write).toMatchObject({ code: 'ATTRIBUTE_TYPE_MISMATCH' });
    const catalog = tenantCatalog([attribute({ key: 'size' })]);
    expect(text && drafts.settle(text, catalog, nobody)).toMatchObject({ code: 'ATTRIBUTE_TYPE_MISMATCH' });
    expect(number && drafts.settle(number, catalog, nobody)).toMatchObject({ set: [{ value: 7 }] });
  });

  it('may remove what an earlier row sets', () => {
    const drafts = draftsOver();
    drafts.check(row({ key: 'color', text: 'red' }));
    const checked = drafts.check({ type: 'user', attributes: [], removeAttributes: ['color'] });
    const color = attribute({ key: 'color', type: 'TEXT' });
    expect(drafts.settle(checked, tenantCatalog([color]), nobody)).toMatchObject({ remove: [color] });
  });

  it('fails with the reason why a key of it could not be defined', () => {
    const drafts = draftsOver(name);
    const [refused, other] = [row({ key: 'color', text: 'red' }), row({ key: 'name', text: 'Ada' })].map((input) =>
      drafts.check(input),
    );
    const reason = new AtlasError('SHARD_UNAVAILABLE', 'The home shard is down.');
    const reasons = new Map([['color', reason]]);
    expect(refused && drafts.settle(refused, tenantCatalog([name]), reasons)).toBe(reason);
    expect(other && drafts.settle(other, tenantCatalog([name]), reasons)).toMatchObject({ set: [{ value: 'Ada' }] });
  });
});

describe('a row that is refused', () => {
  it.each<[string, AttributeInput[], string]>([
    ['a key that is invalid', [{ key: 'Not A Key', text: 'a' }], 'ATTRIBUTE_INVALID'],
    ['two values', [{ key: 'color', text: 'a', number: 1 }], 'ATTRIBUTE_INVALID'],
    ['no value', [{ key: 'color' }], 'ATTRIBUTE_UNKNOWN'],
    ['a value that is too large', [{ key: 'color', text: 'a'.repeat(100) }], 'ATTRIBUTE_INVALID'],
    [
      'a wrong value beside',
      [
        { key: 'color', text: 'a' },
        { key: 'name', number: 1 },
      ],
      'ATTRIBUTE_TYPE_MISMATCH',
    ],
  ])('drafts nothing: %s', (_case, attributes, code) => {
    const drafts = draftsOver(name);
    expect(drafts.check(row(...attributes)).write).toMatchObject({ code });
    expect(drafts.isEmpty).toBe(true);
    // The type is that of the first valid row.
    drafts.check(row({ key: 'color', number: 1 }));
    expect(drafts.check(row({ key: 'color', number: 2 })).write).not.toHaveProperty('code');
  });
});

describe('an attribute that another process defines in the meantime', () => {
  const { signal } = new AbortController();
  const color = attribute({ id: 8, key: 'color', type: 'TEXT' });

  /** Rows that set `color` and `size`, and the definitions that `color` collides with. */
  async function settled(definition: AttributeDefinition) {
    const drafts = draftsOver();
    const rows = [row({ key: 'color', text: 'red' }), row({ key: 'size', text: 'XL' })].map((one) => drafts.check(one));
    const size = attribute({ id: 9, key: 'size', type: 'TEXT' });
    const known = [definition];
    const attributes = new CallerAttributes(
      {
        forTenant: () => tenantCatalog(known),
        define: async (_tenant, wanted) => {
          if (wanted.some(({ key }) => key === 'color')) throw undefinable('color');
          known.push(size);
          return [size];
        },
        change: async () => color,
        describeType: async () => {},
        usage: () => {
          throw new Error('A write asks for no limits');
        },
        refresh: async () => {},
        atLeast: async () => {},
        onChange: () => () => {},
      },
      new Set(['write', 'define']),
    );
    const refused = await drafts.define(attributes, authorOf(1), signal);
    return rows.map((one) => drafts.settle(one, attributes.forTenant(1), refused));
  }

  it('is unknown if the caller may not read it, and the others are defined', async () => {
    const [first, second] = await settled({ ...color, access: { read: ['hr'] } });
    expect(first).toMatchObject({ code: 'ATTRIBUTE_UNKNOWN' });
    expect(second).toMatchObject({ set: [{ attribute: { id: 9 } }] });
  });

  it('is refused if the caller may not write it', async () => {
    const [first] = await settled({ ...color, access: { write: ['hr'] } });
    expect(first).toMatchObject({ code: 'FORBIDDEN' });
  });
});
