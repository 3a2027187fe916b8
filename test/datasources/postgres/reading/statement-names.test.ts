import { describe, expect, it } from 'vitest';
import { StatementNames } from '../../../../src/datasources/postgres/reading/statement-names.ts';

const text = (n: number) => `SELECT ${n}`;

describe('the names of statements', () => {
  it('are given to a text that recurs, even after 1,000 others that were used once or twice', () => {
    const names = new StatementNames();
    for (let n = 0; n < 1_000; n++) {
      names.nameOf(text(n));
      names.nameOf(text(n));
    }
    expect(names.nameOf('hot')).toBeUndefined();
    const name = names.nameOf('hot');
    expect(name).toMatch(/^r_.{16}$/);
    for (let n = 2_000; n < 4_000; n++) {
      names.nameOf(text(n));
      expect(names.nameOf('hot')).toBe(name);
    }
  });

  it('are not given to texts that are used once', () => {
    const names = new StatementNames();
    for (let n = 0; n < 5_000; n++) expect(names.nameOf(text(n))).toBeUndefined();
  });

  it('are lost by a text that is no longer used, and the same when it is used again', () => {
    const names = new StatementNames();
    names.nameOf('old');
    const name = names.nameOf('old');
    for (let n = 0; n < 100; n++) {
      names.nameOf(text(n));
      names.nameOf(text(n));
    }
    expect(names.nameOf('old')).toBeUndefined();
    expect(names.nameOf('old')).toBe(name);
  });

  it('are the same for every reader', () => {
    const [one, other] = [new StatementNames(), new StatementNames()];
    for (const names of [one, other]) names.nameOf('SELECT 1');
    expect(one.nameOf('SELECT 1')).toBe(other.nameOf('SELECT 1'));
  });
});
