import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';

/** 128 bits: nobody can try enough texts for one to pass by chance. */
const MAC_BYTES = 16;

/**
 * The payload as text that only a holder of the key can make: base64url of the payload and an HMAC-SHA-256, truncated to 128 bits,
 * over purpose and payload. The payload itself can be read by anyone.
 * @param purpose what the text is for: a text that was signed for another purpose is refused. Without a NUL character.
 */
export function signText(payload: Buffer, purpose: string, key: KeyObject): string {
  return Buffer.concat([payload, mac(payload, purpose, key)]).toString('base64url');
}

/** The payload; null if the text is anything but an unchanged result of `signText` with this key and purpose. */
export function verifyText(text: string, purpose: string, key: KeyObject): Buffer | null {
  const bytes = Buffer.from(text, 'base64url');
  // Decoding ignores characters that are not base64url, and bits beyond the last byte.
  if (bytes.length < MAC_BYTES || bytes.toString('base64url') !== text) return null;
  const payload = bytes.subarray(0, -MAC_BYTES);
  return timingSafeEqual(bytes.subarray(-MAC_BYTES), mac(payload, purpose, key)) ? payload : null;
}

function mac(payload: Buffer, purpose: string, key: KeyObject): Buffer {
  return createHmac('sha256', key).update(`${purpose}\0`).update(payload).digest().subarray(0, MAC_BYTES);
}
