import { isEqual } from '../../verification/run-verification.ts';
import {
  describeDifference,
  type NamedDifference,
  type ShardResult,
  type VerificationEvent,
} from '../../verification/verification-event.ts';
import { Terminal } from './terminal.ts';

const COLUMNS = ['shard', 'entities', 'attribute rows', 'differences', 'repaired', 'unsettled', 'seconds', 'result'];

/** Shows progress and differences while a verification runs, and a table at the end; or all of it as one JSON document. */
export class VerificationOutput {
  readonly #stdout: NodeJS.WriteStream;
  readonly #terminal: Terminal;
  readonly #isJson: boolean;
  readonly #differences: NamedDifference[] = [];

  constructor(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream, isJson: boolean) {
    this.#stdout = stdout;
    this.#terminal = new Terminal(stderr);
    this.#isJson = isJson;
  }

  event(event: VerificationEvent): void {
    switch (event.kind) {
      case 'progress': {
        const what = `Comparing shard ${event.shard}`;
        if (event.fraction === null) this.#terminal.progress(what);
        else this.#terminal.progress(what, event.fraction);
        break;
      }
      case 'difference':
        if (this.#isJson) this.#differences.push(event.difference);
        else this.#say(describeDifference(event.difference));
        break;
      case 'shard':
        break;
    }
  }

  end(results: readonly ShardResult[]): void {
    this.clear();
    if (this.#isJson) {
      const document = { equal: results.every(isEqual), shards: results, differences: this.#differences };
      this.#stdout.write(`${JSON.stringify(document, null, 2)}\n`);
      return;
    }
    if (results.length === 0) {
      this.#stdout.write('Stopped before the end.\n');
      return;
    }
    this.#stdout.write(`${table([COLUMNS, ...results.map(cells)])}\n`);
    for (const { shard, failure } of results) {
      if (failure !== null) this.#stdout.write(`Shard ${shard} was not compared to the end: ${failure}\n`);
    }
  }

  /** Removes the progress. */
  clear(): void {
    this.#terminal.clear();
  }

  #say(line: string): void {
    this.clear();
    this.#stdout.write(`${line}\n`);
  }
}

function cells(result: ShardResult): string[] {
  const { shard, entities, values, differences, repaired, unsettled, seconds, failure } = result;
  const outcome = failure !== null ? 'failed' : isEqual(result) ? 'equal' : 'different';
  const counts = [entities, values, differences, repaired, unsettled].map((number) => number.toLocaleString('en-US'));
  return [shard, ...counts, seconds.toFixed(1), outcome];
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const isText = (column: number) => column === 0 || column === COLUMNS.length - 1;
  const line = (row: readonly string[]) =>
    row.map((cell, column) => (isText(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)));
  return rows.map((row) => line(row).join('  ').trimEnd()).join('\n');
}
