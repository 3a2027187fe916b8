import pg from 'pg';

/** What pg knows about a connection, beyond the types it declares. */
interface Backend {
  readonly host: string;
  readonly port: number;
  readonly ssl: boolean | object;
  readonly sslNegotiation: 'postgres' | 'direct';
  /** Both null until the server has sent them. */
  readonly processID: number | null;
  readonly secretKey: number | null;
}

interface RawConnection extends pg.Connection {
  connect(portOrPath: number | string, host?: string): void;
  requestSsl(): void;
  cancel(processID: number, secretKey: number): void;
}

const Connection = pg.Connection as unknown as new (config: object) => RawConnection;

/**
 * Asks the server to cancel what the client's backend runs, on a separate connection, as the protocol requires. pg's own
 * `Client.cancel` is not used: it sends the secret key unencrypted even if the connection itself uses TLS.
 *
 * @returns whether the server has processed the request: it then closes the connection. The signal to the backend has been
 * sent by that time, so it cannot hit a statement that is sent afterwards and is not running yet.
 */
export function requestCancel(client: pg.Client, timeoutMs: number): Promise<boolean> {
  const { host, port, ssl, sslNegotiation, processID, secretKey } = client as unknown as Backend;
  if (processID === null || secretKey === null) return Promise.resolve(false);
  return new Promise((resolve) => {
    const connection = new Connection({ ssl, sslNegotiation });
    let isSent = false;
    let hasFailed = false;
    const fail = () => {
      hasFailed = true;
      connection.stream.destroy();
    };
    const timer = setTimeout(fail, timeoutMs);
    const send = () => {
      connection.cancel(processID, secretKey);
      isSent = true;
    };
    connection.on('connect', () => {
      if (ssl === false) send();
      else if (sslNegotiation !== 'direct') connection.requestSsl();
    });
    connection.on('sslconnect', send);
    connection.on('error', fail);
    connection.on('end', () => {
      clearTimeout(timer);
      resolve(isSent && !hasFailed);
    });
    if (host.startsWith('/')) connection.connect(`${host}/.s.PGSQL.${port}`);
    else connection.connect(port, host);
  });
}
