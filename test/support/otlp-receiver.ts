import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { bytesOf, fieldsOf, type ProtobufFields, textsOf } from './protobuf.ts';

type Value = string | number | boolean | Value[];

/** A span as it was sent. Ids are in hexadecimal; `parent` is empty at the beginning of a trace. */
export interface ReceivedSpan {
  readonly trace: string;
  readonly id: string;
  readonly parent: string;
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'client' | 'other';
  readonly attributes: Readonly<Record<string, Value>>;
  readonly events: readonly { readonly name: string; readonly attributes: Readonly<Record<string, Value>> }[];
  readonly failed: boolean;
  /** Of the process that sent it. */
  readonly resource: Readonly<Record<string, Value>>;
}

const KINDS = ['other', 'internal', 'server', 'client'] as const;

/** What a collector of OpenTelemetry takes: OTLP over HTTP, in protobuf, at /v1/traces. */
export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = [];
  readonly #server = createServer(async (request, response) => {
    const sent = await buffer(request);
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
    const isTraces = request.url === '/v1/traces' && request.headers['content-type'] === 'application/x-protobuf';
    if (isTraces) this.spans.push(...spansOf(body));
    response.writeHead(isTraces ? 200 : 400, { 'content-type': 'application/x-protobuf' }).end();
  });

  /** Where it listens. */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  named(name: string): ReceivedSpan[] {
    return this.spans.filter((span) => span.name === name);
  }

  below(span: ReceivedSpan | undefined): ReceivedSpan[] {
    return this.spans.filter(({ parent }) => parent === span?.id);
  }
}

/** The numbers of the fields are those of opentelemetry-proto, trace/v1/trace.proto. */
function spansOf(request: Buffer): ReceivedSpan[] {
  return bytesOf(fieldsOf(request), 1).flatMap((resourceSpans) => {
    const all = fieldsOf(resourceSpans);
    const resource = Object.assign({}, ...bytesOf(all, 1).map((it) => attributesOf(fieldsOf(it), 1)));
    return bytesOf(all, 2).flatMap((scope) =>
      bytesOf(fieldsOf(scope), 2).map((span) => spanOf(fieldsOf(span), resource)),
    );
  });
}

function spanOf(fields: ProtobufFields, resource: ReceivedSpan['resource']): ReceivedSpan {
  const hex = (field: number) => bytesOf(fields, field)[0]?.toString('hex') ?? '';
  const status = bytesOf(fields, 15).map((it) => fieldsOf(it).get(3)?.[0]);
  return {
    trace: hex(1),
    id: hex(2),
    parent: hex(4),
    name: textsOf(fields, 5)[0] ?? '',
    kind: KINDS[Number(fields.get(6)?.[0] ?? 0)] ?? 'other',
    attributes: attributesOf(fields, 9),
    events: bytesOf(fields, 11).map((event) => ({
      name: textsOf(fieldsOf(event), 2)[0] ?? '',
      attributes: attributesOf(fieldsOf(event), 3),
    })),
    failed: status.includes(2n),
    resource,
  };
}

function attributesOf(fields: ProtobufFields, field: number): Record<string, Value> {
  const pairs = bytesOf(fields, field).map((pair) => {
    const inside = fieldsOf(pair);
    return [textsOf(inside, 1)[0] ?? '', anyValueOf(fieldsOf(bytesOf(inside, 2)[0] ?? Buffer.alloc(0)))] as const;
  });
  return Object.fromEntries(pairs);
}

function anyValueOf(fields: ProtobufFields): Value {
  const [text] = textsOf(fields, 1);
  if (text !== undefined) return text;
  const [flag] = fields.get(2) ?? [];
  if (flag !== undefined) return flag === 1n;
  const [whole] = fields.get(3) ?? [];
  if (typeof whole === 'bigint') return Number(BigInt.asIntN(64, whole));
  const [fraction] = bytesOf(fields, 4);
  if (fraction !== undefined) return fraction.readDoubleLE();
  const [list] = bytesOf(fields, 5);
  return list === undefined ? '' : bytesOf(fieldsOf(list), 1).map((item) => anyValueOf(fieldsOf(item)));
}
