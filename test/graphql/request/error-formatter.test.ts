import { buildSchema, parse, validate } from 'graphql';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { errorFormatter } from '../../../src/graphql/request/error-formatter.ts';

describe('errors', () => {
  it('say what is wrong with a query that graphql does not check to its end', () => {
    const query = parse(`{ ${'a '.repeat(1_001)} }`);
    const [error] = validate(buildSchema('type Query { a: Int }'), query);
    const formatted = { message: error?.message ?? '', extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } };
    expect(errorFormatter(pino({ level: 'silent' }))(formatted, error)).toEqual({
      message: expect.stringMatching(/^The query spreads fragments or repeats fields so often that/),
      extensions: { hint: 'Use fewer fields, fragments and operations in one document.', code: 'LIMIT_EXCEEDED' },
    });
  });
});
