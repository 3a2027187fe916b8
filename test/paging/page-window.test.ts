import { describe, expect, it } from 'vitest';
import { forwardSize, pageWindow } from '../../src/paging/page-window.ts';

describe('a page window', () => {
  it('reads forward by the default size', () => {
    expect(pageWindow({ first: 50 }, false, 1000)).toEqual({ direction: 'FORWARD', size: 50, cursor: null });
    expect(pageWindow({ first: 0, after: 'c' }, true, 1000)).toEqual({ direction: 'FORWARD', size: 0, cursor: 'c' });
  });

  it('reads backward by last, whatever the default of first', () => {
    const window = pageWindow({ first: 50, last: 10, before: 'c' }, false, 1000);
    expect(window).toEqual({ direction: 'BACKWARD', size: 10, cursor: 'c' });
  });

  it.each([
    ['both directions', { first: 1, last: 1 }, true, 'first and last exclude each other'],
    ['neither', { first: null }, true, 'first is null; set first'],
    ['before without last', { first: 50, before: 'c' }, false, 'before requires last'],
    ['after with last', { first: 50, last: 1, after: 'c' }, false, 'after requires first'],
    ['a negative size', { first: -1 }, true, 'first is -1; the minimum is 0'],
    ['a size over the limit', { first: 50, last: 1001 }, false, 'last is 1001; the limit is 1000'],
  ])('refuses %s', (_case, given, firstIsGiven, message) => {
    expect(() => pageWindow(given, firstIsGiven, 1000)).toThrow(message);
  });
});

describe('the size of a page that is read forward only', () => {
  it('is a number up to the limit', () => {
    expect(forwardSize(20, 1000)).toBe(20);
    expect(() => forwardSize(null, 1000)).toThrow('first is null; expected a number.');
    expect(() => forwardSize(1001, 1000)).toThrow('first is 1001; the limit is 1000.');
  });
});
