import { type DocumentNode, Kind, type ObjectTypeExtensionNode } from 'graphql';

/** Puts the fields of every `extend type` into the definition of its type, so that a reader finds a type in one place. */
export function foldExtensions(document: DocumentNode): DocumentNode {
  const extensions = new Map<string, ObjectTypeExtensionNode[]>();
  for (const node of document.definitions) {
    if (node.kind !== Kind.OBJECT_TYPE_EXTENSION) continue;
    extensions.set(node.name.value, [...(extensions.get(node.name.value) ?? []), node]);
  }
  const definitions = document.definitions
    .filter((node) => node.kind !== Kind.OBJECT_TYPE_EXTENSION)
    .map((node) => {
      if (node.kind !== Kind.OBJECT_TYPE_DEFINITION) return node;
      const added = extensions.get(node.name.value) ?? [];
      return { ...node, fields: [...(node.fields ?? []), ...added.flatMap(({ fields }) => fields ?? [])] };
    });
  return { ...document, definitions };
}
