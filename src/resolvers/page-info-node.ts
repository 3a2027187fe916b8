/** Where a page lies. Its members are asked for by the fields of `PageInfo`, so that nothing is read in vain. */
export interface PageInfoNode {
  readonly startCursor: string | null;
  readonly endCursor: string | null;
  hasNextPage(): boolean | Promise<boolean>;
  hasPreviousPage(): boolean | Promise<boolean>;
}
