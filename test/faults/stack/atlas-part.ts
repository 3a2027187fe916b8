import { AtlasProcess } from '../../support/atlas-process.ts';
import type { Part } from './part.ts';

export interface AtlasPartOptions {
  readonly name: string;
  readonly kind: 'serve' | 'replicate' | 'atlas';
  readonly args: readonly string[];
  readonly home: string;
  readonly environment: Readonly<Record<string, string>>;
  /** What it prints when it runs. */
  readonly ready: string | RegExp;
}

/** A long-running command of Atlas, always on the same port. */
export class AtlasPart implements Part {
  readonly name: string;
  readonly kind: 'serve' | 'replicate' | 'atlas';
  readonly shard = null;
  readonly #options: AtlasPartOptions;
  #process: AtlasProcess | null = null;
  /** Of the processes that have ended. */
  #earlier = '';

  constructor(options: AtlasPartOptions) {
    this.name = options.name;
    this.kind = options.kind;
    this.#options = options;
  }

  get output(): string {
    return this.#earlier + (this.#process?.output ?? '');
  }

  async start(): Promise<void> {
    const { args, home, environment, ready } = this.#options;
    const started = new AtlasProcess(args, home, environment);
    this.#process = started;
    await started.says(ready, 120_000);
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** As an operator stops it. @returns the exit code. */
  terminate(): Promise<number | null> {
    return this.#end('SIGTERM');
  }

  pause(): void {
    this.#process?.signal('SIGSTOP');
  }

  resume(): void {
    this.#process?.signal('SIGCONT');
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const running = this.#process;
    if (running === null) return null;
    running.signal(signal);
    const code = await running.exit();
    this.#earlier += `${running.output}\n[${signal}: exit code ${code}]\n`;
    this.#process = null;
    return code;
  }
}

/** No command runs longer unless it hangs. */
const LONGEST_COMMAND_MS = 180_000;

/** A command that ends by itself. One that hangs is killed, and has no exit code. */
export async function ended(command: AtlasProcess): Promise<{ readonly code: number | null; readonly output: string }> {
  const limit = setTimeout(() => command.signal('SIGKILL'), LONGEST_COMMAND_MS);
  try {
    return { code: await command.exit(), output: command.output };
  } finally {
    clearTimeout(limit);
  }
}
