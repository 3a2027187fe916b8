/** Where a page lies in its list, as Relay defines it. The methods may read, so each is called only if its field is selected. */
export interface PageInfo {
  readonly startCursor: string | null;
  readonly endCursor: string | null;
  hasNextPage(): boolean | Promise<boolean>;
  hasPreviousPage(): boolean | Promise<boolean>;
}
