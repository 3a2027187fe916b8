import ora, { type Ora } from 'ora';

/**
 * A line that is redrawn in place; null where it cannot be: in a file, a pipe, a dumb terminal or a run of CI, and on a terminal without a
 * width (some pseudo-terminals), where the lines to redraw could not be counted.
 */
export function createSpinner(stream: NodeJS.WriteStream): Ora | null {
  if (!(stream.columns > 0)) return null;
  // discardStdin would take over Ctrl-C.
  const spinner = ora({ stream, discardStdin: false });
  return spinner.isEnabled ? spinner : null;
}
