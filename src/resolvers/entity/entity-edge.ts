import type { EntityNode } from './entity.ts';

/** An edge of a page. Its cursor is signed only if it is selected. */
export class EntityEdge {
  readonly node: EntityNode;
  readonly #row: { readonly cursor: string } | undefined;

  constructor(node: EntityNode, row: { readonly cursor: string } | undefined) {
    this.node = node;
    this.#row = row;
  }

  get cursor(): string {
    return this.#row?.cursor ?? '';
  }
}
