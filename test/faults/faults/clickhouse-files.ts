import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { copyTree } from '../../../src/embedded/postgres/copy-tree.ts';
import { temporaryDirectory } from '../../support/run-directory.ts';
import type { ClickHouseFiles, Stack } from '../stack/stack.ts';
import type { Fault } from './fault.ts';

const targets = ({ clickhouse }: Stack): readonly string[] => (clickhouse === null ? [] : ['clickhouse']);

/** ClickHouse is killed and comes back without any data; the operator migrates it. */
export const clickhouseEmptied: Fault = {
  name: 'ClickHouse emptied',
  weight: 2,
  mixes: false,
  targets,
  async inject(_target, { stack, hold }) {
    const { part, directory } = filesOf(stack);
    await part.kill();
    empty(directory);
    await part.start();
    await hold();
    await migrate(stack);
  },
};

/** ClickHouse is killed and comes back with the data of a while ago: of a backup, or without its last seconds. */
export const clickhouseRestored: Fault = {
  name: 'ClickHouse restored',
  weight: 3,
  mixes: false,
  targets,
  async inject(_target, { stack, hold }) {
    const { part, directory } = filesOf(stack);
    const backup = mkdtempSync(join(temporaryDirectory('backup'), 'at-'));
    try {
      part.pause();
      try {
        await copyTree(directory, join(backup, 'data'), { account: null });
      } finally {
        part.resume();
      }
      await hold();
      await part.kill();
      rmSync(directory, { recursive: true });
      await copyTree(join(backup, 'data'), directory, { account: null });
      await part.start();
      await stack.resnapshot();
    } finally {
      rmSync(join(backup, '..'), { recursive: true });
    }
  },
};

function filesOf({ clickhouse }: Stack): ClickHouseFiles {
  if (clickhouse === null) throw new RangeError('The data of ClickHouse cannot be reached');
  return clickhouse;
}

function empty(directory: string): void {
  for (const name of readdirSync(directory)) rmSync(join(directory, name), { recursive: true });
}

/** `atlas dev` migrates when it starts. */
export async function migrate(stack: Stack): Promise<void> {
  if (stack.topology === 'dev') return;
  const { code, output } = await stack.run(['migrate']);
  if (code !== 0) throw new Error(`atlas migrate ended with ${code}:\n${output}`);
}
