/** Why a server could not be used, for the operator. It never contains a password. */
export interface ConnectFailure {
  /** One sentence that says what would be right. */
  readonly message: string;
  /** Whether it may pass by itself, as when the server is starting. Otherwise only an operator can repair it. */
  readonly mayPass: boolean;
}

/** `user@host:port/database` of a URL. */
export function addressOf(url: string, defaultPort: string): string {
  if (!URL.canParse(url)) return 'an address that cannot be read';
  const { username, hostname, port, pathname } = new URL(url);
  const user = username === '' ? '' : `${decodeURIComponent(username)}@`;
  return `${user}${hostname}:${port === '' ? defaultPort : port}${decodeURIComponent(pathname)}`;
}

/** The code of an error: an SQLSTATE, a number of ClickHouse, or one of Node. Of several attempts, that of the last. */
export function codeOf(error: unknown): string {
  if (error instanceof AggregateError) return codeOf(error.errors.at(-1));
  if (!(error instanceof Error)) return '';
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' ? code : '';
}

/** What went wrong on the way to the server. */
export function networkFault(error: unknown): string {
  switch (codeOf(error)) {
    case 'ECONNREFUSED':
      return 'nothing listens there (ECONNREFUSED)';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `its host name does not resolve (${codeOf(error)})`;
    default:
      return error instanceof Error && error.message !== '' ? error.message : 'it does not answer';
  }
}
