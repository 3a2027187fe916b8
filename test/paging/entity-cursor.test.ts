import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EntitySelection } from '../../src/datasources/entity-reader.ts';
import { type EntityFilter, type EntityOrder, MATCH_ALL } from '../../src/domain/filter/filter.ts';
import { decodeCursor, encodeCursor, questionFingerprint } from '../../src/paging/page-cursor.ts';
import { attribute } from '../support/domain.ts';

const score = attribute({ id: 1 });
const name = attribute({ id: 2, key: 'name', type: 'TEXT' });
const byScoreAndName: readonly EntityOrder[] = [
  { kind: 'attribute', attribute: score, direction: 'DESC' },
  { kind: 'attribute', attribute: name, direction: 'ASC' },
];
const question: EntitySelection = { tenantId: 1, type: 'user', filter: MATCH_ALL };
const fingerprint = questionFingerprint(question, byScoreAndName);

const codePoint = fc.oneof(fc.integer({ min: 1, max: 0xd7ff }), fc.integer({ min: 0xe000, max: 0x10ffff }));

describe('a cursor', () => {
  it('holds its position exactly', () => {
    const number = fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0));
    const text = fc.option(fc.array(codePoint).map((points) => String.fromCodePoint(...points)));
    fc.assert(
      fc.property(number, text, fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }), (a, b, id) => {
        const position = { values: [a, b], id: String(id) };
        expect(decodeCursor(encodeCursor(fingerprint, position), fingerprint, byScoreAndName)).toEqual(position);
      }),
    );
  });

  it('is refused by any other question', () => {
    const positive: EntityFilter = { kind: 'attribute', attribute: score, predicate: { operator: 'gt', operand: 0 } };
    const others = [
      questionFingerprint({ ...question, tenantId: 2 }, byScoreAndName),
      questionFingerprint({ ...question, type: null }, byScoreAndName),
      questionFingerprint({ ...question, filter: positive }, byScoreAndName),
      questionFingerprint({ ...question, filter: { kind: 'not', filter: positive } }, byScoreAndName),
      questionFingerprint(question, [...byScoreAndName].reverse()),
    ];
    const cursor = encodeCursor(fingerprint, { values: [1, 'a'], id: '1' });
    for (const other of others) {
      expect(() => decodeCursor(cursor, other, byScoreAndName)).toThrow('The cursor comes from another question');
    }
  });

  it('is refused where it is not what was handed out', () => {
    const crafted = [
      '',
      'x',
      '%%%',
      Buffer.from('{}').toString('base64url'),
      encodeCursor(fingerprint, { values: [1], id: '1' }),
      encodeCursor(fingerprint, { values: ['1', 'a'], id: '1' }),
      encodeCursor(fingerprint, { values: [1, 'a'], id: '-1' }),
      encodeCursor(fingerprint, { values: [1, 'a', 2], id: '1' }),
    ];
    for (const cursor of crafted) {
      expect(() => decodeCursor(cursor, fingerprint, byScoreAndName)).toThrow('The cursor is malformed');
    }
  });

  const seen = attribute({ id: 3, key: 'seen', type: 'TIMESTAMP' });
  it.each<[EntityOrder, unknown]>([
    [{ kind: 'field', field: 'id', direction: 'ASC' }, 'abc'],
    [{ kind: 'field', field: 'id', direction: 'ASC' }, '99999999999999999999'],
    [{ kind: 'field', field: 'id', direction: 'ASC' }, null],
    [{ kind: 'field', field: 'createdAt', direction: 'ASC' }, 1e18],
    [{ kind: 'field', field: 'updatedAt', direction: 'ASC' }, null],
    [{ kind: 'attribute', attribute: seen, direction: 'ASC' }, -1e18],
    [{ kind: 'attribute', attribute: name, direction: 'ASC' }, 'a\0'],
    [{ kind: 'attribute', attribute: name, direction: 'ASC' }, '\ud800'],
  ])('is refused where no entity can have its value (%#)', (criterion, value) => {
    const mark = questionFingerprint(question, [criterion]);
    const cursor = Buffer.from(JSON.stringify([mark, '1', value]), 'utf8').toString('base64url');
    expect(() => decodeCursor(cursor, mark, [criterion])).toThrow('The cursor is malformed');
  });

  it('is refused where its number is infinite', () => {
    const mark = questionFingerprint(question, [{ kind: 'attribute', attribute: score, direction: 'ASC' }]);
    const cursor = Buffer.from(`["${mark}","1",1e999]`, 'utf8').toString('base64url');
    const order: EntityOrder[] = [{ kind: 'attribute', attribute: score, direction: 'ASC' }];
    expect(() => decodeCursor(cursor, mark, order)).toThrow('The cursor is malformed');
  });

  it('holds ids past what a JSON number holds', () => {
    const byId: readonly EntityOrder[] = [{ kind: 'field', field: 'id', direction: 'DESC' }];
    const mark = questionFingerprint(question, byId);
    const position = { values: ['9223372036854775807'], id: '9223372036854775807' };
    expect(decodeCursor(encodeCursor(mark, position), mark, byId)).toEqual(position);
  });
});
