import { createInterface } from 'node:readline/promises';

export interface Dialogue {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
}

/** Asks a person; true without a question where there is no terminal on both sides. Ctrl-C and Ctrl-D mean no. */
export async function confirm(
  question: string,
  dialogue: Dialogue = { input: process.stdin, output: process.stdout },
): Promise<boolean> {
  const { input, output } = dialogue;
  if (!input.isTTY || !output.isTTY) return true;
  const lines = createInterface({ input, output });
  const refused = new Promise<string>((resolve) => {
    lines.once('SIGINT', () => resolve(''));
    lines.once('close', () => resolve(''));
  });
  try {
    return /^y(es)?$/i.test((await Promise.race([lines.question(`${question} [y/N] `), refused])).trim());
  } finally {
    lines.close();
  }
}
