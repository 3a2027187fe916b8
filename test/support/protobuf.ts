/** The fields of a message by their numbers: varints as numbers, everything else as bytes. */
export type ProtobufFields = ReadonlyMap<number, readonly (bigint | Buffer)[]>;

const VARINT = 0n;
const FIXED64 = 1n;
const BYTES = 2n;

/** Reads one message of the wire format, without a schema. */
export function fieldsOf(message: Buffer): ProtobufFields {
  const fields = new Map<number, (bigint | Buffer)[]>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const bytes = (length: number): Buffer => {
    at += length;
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    const key = varint();
    const type = key & 7n;
    const value = type === VARINT ? varint() : bytes(type === BYTES ? Number(varint()) : type === FIXED64 ? 8 : 4);
    const field = Number(key >> 3n);
    fields.set(field, [...(fields.get(field) ?? []), value]);
  }
  return fields;
}

export function bytesOf(fields: ProtobufFields, field: number): Buffer[] {
  return (fields.get(field) ?? []).filter((value) => typeof value !== 'bigint');
}

export function textsOf(fields: ProtobufFields, field: number): string[] {
  return bytesOf(fields, field).map((value) => value.toString('utf8'));
}
