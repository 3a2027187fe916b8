const UNKNOWN_AUTHORITY: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/**
 * What is wrong with the certificate that a server shows, and what to do; null if the error is not about a certificate.
 * @param remedy for an authority that is not known.
 */
export function certificateFault(code: string, remedy: string): string | null {
  if (UNKNOWN_AUTHORITY.has(code)) return `shows a certificate of an unknown authority (${code}); ${remedy}`;
  switch (code) {
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `shows a certificate for another host name (${code}); connect to it by a name in its certificate`;
    case 'CERT_HAS_EXPIRED':
      return `shows a certificate that has expired (${code}); renew it`;
    case 'CERT_NOT_YET_VALID':
      return `shows a certificate that is not valid yet (${code}); correct it, or the clock of this host`;
    default:
      return null;
  }
}
