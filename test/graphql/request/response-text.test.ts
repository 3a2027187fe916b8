import { describe, expect, it } from 'vitest';
import { responseText } from '../../../src/graphql/request/response-text.ts';

const LIMIT = 16_000_000;

describe('the text of a response', () => {
  const texts = Array.from({ length: 3_000 }, (_, n) => ({ id: n, text: `"é\n${'x'.repeat(n % 50)}`, none: null }));

  it.each<[what: string, response: object]>([
    ['a small one', { data: { entity: { id: '1', text: '"\n' } }, extensions: { cost: { requested: 11 } } }],
    ['many items', { data: { items: texts, empty: [] }, errors: [] }],
    ['long texts', { data: { a: 'x'.repeat(200_000), b: '\u0001\u{1f600}'.repeat(50_000) } }],
    ['members that are not set', { data: { items: texts, left: undefined, list: [undefined, ...texts] } }],
    ['values that write themselves', { data: { items: texts, at: [new Date(0), ...texts] } }],
  ])('is what JSON.stringify writes: %s', async (_what, response) => {
    expect(await responseText(response, LIMIT)).toBe(`${JSON.stringify(response)}\n`);
  });

  it('is an error beyond the limit, to the byte', async () => {
    const response = { data: { items: texts } };
    const bytes = Buffer.byteLength(JSON.stringify(response));
    expect(await responseText(response, bytes)).toContain('{"data"');
    expect(JSON.parse(await responseText(response, bytes - 1))).toMatchObject({
      errors: [{ extensions: { code: 'LIMIT_EXCEEDED' } }],
    });
  });

  it('is not written further than the limit', async () => {
    const text = '\u0001'.repeat(1_000_000);
    let read = 0;
    const item = {
      get text() {
        read += 1;
        return text;
      },
    };
    await responseText({ data: Array(1_000).fill(item) }, LIMIT);
    // Each item is read twice: measured, then written.
    expect(read).toBeLessThan(20);
  });

  it('lets the event loop turn', async () => {
    let turns = 0;
    const count = setInterval(() => {
      turns += 1;
    }, 0);
    await responseText({ data: Array(30).fill('\u0001'.repeat(1_000_000)) }, Number.MAX_SAFE_INTEGER);
    clearInterval(count);
    expect(turns).toBeGreaterThan(5);
  });
});
