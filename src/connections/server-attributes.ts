import type { SpanAttributes } from '../observability/tracing.ts';

/** Where a server is, for spans; nothing if the URL does not say, such as that of a socket. @param port unless the URL has one. */
export function serverAttributes(url: string, port: number): SpanAttributes {
  if (!URL.canParse(url)) return {};
  const { hostname, port: given, pathname } = new URL(url);
  if (hostname === '') return {};
  const database = pathname.slice(1);
  return {
    'server.address': hostname,
    'server.port': given === '' ? port : Number(given),
    ...(database !== '' && { 'db.namespace': decodeURIComponent(database) }),
  };
}
