/** Values that are stored in one column as they are. */
type Scalar = string | number | boolean | bigint | symbol | null | undefined | Date | Uint8Array

type DataProperty<Entity> = {
  [Name in keyof Entity]: Entity[Name] extends (...parameters: never[]) => unknown ? never : Name
}[keyof Entity]

type Value<T> = unknown extends T
  ? T
  : T extends Scalar
    ? T
    : T extends Promise<infer Lazy>
      ? Value<Lazy>
      : T extends readonly (infer Item)[]
        ? readonly Value<Item>[]
        : RowOf<T>

/**
 * Properties of a read-model entity: columns, embedded columns, and relations. A reference is an object with the
 * referenced row's key, or null; children are a list of rows. TypeScript refuses what the entity does not declare.
 */
export type RowOf<Entity> = { readonly [Name in DataProperty<Entity>]?: Value<Entity[Name]> }

/** The properties of a row's primary key. */
export type KeyOf<Entity> = RowOf<Entity>
