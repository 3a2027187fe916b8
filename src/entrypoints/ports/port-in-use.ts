import { portHolder } from './port-holder.ts';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Something else listens where this process is to listen. The message has two lines: who does, and which setting chooses another port. */
export class PortInUseError extends Error {
  /** @param setting that chooses the port. */
  constructor({ host, port }: ListenAddress, setting: string, cause?: unknown) {
    super(
      `Port ${port} of ${host} is in use by ${portHolder(port) ?? 'another process'}.\n` +
        `Stop that process, or set ${setting} to another port (0 picks a free one).`,
      { cause },
    );
    this.name = 'PortInUseError';
  }
}

/** Translates the error of a server that cannot listen. Returns any other error unchanged. */
export function asPortInUse(error: unknown, settingOf: (port: number) => string): unknown {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'EADDRINUSE') return error;
  const { address: host, port } = error as NodeJS.ErrnoException & Partial<{ address: string; port: number }>;
  if (host === undefined || port === undefined) return error;
  return new PortInUseError({ host, port }, settingOf(port), error);
}
