import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { describePlan } from '../../src/importing/describe-plan.ts';
import { inspectFiles } from '../../src/importing/inspect-files.ts';
import { Spool } from '../../src/importing/sources/spool.ts';
import { attribute } from '../support/domain.ts';
import { tenantCatalog } from '../support/tenant-catalog.ts';

const limits = { maxAttributesPerEntity: 10 };
const catalog = tenantCatalog([
  attribute({ key: 'visits', type: 'NUMBER' }),
  attribute({ id: 2, key: 'at', type: 'NUMBER' }),
]);

async function plan(content: string | Buffer, given: Partial<Parameters<typeof inspectFiles>[0]> = {}) {
  const spool = new Spool(Readable.from([Buffer.from(content)]));
  try {
    const request = { files: ['-'], spool, format: 'csv', type: 'page', limits, ...given };
    const { files } = await inspectFiles(request);
    return files.map((file) => describePlan(file, catalog)).join('\n');
  } finally {
    spool.close();
  }
}

describe('the plan of an import', () => {
  it('names the attribute of each column, its type, and the cells that decided it', async () => {
    const content = `Visits,Size,At,Note,Empty\n1,7,2024-05-31,${'long '.repeat(20)},\n2,n/a,2024-06-01,,\n`;
    expect(await plan(gzipSync(content))).toBe(
      [
        'stdin → page: 2 rows; ids from the content of each row',
        '  column  attribute  type       in the catalog  decided by',
        '  Visits  visits     NUMBER     is NUMBER       line 2: "1"',
        '  Size    size       TEXT       new             NUMBER line 2: "7"; TEXT line 3: "n/a"',
        '  At      page_at    TIMESTAMP  new             line 2: "2024-05-31"',
        '  Note    note       TEXT       new             line 2: "long long long long long long long long…',
        '  Empty   empty      -          new             no value: no attribute',
      ].join('\n'),
    );
  });

  it('says where ids come from, and leaves out the column of the ids', async () => {
    const content = '{"id":7,"a":{"b":1}}\n';
    expect(await plan(content, { format: 'ndjson', idColumn: 'id' })).toBe(
      [
        'stdin → page: 1 row; ids in id',
        '  column  attribute  type  in the catalog  decided by',
        '  a       a          JSON  new             line 1: {"b":1}',
      ].join('\n'),
    );
    expect(await plan(content, { format: 'ndjson', keyColumns: ['id', 'a'] })).toContain('; ids from id, a\n');
    expect(await plan(content, { format: 'ndjson', idBase: '100' })).toContain('; ids from 101\n');
  });
});
