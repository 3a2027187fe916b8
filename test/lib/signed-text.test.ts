import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { signText, verifyText } from '../../src/lib/signed-text.ts';
import { OTHER_KEY, SIGNING_KEY } from '../support/signing-key.ts';

const payloads = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes));

it('is the payload and 128 bits of an HMAC-SHA-256 over purpose and payload', () => {
  const bytes = Buffer.from(signText(Buffer.from('payload'), 'test', SIGNING_KEY), 'base64url');
  const whole = createHmac('sha256', Buffer.alloc(32, 7)).update('test\0payload').digest();
  expect(bytes).toEqual(Buffer.concat([Buffer.from('payload'), whole.subarray(0, 16)]));
});

it('gives the payload back', () => {
  fc.assert(
    fc.property(payloads, (payload) => {
      expect(verifyText(signText(payload, 'test', SIGNING_KEY), 'test', SIGNING_KEY)).toEqual(payload);
    }),
  );
});

it('is refused with any bit changed, for another purpose, and with another key', () => {
  fc.assert(
    fc.property(payloads, fc.nat(), (payload, place) => {
      const text = signText(payload, 'test', SIGNING_KEY);
      const bytes = Buffer.from(text, 'base64url');
      const at = place % (bytes.length * 8);
      bytes.writeUInt8(bytes.readUInt8(at >> 3) ^ (1 << (at & 7)), at >> 3);
      expect(verifyText(bytes.toString('base64url'), 'test', SIGNING_KEY)).toBeNull();
      expect(verifyText(text, 'other', SIGNING_KEY)).toBeNull();
      expect(verifyText(text, 'test', OTHER_KEY)).toBeNull();
    }),
  );
});

it('has one form only', () => {
  const text = signText(Buffer.from([1, 2, 3, 4]), 'test', SIGNING_KEY);
  for (const other of [`${text}=`, ` ${text}`, `${text}\n`, `${text.slice(0, 3)}%${text.slice(3)}`]) {
    expect(Buffer.from(other, 'base64url')).toEqual(Buffer.from(text, 'base64url'));
    expect(verifyText(other, 'test', SIGNING_KEY)).toBeNull();
  }
});
