/** Whether S3 is spoken to at another endpoint than that of AWS. The SDK of AWS reads the same variables. */
export function hasOwnS3Endpoint(): boolean {
  const { AWS_ENDPOINT_URL_S3: own, AWS_ENDPOINT_URL: general } = process.env;
  return (own ?? general ?? '') !== '';
}
