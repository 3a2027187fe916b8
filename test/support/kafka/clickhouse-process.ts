import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('clickhouse-program.ts', import.meta.url));

/** A ClickHouse that reads from Kafka. One statement at a time. */
export class ClickHouseProcess {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  constructor(directory: string) {
    this.#child = spawn(process.execPath, ['--import', 'tsx', PROGRAM, directory], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    if (this.#child.stdout === null) throw new Error('The process has no output');
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async command(text: string): Promise<void> {
    await this.#ask(text, false);
  }

  query<Row extends object>(text: string): Promise<Row[]> {
    return this.#ask(text, true) as Promise<Row[]>;
  }

  async #ask(text: string, hasResult: boolean): Promise<object[]> {
    this.#child.stdin?.write(`${JSON.stringify({ text, hasResult })}\n`);
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error('ClickHouse has ended');
    const { rows, error } = JSON.parse(value) as { rows?: object[]; error?: string };
    if (rows === undefined) throw new Error(error);
    return rows;
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}
