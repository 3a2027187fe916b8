import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type EntityFilter,
  type EntityOrder,
  type EntitySelection,
  MATCH_ALL,
} from '../../src/domain/filter/filter.ts';
import type { PagePosition } from '../../src/domain/filter/page-position.ts';
import { signText } from '../../src/lib/signed-text.ts';
import * as entityCursor from '../../src/paging/entity-cursor.ts';
import { signCursor } from '../../src/paging/signed-cursor.ts';
import { attribute } from '../support/domain.ts';
import { OTHER_KEY, SIGNING_KEY } from '../support/signing-key.ts';

const score = attribute({ id: 1 });
const name = attribute({ id: 2, key: 'name', type: 'TEXT' });
const byScoreAndName: readonly EntityOrder[] = [
  { kind: 'attribute', attribute: score, direction: 'DESC' },
  { kind: 'attribute', attribute: name, direction: 'ASC' },
];
const question: EntitySelection = { tenantId: 1, type: 'user', filter: MATCH_ALL };
const { queryFingerprint } = entityCursor;
const encodeCursor = (mark: string, position: PagePosition) => entityCursor.encodeCursor(mark, position, SIGNING_KEY);
const decodeCursor = (cursor: string, selection: EntitySelection, order: readonly EntityOrder[]) =>
  entityCursor.decodeCursor(cursor, selection, order, SIGNING_KEY);
const fingerprint = queryFingerprint(question, byScoreAndName);

const codePoint = fc.oneof(fc.integer({ min: 1, max: 0xd7ff }), fc.integer({ min: 0xe000, max: 0x10ffff }));

describe('a cursor', () => {
  it('holds its position exactly', () => {
    const number = fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0));
    const text = fc.option(fc.array(codePoint).map((points) => String.fromCodePoint(...points)));
    fc.assert(
      fc.property(number, text, fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }), (a, b, id) => {
        const position = { values: [a, b], id: String(id) };
        expect(decodeCursor(encodeCursor(fingerprint, position), question, byScoreAndName)).toEqual(position);
      }),
    );
  });

  it('is refused by any other query', () => {
    const positive: EntityFilter = { kind: 'attribute', attribute: score, predicate: { operator: 'gt', operand: 0 } };
    const others: [EntitySelection, readonly EntityOrder[]][] = [
      [{ ...question, tenantId: 2 }, byScoreAndName],
      [{ ...question, type: null }, byScoreAndName],
      [{ ...question, filter: positive }, byScoreAndName],
      [{ ...question, filter: { kind: 'not', filter: positive } }, byScoreAndName],
      [question, [...byScoreAndName].reverse()],
    ];
    const cursor = encodeCursor(fingerprint, { values: [1, 'a'], id: '1' });
    for (const [selection, order] of others) {
      expect(() => decodeCursor(cursor, selection, order)).toThrow('The cursor belongs to another query');
    }
  });

  it('is refused if it was changed', () => {
    const crafted = [
      '',
      'x',
      '%%%',
      Buffer.from('{}').toString('base64url'),
      // A cursor of a version that did not sign them.
      Buffer.from(JSON.stringify([fingerprint, '1', 1, 'a'])).toString('base64url'),
      entityCursor.encodeCursor(fingerprint, { values: [1, 'a'], id: '1' }, OTHER_KEY),
      signCursor([fingerprint, '1', 1, 'a'], 'attributeDefinitions', SIGNING_KEY),
      encodeCursor(fingerprint, { values: [1], id: '1' }),
      encodeCursor(fingerprint, { values: ['1', 'a'], id: '1' }),
      encodeCursor(fingerprint, { values: [1, 'a'], id: '-1' }),
      encodeCursor(fingerprint, { values: [1, 'a', 2], id: '1' }),
    ];
    for (const cursor of crafted) {
      expect(() => decodeCursor(cursor, question, byScoreAndName)).toThrow('The cursor is malformed');
    }
  });

  it('is refused with any byte changed', () => {
    const cursor = encodeCursor(fingerprint, { values: [1, 'a'], id: '1' });
    fc.assert(
      fc.property(fc.nat(cursor.length - 1), fc.constantFrom('A', 'z', '_', ''), (at, instead) => {
        const changed = cursor.slice(0, at) + instead + cursor.slice(at + 1);
        fc.pre(changed !== cursor);
        expect(() => decodeCursor(changed, question, byScoreAndName)).toThrow('The cursor is malformed');
      }),
    );
  });

  const seen = attribute({ id: 3, key: 'seen', type: 'TIMESTAMP' });
  it.each<[EntityOrder, unknown]>([
    [{ kind: 'field', field: 'id', direction: 'ASC' }, 'abc'],
    [{ kind: 'field', field: 'id', direction: 'ASC' }, '99999999999999999999'],
    [{ kind: 'field', field: 'id', direction: 'ASC' }, null],
    [{ kind: 'field', field: 'createdAt', direction: 'ASC' }, 1e18],
    [{ kind: 'field', field: 'createdAt', direction: 'ASC' }, 1.5],
    [{ kind: 'attribute', attribute: seen, direction: 'ASC' }, 1.5],
    [{ kind: 'field', field: 'updatedAt', direction: 'ASC' }, null],
    [{ kind: 'attribute', attribute: seen, direction: 'ASC' }, -1e18],
    [{ kind: 'attribute', attribute: name, direction: 'ASC' }, 'a\0'],
    [{ kind: 'attribute', attribute: name, direction: 'ASC' }, '\ud800'],
  ])('is refused if no entity can have its value (%#)', (criterion, value) => {
    const mark = queryFingerprint(question, [criterion]);
    const cursor = signCursor([mark, '1', value], 'entities', SIGNING_KEY);
    expect(() => decodeCursor(cursor, question, [criterion])).toThrow('The cursor is malformed');
  });

  it('is refused if its number is infinite', () => {
    const mark = queryFingerprint(question, [{ kind: 'attribute', attribute: score, direction: 'ASC' }]);
    const cursor = signText(Buffer.from(`["${mark}","1",1e999]`), 'cursor of entities', SIGNING_KEY);
    const order: EntityOrder[] = [{ kind: 'attribute', attribute: score, direction: 'ASC' }];
    expect(() => decodeCursor(cursor, question, order)).toThrow('The cursor is malformed');
  });

  it('holds ids past what a JSON number holds', () => {
    const byId: readonly EntityOrder[] = [{ kind: 'field', field: 'id', direction: 'DESC' }];
    const mark = queryFingerprint(question, byId);
    const position = { values: ['9223372036854775807'], id: '9223372036854775807' };
    expect(decodeCursor(encodeCursor(mark, position), question, byId)).toEqual(position);
  });
});
