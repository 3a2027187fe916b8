import { describe, expect, it } from 'vitest';
import { formatLsn, parseLsn } from '../../../../src/replication/source/slot/lsn.ts';

describe('a position in the WAL', () => {
  it.each(['0/0', '16/B374D848', 'FFFFFFFF/FFFFFFFF', '1/0'])('%s is read and written', (text) => {
    expect(formatLsn(parseLsn(text))).toBe(text);
  });

  it('is read with leading zeros', () => {
    expect(parseLsn('00000001/0000000A')).toBe(0x10000000an);
  });
});
